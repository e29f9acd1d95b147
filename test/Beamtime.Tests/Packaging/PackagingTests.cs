using System.Text.RegularExpressions;
using Beamtime.Cli;
using Beamtime.Core.Database;
using Beamtime.Core.Settings;
using Beamtime.Roles;
using Beamtime.Tests.House;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Packaging;

/// <summary>Units, container and compose files name commands, roles and settings that exist.</summary>
public sealed partial class PackagingTests
{
    private const string Program = "/usr/bin/beamtime";

    [GeneratedRegex("^(?<key>[A-Za-z]+)=(?<value>.*)$", RegexOptions.Multiline)]
    private static partial Regex UnitLine { get; }

    [GeneratedRegex(@"BEAMTIME_[A-Z_]+")]
    private static partial Regex Variable { get; }

    public static TheoryData<string> Units() => [.. AllUnits.Where(f => f.EndsWith(".service", StringComparison.Ordinal))];

    public static TheoryData<string> RunningUnits() =>
        [.. AllUnits.Where(f => f.EndsWith(".service", StringComparison.Ordinal) && Line(f, "Type") == "exec")];

    public static TheoryData<string> EveryUnit() => [.. AllUnits];

    private static IEnumerable<string> AllUnits => Repository.Files
        .Where(f => f.StartsWith("packaging/systemd/beamtime", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Units))]
    public void A_unit_starts_a_command_that_exists_with_roles_that_exist(string unit)
    {
        var start = Line(unit, "ExecStart");
        Assert.StartsWith(Program + " ", start, StringComparison.Ordinal);
        if (start.Contains("%i", StringComparison.Ordinal))
        {
            Assert.All(Enum.GetValues<Role>(), role => AssertParses(start.Replace("%i", RoleSet.NameOf(role), StringComparison.Ordinal).Split(' ')[1..]));
            Assert.Equal("worker", Line(unit, "DefaultInstance"));
        }
        else
        {
            AssertParses(start.Split(' ')[1..]);
        }
    }

    [Theory]
    [MemberData(nameof(RunningUnits))]
    public void A_unit_waits_longer_than_a_stop_may_take(string unit)
    {
        var limit = new RoleOptions().StopLimit + (unit.Contains('@', StringComparison.Ordinal) ? TimeSpan.Zero : new DatabaseOptions().StopLimit);
        Assert.True(TimeSpan.FromSeconds(int.Parse(Line(unit, "TimeoutStopSec"), System.Globalization.CultureInfo.InvariantCulture)) > limit);
        foreach (var (key, value) in new[] { ("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("StateDirectory", "beamtime"), ("PrivateTmp", "yes") })
        {
            Assert.Equal(value, Line(unit, key));
        }
    }

    [Theory]
    [MemberData(nameof(EveryUnit))]
    public async Task Systemd_finds_nothing_wrong(string unit)
    {
        if (await SystemTool.AskAsync(["systemd-analyze", "--version"], TestContext.Current.CancellationToken) is null)
        {
            return;
        }

        // The program is not installed where tests run.
        using var folder = TemporaryFolder.Create("units");
        foreach (var file in Repository.Files.Where(f => f.StartsWith("packaging/systemd/beamtime", StringComparison.Ordinal)))
        {
            await File.WriteAllTextAsync(
                folder[Path.GetFileName(file)],
                Repository.Read(file).Replace(Program, "/bin/true", StringComparison.Ordinal),
                TestContext.Current.CancellationToken);
        }

        var name = Path.GetFileName(unit).Replace("@.", "@worker.", StringComparison.Ordinal);
        Assert.Equal("", await Python.RunProgramAsync(
            "sh", ["-c", $"systemd-analyze verify --man=no {folder[name]} 2>&1"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Every_service_of_the_compose_file_runs_a_command_that_exists_and_all_roles_are_there()
    {
        var services = Assert.IsType<YamlMap>(Assert.IsType<YamlMap>(Compose())["services"]);
        List<Role> roles = [];
        foreach (var service in services.Entries.Where(e => e.Key is not ("postgres" or "redis")))
        {
            string[] command = [.. Assert.IsType<YamlSequence>(Assert.IsType<YamlMap>(service.Value)["command"]).Items.Cast<YamlScalar>().Select(i => i.Text)];
            AssertParses(command);
            Assert.Equal(service.Key, command[2]);
            roles.AddRange(RoleSet.Parse(command[2]).Roles);
        }

        Assert.Equal(Enum.GetValues<Role>(), roles.Order());
    }

    [Fact]
    public void Every_volume_is_declared_and_Redis_forgets_nothing()
    {
        var root = Assert.IsType<YamlMap>(Compose());
        var text = Repository.Read("packaging/compose.yaml");
        Assert.All(
            Regex.Matches(text, @"^      - (\w+):/", RegexOptions.Multiline).Select(m => m.Groups[1].Value).Distinct(),
            volume => Assert.NotNull(Assert.IsType<YamlMap>(root["volumes"]).Find(volume)));
        Assert.Contains("\"--maxmemory-policy\", \"noeviction\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_image_of_ours_runs_as_an_account_of_its_own_tells_its_health_and_takes_no_secrets_in()
    {
        var lines = Repository.Read("packaging/Containerfile").Split('\n');
        var user = Array.FindLastIndex(lines, l => l.StartsWith("USER ", StringComparison.Ordinal));
        Assert.Equal("USER beamtime", lines[user]);
        Assert.True(user < Array.FindIndex(lines, l => l.StartsWith("ENTRYPOINT", StringComparison.Ordinal)));
        Assert.Contains(lines, l => l.StartsWith("HEALTHCHECK", StringComparison.Ordinal));
        Assert.Contains("packaging/secrets", Repository.Read(".dockerignore").Split('\n'));
        foreach (var service in Assert.IsType<YamlMap>(Assert.IsType<YamlMap>(Compose())["services"]).Entries)
        {
            Assert.True(Get(Assert.IsType<YamlMap>(service.Value), "healthcheck") is not null, $"{service.Key} has no health check");
        }
    }

    [Fact]
    public void Every_variable_is_one_that_the_program_knows()
    {
        foreach (var file in Repository.Files.Where(f => f.StartsWith("packaging/", StringComparison.Ordinal)))
        {
            var variables = Variable.Matches(Repository.Read(file)).Select(m => m.Value).Distinct().Where(v => !v.EndsWith('_'))
                .ToDictionary(v => v, v => v.EndsWith("_PORT", StringComparison.Ordinal) ? "0" : v.EndsWith("FORMAT", StringComparison.Ordinal) ? "json" : "/x");
            SettingsReader.Read(new SettingsSources { Environment = new EnvironmentVariables(variables) }, HostLaunch.OptionTypes);
        }
    }

    // With what a service takes from an anchor.
    private static YamlNode? Get(YamlMap map, string key) => map[key] ?? (map["<<"] is YamlMap merged ? Get(merged, key) : null);

    private static YamlNode Compose() => SafeYaml.Read(Path.Combine(Repository.Root, "packaging/compose.yaml"));

    private static string Line(string unit, string key) =>
        UnitLine.Matches(Repository.Read(unit)).First(m => m.Groups["key"].Value == key).Groups["value"].Value;

    private static void AssertParses(string[] arguments)
    {
        var result = CommandTree.Root().Parse(arguments);
        Assert.True(result.Errors.Count == 0, $"{string.Join(' ', arguments)}: {string.Join(", ", result.Errors)}");
    }
}
