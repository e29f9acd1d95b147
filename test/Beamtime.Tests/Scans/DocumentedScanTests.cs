using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Devices;
using Beamtime.Tests.House;

namespace Beamtime.Tests.Scans;

public sealed class DocumentedScanTests
{
    [Fact]
    public void Every_example_of_the_page_is_compiled()
    {
        var source = Trimmed(Repository.Read("test/Beamtime.Tests/Scans/DocumentedScan.cs"));
        var blocks = Repository.Read("docs/how-to/write-a-scan.md").Split("```csharp").Skip(1).Select(b => b.Split("```")[0]).ToArray();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(Trimmed(block), source, StringComparison.Ordinal));

        static string Trimmed(string text) =>
            string.Join('\n', text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0));
    }

    [Fact]
    public async Task The_scan_of_the_page_is_planned_like_those_of_the_library()
    {
        await using var bench = new DeviceServerBench();
        new SpiralPlugin().Register(bench.Plugins);
        await bench.StartAsync(
            """
            samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-1, 1]}}
            samy: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-1, 1]}}
            eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            """);
        var guard = new ScanGuard(new ScanCatalogue(bench.Plugins), DeviceBook.Of(bench.Roster), new ScanOptions());
        Assert.Equal(61, guard.Judge(Spiral("2")).OrThrow().Plan.Points);
        var refused = Assert.IsType<Refused<AdmissibleScan>>(guard.Judge(Spiral("3")));
        Assert.Equal(["scan.limit.exceeded", "scan.limit.exceeded"], refused.Reasons.Select(r => r.Code));
        Assert.Contains("--width 2", ScanExample.Least(SpiralScan.Declaration), StringComparison.Ordinal);
    }

    private static ScanRequest Spiral(string width) => new()
    {
        Scan = "spiral", Args = ["samx", "samy"], Parameters = new Dictionary<string, string> { ["width"] = width },
    };
}
