using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.Settings;

/// <summary>Sources in their order, every mistake told at once, secrets hidden.</summary>
public sealed class SettingsReaderTests : IDisposable
{
    private static readonly Type[] Types = [typeof(Hutch), typeof(TapeLibrary)];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("settings-");

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Without_sources_every_value_is_its_default()
    {
        EffectiveSettings settings = SettingsReader.Read(new SettingsSources(), Types);
        Assert.Equal(10, settings.Get<Hutch>().MaxPoints);
        Assert.All(settings.Explain(), row => Assert.Equal("default", row.Source));
    }

    [Fact]
    public void A_later_source_wins_key_by_key()
    {
        string site = Write("site.yaml", "hutch:\n  max_points: 1\n  dwell: 1 s\n  door: open\n  speed: 1\n  inner: {gap: 1, name: site}\n");
        string file = Write("file.yaml", "hutch:\n  dwell: 2 s\n  door: closed\n  speed: 2\n  inner: {gap: 2}\n");
        EffectiveSettings settings = SettingsReader.Read(
            new SettingsSources
            {
                SiteFile = site,
                ConfigFile = file,
                Environment = Variables(("BEAMTIME_HUTCH_DOOR", "half_open"), ("BEAMPIPE_HUTCH_SPEED", "3"), ("BEAMTIME_HUTCH_INNER__GAP", "3")),
                Overrides = ["hutch.speed=4", "hutch.inner.gap=4"],
            },
            Types);

        Hutch hutch = settings.Get<Hutch>();
        Assert.Equal((1, TimeSpan.FromSeconds(2), Door.HalfOpen, 4.0), (hutch.MaxPoints, hutch.Dwell, hutch.Door, hutch.Speed));
        Assert.Equal((4, "site"), (hutch.Inner.Gap, hutch.Inner.Name));
        Assert.Equal(
            [$"{site}:2", $"{file}:2", "environment BEAMTIME_HUTCH_DOOR", "--set", "--set", $"{site}:6"],
            new[] { "max_points", "dwell", "door", "speed", "inner.gap", "inner.name" }
                .Select(key => settings.Explain().Single(row => row.Key == "hutch." + key).Source));
    }

