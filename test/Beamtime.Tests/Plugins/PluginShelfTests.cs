using System.Runtime.CompilerServices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Plugins;

public sealed class PluginShelfTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("shelf");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plugin_is_replaced_without_a_restart_and_the_earlier_version_leaves_memory()
    {
        await PluginBuilder.BuildAsync(_folder.Path, "Rings", Scans("1.0.0", "rings"));
        var shelf = Open();
        var catalogue = new ScanCatalogue(shelf);
        var earlier = Earlier(shelf);
        await PluginBuilder.BuildAsync(_folder.Path, "Rings", Scans("1.1.0", "rings", "spokes"));
        var reload = shelf.Reload();
        Assert.Equal(("1.0.0", "1.1.0"), (reload.Steps[0].Before!.Version, reload.Steps[0].Now!.Version));
        Assert.Contains("1.1.0", PluginList.Of(shelf, reload).Changed[0], StringComparison.Ordinal);
        Assert.Equal("rings 1.1.0", catalogue["rings"].Description);
        Assert.Equal(("Rings", "1.1.0"), (catalogue.OriginOf("spokes")!.Name, catalogue.OriginOf("spokes")!.Version));
        Assert.Null(catalogue.OriginOf("line"));
        reload = null;
        await GoneAsync(earlier);
        File.Delete(Path.Combine(_folder["Rings"], "Rings.dll"));
        Directory.Delete(_folder["Rings"]);
        Assert.Contains("is gone", PluginList.Of(shelf, shelf.Reload()).Changed[0], StringComparison.Ordinal);
        Assert.Null(catalogue.Find("spokes"));
    }

    [Fact]
    public async Task Who_uses_a_version_keeps_it_whole_until_it_is_let_go()
    {
        var library = await PluginBuilder.BuildAsync(_folder["apart"], "Mathematics", "public static class Mathematics { public static string Word => \"late\"; }");
        await PluginBuilder.BuildAsync(_folder["plugins"], "Late", Code("1.0.0", "registry.AddScan(One(\"late\", Scan.Say));")
            + "public static class Scan { public static Beamtime.Sdk.Scans.Scan Say(Beamtime.Sdk.Scans.ScanArguments a) => throw new System.InvalidOperationException(Mathematics.Word); }", library);
        File.Copy(library, Path.Combine(_folder["plugins"], "Late", "Mathematics.dll"));
        var shelf = PluginShelf.Open([_folder["plugins"]], ScanCatalogue.MistakesIn, TimeProvider.System);
        var running = shelf.Current.Registry.Scans["late"].Create;
        Directory.Delete(Path.Combine(_folder["plugins"], "Late"), recursive: true);
        Assert.Single(shelf.Reload().Steps);
        for (var i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        // Its library is loaded only now, long after the version was replaced and its files are gone.
        var late = Assert.Throws<InvalidOperationException>(() => running(new ScanArguments([], new Dictionary<string, string>())));
        Assert.Equal("late", late.Message);
    }

    [Fact]
    public async Task What_does_not_load_throws_or_contradicts_is_refused_with_every_reason_and_the_earlier_version_goes_on()
    {
        await PluginBuilder.BuildAsync(_folder.Path, "Good", Scans("1.0.0", "good"));
        await PluginBuilder.BuildAsync(_folder.Path, "Other", Scans("1.0.0", "other"));
        var shelf = Open();
        var good = shelf.Current.Plugins[0];

        await PluginBuilder.BuildAsync(_folder.Path, "Good", Code("1.1.0", "throw new System.IO.IOException(\"no disk\");"));
        Assert.Contains("IOException: no disk", RefusalOf(shelf, "Good")[0].Message, StringComparison.Ordinal);
        await PluginBuilder.BuildAsync(_folder.Path, "Good", "public sealed class Nothing { }");
        Assert.Contains("exactly one public class", RefusalOf(shelf, "Good")[0].Message, StringComparison.Ordinal);
        await PluginBuilder.BuildAsync(
            _folder.Path, "Good", Code("1.2.0", "", "public Plug() { throw new System.InvalidOperationException(\"not today\"); }"));
        Assert.Contains("not today", RefusalOf(shelf, "Good")[0].Message, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder["Good"], "Good.dll"), "half a copy", Cancel);
        Assert.Equal("plugin.load.failed", RefusalOf(shelf, "Good")[0].Code);
        await PluginBuilder.BuildAsync(_folder.Path, "Good", Scans("1.3.0", "other", "line", "not a name"));
        Assert.Equal(["plugin.name.taken"], RefusalOf(shelf, "Good").Select(r => r.Code));
        await PluginBuilder.BuildAsync(_folder.Path, "Good", Scans("1.4.0", "line_scan", "grid", "not a name"));
        var reasons = RefusalOf(shelf, "Good");
        Assert.Equal(3, reasons.Count);
        Assert.Contains(reasons, r => r.Message.Contains("'not a name' is no identifier", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Message.Contains("'grid' is registered already", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Message.Contains("'line_scan' is registered already", StringComparison.Ordinal));

        Assert.Same(good, shelf.Current.Plugins[0]);
        var told = PluginList.Of(shelf, null).Plugins[0];
        Assert.Equal(("1.0.0", 3), (told.Version, told.Refused.Count));
        await PluginBuilder.BuildAsync(_folder.Path, "Good", Scans("1.5.0", "good"));
        Assert.Empty(shelf.Reload().Refused);
        Assert.Equal("1.5.0", shelf.Current.Plugins[0].Version);
        Assert.Empty(PluginList.Of(shelf, null).Plugins[0].Refused);
    }

    [Fact]
    public async Task A_refused_plugin_holds_up_no_other_and_a_name_may_go_from_one_to_another()
    {
        await PluginBuilder.BuildAsync(_folder.Path, "First", Scans("1.0.0", "mine"));
        await PluginBuilder.BuildAsync(_folder.Path, "Second", Scans("1.0.0", "yours"));
        var shelf = Open();
        await PluginBuilder.BuildAsync(_folder.Path, "First", Scans("2.0.0", "yours"));
        await PluginBuilder.BuildAsync(_folder.Path, "Second", Scans("2.0.0", "mine"));
        Assert.Equal(2, shelf.Reload().Steps.Count);
        Assert.Equal("First", shelf.Current.OfScan("yours")!.Name);
        await PluginBuilder.BuildAsync(_folder.Path, "First", Scans("3.0.0", "mine"));
        await PluginBuilder.BuildAsync(_folder.Path, "Third", Scans("1.0.0", "theirs"));
        var reload = shelf.Reload();
        Assert.Equal(["Third"], reload.Steps.Select(s => s.Plugin));
        Assert.Equal(["First"], reload.Refused.Select(r => r.Plugin));
        Assert.Equal(["First 2.0.0", "Second 2.0.0", "Third 1.0.0"], shelf.Current.Plugins.Select(p => $"{p.Name} {p.Version}"));
    }

    [Fact]
    public async Task At_the_start_every_refused_plugin_is_told_and_nothing_begins()
    {
        await PluginBuilder.BuildAsync(_folder.Path, "One", Code("1.0.0", "throw new System.FormatException(\"first\");"));
        await PluginBuilder.BuildAsync(_folder.Path, "Two", Scans("1.0.0", "grid"));
        var reasons = Assert.Throws<RefusedException>(Open).Reasons;
        Assert.Equal(["plugin.load.failed", "plugin.declaration.invalid"], reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task The_watch_takes_a_change_at_the_second_look_that_agrees()
    {
        await PluginBuilder.BuildAsync(_folder.Path, "Rings", Scans("1.0.0", "rings"));
        var shelf = Open();
        var clock = new FakeClock();
        var options = new PluginOptions();
        await using var hub = new LocalTopics(clock, isEncoding: true);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var watch = new PluginWatch(shelf, new PluginTopics(hub, "2-bm"), options, clock, NullLogger<PluginWatch>.Instance)
            .RunAsync(stop.Token);
        await PluginBuilder.BuildAsync(_folder.Path, "Rings", Scans("1.1.0", "rings"));
        clock.Advance(options.LookEvery);
        Assert.Equal("1.0.0", shelf.Current.Plugins[0].Version);
        var start = TimeProvider.System.GetTimestamp();
        while (shelf.Current.Plugins[0].Version != "1.1.0")
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30));
            clock.Advance(options.LookEvery);
            await Task.Yield();
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watch);
    }

    [Fact]
    public void Plugins_that_lie_in_no_folder_cannot_be_read_anew() => Assert.Equal(
        "plugin.shelf.fixed",
        Assert.Throws<RefusedException>(() => PluginShelf.Of(new PluginRegistry(), TimeProvider.System).Reload()).Reasons[0].Code);

    private static string Code(string version, string register, string more = "") =>
        $$"""
        using Beamtime.Sdk.Plugins;
        using Beamtime.Sdk.Scans;
        [assembly: System.Reflection.AssemblyInformationalVersion("{{version}}")]
        public sealed class Plug : Plugin
        {
            {{more}}
            public override void Register(PluginRegistry registry) { {{register}} }

            private static ScanDeclaration One(string name, System.Func<ScanArguments, Beamtime.Sdk.Scans.Scan> create) =>
                new() { Name = name, Description = name + " {{version}}", Create = create };
        }

        """;

    private static string Scans(string version, params string[] names) =>
        Code(version, string.Concat(names.Select(n => $"registry.AddScan(One(\"{n}\", _ => null));")));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Earlier(PluginShelf shelf) => new(shelf.Current.Plugins[0].Context);

    private static async Task GoneAsync(WeakReference context)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (context.IsAlive)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "the earlier version is still in memory");
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }
    }

    private static IReadOnlyList<Reason> RefusalOf(PluginShelf shelf, string plugin)
    {
        var reload = shelf.Reload();
        Assert.Empty(reload.Steps);
        return Assert.Single(reload.Refused, r => r.Plugin == plugin).Reasons;
    }

    private PluginShelf Open() => PluginShelf.Open([_folder.Path], ScanCatalogue.MistakesIn, TimeProvider.System);
}