    [Fact]
    public void The_config_file_may_be_named_by_a_variable_and_the_argument_wins()
    {
        string one = Write("one.yaml", "hutch: {max_points: 1}\n");
        string two = Write("two.yaml", "hutch: {max_points: 2}\n");
        EnvironmentVariables environment = Variables(("BEAMPIPE_CONFIG_FILE", one));
        Assert.Equal(1, Read(new SettingsSources { Environment = environment }).MaxPoints);
        Assert.Equal(2, Read(new SettingsSources { Environment = environment, ConfigFile = two }).MaxPoints);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_with_place_and_suggestion()
    {
        string file = Write("site.yaml", """
            huch: {}
            hutch:
              max_ponits: 3
              max_points: many
              door: opne
              dwell: 5
              speed: 1000
              inner: {gp: 1}
              benches: [{label: a, colour: red}, {}]
            """);
        IReadOnlyList<Reason> reasons = Refusals(new SettingsSources
        {
            SiteFile = file,
            Environment = Variables(("BEAMTIME_HUTCH_SPED", "1"), ("BEAMPIPE_NONSENSE", "1")),
            Overrides = ["hutch.inner.gpa=1", "hutch.max_points", "tape_library.drives=three"],
        });

        string[] expected =
        [
            $"{file}:1:1: unknown section 'huch'; did you mean 'hutch'?",
            $"{file}:3:3: unknown key 'hutch.max_ponits'; did you mean 'max_points'?",
            $"{file}:8:11: unknown key 'hutch.inner.gp'; did you mean 'gap'?",
            $"{file}:9:24: unknown key 'hutch.benches[0].colour'",
            "unknown variable BEAMTIME_HUTCH_SPED; did you mean 'BEAMTIME_HUTCH_SPEED'?",
            "unknown variable BEAMPIPE_NONSENSE",
            "--set: unknown key 'hutch.inner.gpa'; did you mean 'gap'?",
            "--set lacks a '='",
            "--set: 'tape_library.drives' is 'three', expected a whole number",
            $"{file}:4:15: 'hutch.max_points' is 'many', expected a whole number",
            $"{file}:5:9: 'hutch.door' is 'opne', expected one of open, closed, half_open; did you mean 'open'?",
            $"{file}:6:10: 'hutch.dwell' is '5', expected a duration with its unit, such as 200 ms",
            $"{file}:7:10: The field hutch.speed must be between 0 and 100. (it is 1000)",
            $"{file}:9:38: 'hutch.benches[1].label' must be set: Its label.",
        ];
        Assert.Equal(expected.Order(), reasons.Select(r => r.Message).Order());
        Assert.All(reasons, r => Assert.Contains(r.Code, (string[])
            ["settings.key.unknown", "settings.value.invalid", "settings.value.missing", "settings.override.invalid"]));
    }

    [Fact]
    public void Values_of_every_type_are_read()
    {
        string file = Write("site.yaml", """
            hutch:
              bytes: 5000000000
              enabled: true
              names: [a, b]
              labels: {x: '1', y: two}
              places: {left: {gap: 3, name: l}}
              benches: [{label: a}]
              free: {any: [thing]}
            """);
        Hutch hutch = Read(new SettingsSources { SiteFile = file });
        Assert.Equal(5_000_000_000, hutch.Bytes);
        Assert.True(hutch.Enabled);
        Assert.Equal(["a", "b"], hutch.Names);
        Assert.Equal(("1", "two"), (hutch.Labels["x"], hutch.Labels["y"]));
        Assert.Equal(3, hutch.Places["left"].Gap);
        Assert.Equal("a", Assert.Single(hutch.Benches).Label);
        Assert.IsType<YamlMap>(hutch.Free);
    }

    [Fact]
    public void Lists_and_maps_can_be_set_by_variables()
    {
        Hutch hutch = Read(new SettingsSources
        {
            Environment = Variables(
                ("BEAMTIME_HUTCH_NAMES", "a, b"), ("BEAMTIME_HUTCH_LABELS__X", "1"),
                ("BEAMTIME_HUTCH_PLACES__LEFT__GAP", "7"), ("BEAMTIME_HUTCH_BENCHES", "[{label: q}]")),
        });
        Assert.Equal(["a", "b"], hutch.Names);
        Assert.Equal("1", hutch.Labels["x"]);
        Assert.Equal(7, hutch.Places["left"].Gap);
        Assert.Equal("q", Assert.Single(hutch.Benches).Label);
    }

    [Fact]
    public void The_two_names_of_a_variable_may_agree_and_must_not_differ()
    {
        Assert.Equal(5, Read(new SettingsSources
        {
            Environment = Variables(("BEAMTIME_HUTCH_MAX_POINTS", "5"), ("BEAMPIPE_HUTCH_MAX_POINTS", "5")),
        }).MaxPoints);
        Reason reason = Assert.Single(Refusals(new SettingsSources
        {
            Environment = Variables(("BEAMTIME_HUTCH_MAX_POINTS", "5"), ("BEAMPIPE_HUTCH_MAX_POINTS", "6")),
        }));
        Assert.Equal("settings.alias.conflict", reason.Code);
        Assert.Equal("settings.alias.conflict", Assert.Single(Refusals(new SettingsSources
        {
            Environment = Variables(("HUTCH_URL", "a"), ("BEAMTIME_HUTCH_TOKEN", "b")),
        })).Code);
    }

    [Fact]
    public void Known_variables_without_a_section_are_accepted() =>
        Assert.NotNull(Read(new SettingsSources
        {
            Environment = Variables([.. EnvironmentVariables.Fixed.Where(n => n != EnvironmentVariables.ConfigFile).Select(n => (n, "x"))]),
        }));

    [Fact]
    public void A_secret_is_never_shown_nor_taken_from_the_command_line()
    {
        EffectiveSettings settings = SettingsReader.Read(
            new SettingsSources { Environment = Variables(("HUTCH_URL", "hush")) }, Types);
        Assert.Equal("hush", settings.Get<Hutch>().Token);
        SettingRow row = settings.Explain().Single(r => r.Key == "hutch.token");
        Assert.Equal(("***", "environment HUTCH_URL"), (row.Value, row.Source));
        Assert.DoesNotContain(settings.Explain(), r => r.ToString().Contains("hush", StringComparison.Ordinal));

        Reason reason = Assert.Single(Refusals(new SettingsSources { Overrides = ["hutch.token=hush"] }));
        Assert.Equal("settings.secret.argument", reason.Code);
        Assert.DoesNotContain("hush", reason.Message, StringComparison.Ordinal);
        string file = Write("site.yaml", "hutch: {token: [hush], pin: hush}\n");
        Assert.DoesNotContain(
            Refusals(new SettingsSources { SiteFile = file }), r => r.Message.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public void A_secret_is_a_single_value_so_that_nothing_beneath_it_is_shown() =>
        Assert.Throws<NotSupportedException>(() => SettingsReader.Read(new SettingsSources(), [typeof(Vault)]));

    [Fact]
    public void An_empty_section_takes_nothing_back()
    {
        string site = Write("site.yaml", "hutch: {max_points: 4}\n");
        string file = Write("file.yaml", "hutch:\ntape_library:\n");
        Assert.Equal(4, Read(new SettingsSources { SiteFile = site, ConfigFile = file }).MaxPoints);
    }

    [Fact]
    public void Broken_files_are_told_together_with_the_rest()
    {
        string file = Write("site.yaml", new string('[', 20_000));
        IReadOnlyList<Reason> reasons = Refusals(new SettingsSources { SiteFile = file, Overrides = ["hutch.speed=fast"] });
        Assert.Equal(["yaml.depth", "settings.value.invalid"], reasons.Select(r => r.Code));
    }

    [Fact]
    public void Explaining_gives_value_default_meaning_and_unit()
    {
        EffectiveSettings settings = SettingsReader.Read(
            new SettingsSources { Overrides = ["hutch.dwell=1500 ms", "hutch.names=[a, b]"] }, Types);
        Assert.Equal(
            new SettingRow("hutch.dwell", "1.5 s", "--set", "100 ms", "Time at a point.", null),
            settings.Explain().Single(r => r.Key == "hutch.dwell"));
        Assert.Equal("[a, b]", settings.Explain().Single(r => r.Key == "hutch.names").Value);
        Assert.Equal("mm/s", settings.Explain().Single(r => r.Key == "hutch.speed").Unit);
    }

    [Fact]
    public void Parts_receive_their_own_options()
    {
        EffectiveSettings settings = SettingsReader.Read(new SettingsSources(), Types);
        using ServiceProvider services = new ServiceCollection().AddSettings(settings).BuildServiceProvider();
        Assert.Same(settings.Get<Hutch>(), services.GetRequiredService<Hutch>());
    }

    [Fact]
    public void A_data_file_is_bound_with_the_same_checks()
    {
        YamlNode node = SafeYaml.Parse("label: a\ncolour: red\n", "bench.yaml");
        Reason reason = Assert.Single(Assert.Throws<RefusedException>(() => SettingsReader.Bind<Bench>(node)).Reasons);
        Assert.Equal("bench.yaml:2:1: unknown key 'colour'", reason.Message);
    }

    private static EnvironmentVariables Variables(params (string Name, string Value)[] variables) =>
        new(variables.ToDictionary(v => v.Name, v => v.Value));

    private static Hutch Read(SettingsSources sources) => SettingsReader.Read(sources, Types).Get<Hutch>();

    private static IReadOnlyList<Reason> Refusals(SettingsSources sources) =>
        Assert.Throws<RefusedException>(() => SettingsReader.Read(sources, Types)).Reasons;

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The state of a door.</summary>
    internal enum Door
    {
        /// <summary>One may walk in.</summary>
        Open,

        /// <summary>Nobody may.</summary>
        Closed,

        /// <summary>A cable may.</summary>
        HalfOpen,
    }

    [SettingsSection("hutch")]
    internal sealed record Hutch
    {
        [Description("Most points."), Range(1, 1000)]
        public int MaxPoints { get; init; } = 10;

        [Description("Time at a point.")]
        public TimeSpan Dwell { get; init; } = TimeSpan.FromMilliseconds(100);

        [Description("The door.")]
        public Door Door { get; init; } = Door.Closed;

        [Description("Speed."), Unit("mm/s"), Range(0.0, 100.0)]
        public double Speed { get; init; } = 5;

        [Description("Size."), Unit("bytes")]
        public long Bytes { get; init; }

        [Description("Whether it is used.")]
        public bool Enabled { get; init; }

        [Description("The token."), Secret, EnvironmentVariable("HUTCH_URL")]
        public string? Token { get; init; }

        [Description("The door's number."), Secret]
        public int Pin { get; init; }

        [Description("Names.")]
        public IReadOnlyList<string> Names { get; init; } = [];

        [Description("Labels.")]
        public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

        [Description("Places.")]
        public IReadOnlyDictionary<string, Place> Places { get; init; } = new Dictionary<string, Place>();

        [Description("Benches.")]
        public IReadOnlyList<Bench> Benches { get; init; } = [];

        [Description("The inside.")]
        public Place Inner { get; init; } = new();

        [Description("Whatever a plugin wants.")]
        public YamlNode? Free { get; init; }
    }

    internal sealed record Place
    {
        [Description("Gap."), Unit("mm")]
        public int Gap { get; init; }

        [Description("Name.")]
        public string Name { get; init; } = "";
    }

    internal sealed record Bench
    {
        [Description("Its label.")]
        public required string Label { get; init; }
    }

    [SettingsSection("tape_library")]
    internal sealed record TapeLibrary
    {
        [Description("Drives.")]
        public int Drives { get; init; } = 2;
    }

    [SettingsSection("vault")]
    internal sealed record Vault
    {
        [Description("Not allowed."), Secret]
        public Place Place { get; init; } = new();
    }
}
