using System.Globalization;
using System.Text.Json.Nodes;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Drill;

/// <summary>
/// Every part of a facility killed in turn, with signal 9, while a long scan runs and while the data of the scan before it
/// are copied, verified and reconstructed. Every file must be complete and every workflow must end once.
/// </summary>
[Trait("Category", "Drill")]
public sealed class DrillTests
{
    private const int Points = 200;
    private static readonly TimeSpan Downtime = TimeSpan.FromSeconds(3);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_is_killed_every_file_is_complete_and_every_workflow_ends_once()
    {
        await using var facility = await DrillFacility.StartAsync(Cancel);
        await facility.PostAsync("schedules", EverySecond(), Cancel);
        string[] parts = [.. DrillFacility.Roles, "redis", "postgres"];
        List<int> volumes = [];
        foreach (var part in parts)
        {
            var began = TimeProvider.System.GetTimestamp();
            volumes.Add(await StrikeAsync(facility, part));
            if (part == "scheduler")
            {
                Assert.InRange((await facility.TicksAsync(Cancel)).LongestGap, 0, 5);
            }

            Say(string.Create(
                CultureInfo.InvariantCulture,
                $"drill: killed {part}: {Points} of {Points} points, its flow ended once, {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s"));
        }

        // Two scans a part, each registered once; a volume a tomography.
        var datasets = await facility.WaitAsync("datasets?limit=1000", d => d["total"]!.GetValue<int>() == 3 * parts.Length, Cancel);
        Assert.Equal(3 * parts.Length, datasets["items"]!.AsArray().Select(d => d!["id"]!.GetValue<string>()).Distinct().Count());
        var (ticks, due, _) = await facility.TicksAsync(Cancel);
        Assert.Equal(due, ticks);
        Say($"drill: ok, {parts.Length} parts killed, {2 * parts.Length} files complete, {volumes.Sum()} volumes, no workflow twice, {ticks} ticks each once");
    }

    private static JsonObject EverySecond() => new()
    {
        ["name"] = "drill",
        ["rule"] = new JsonObject { ["type"] = "interval", ["every"] = "00:00:01", ["anchor"] = "2026-01-01T00:00:00Z" },
        ["job"] = new JsonObject { ["kind"] = "drill.tick" },
        ["catch_up"] = "all",
        ["catch_up_bound"] = 600,
    };

    // The data of a tomography are on their way and a scan has taken its first points when the part is killed.
    private static async Task<int> StrikeAsync(DrillFacility facility, string part)
    {
        var tomography = await facility.PostAsync("scans", KillSite.Tomography(), Cancel);
        await facility.WaitAsync($"scans/{NumberOf(tomography)}", s => IsOver(s), Cancel);
        var scan = await facility.PostAsync(
            "scans",
            KillSite.Scan("line", ["samx", "0", "10"], ("steps", $"{Points}"), ("exposure", "0.04"), ("on_crash", "resume")),
            Cancel);
        var running = await facility.WaitAsync(
            $"scans/{NumberOf(scan)}", s => s["points"]!.GetValue<int>() >= Points / 10 && s["file"] is not null, Cancel);
        await KillAsync(facility, part, running["file"]!.GetValue<string>());
        var ended = await facility.WaitAsync($"scans/{NumberOf(scan)}", s => IsOver(s), Cancel);
        Assert.True(ended["state"]!.GetValue<string>() == "completed", $"{part}: {ended.ToJsonString()}");
        await RequireCompleteAsync(ended["file"]!.GetValue<string>());
        await facility.WaitAsync($"datasets/{scan["id"]}", d => IsSecured(d), Cancel);
        var raw = await facility.WaitAsync(
            $"datasets/{tomography["id"]}", d => d["derived"]!.AsArray().Count > 0 && FlowState(d) == "Completed", Cancel);
        return Assert.Single(raw["derived"]!.AsArray()) is null ? 0 : 1;
    }

    private static async Task KillAsync(DrillFacility facility, string part, string file)
    {
        switch (part)
        {
            case "postgres":
                await facility.Postgres.KillAsync();
                await UntilAsync(() => File.Exists(file));
                await facility.Postgres.StartAgainAsync(Cancel);
                break;
            case "redis":
                await facility.Redis.KillAsync();
                await Task.Delay(Downtime, TimeProvider.System, Cancel);
                await facility.Redis.RestartAsync();
                break;
            default:
                await facility.KillAsync(part, Cancel);
                await Task.Delay(Downtime, TimeProvider.System, Cancel);
                await facility.StartAsync(part, Cancel);
                break;
        }
    }

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !isTrue();)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromMinutes(2), "the scan did not end without the database");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }

    private static async Task RequireCompleteAsync(string file) => Assert.Equal("completed True", await Python.RunAsync(
        """
        import h5py, sys
        f = h5py.File(sys.argv[1], 'r')
        points = int(sys.argv[2])
        x = f['/entry/collection/devices/samx/samx/value'][:]
        y = f['/entry/collection/devices/bpm4i/bpm4i/value'][:]
        steps = [round(v * (points - 1) / 10) for v in x]
        print(f['/entry'].attrs['end_status'], steps == list(range(points)) and len(y) == points and not (y != y).any(), end='')
        """,
        [file, $"{Points}"],
        Cancel));

    private static int NumberOf(JsonNode scan) => scan["number"]!.GetValue<int>();

    private static bool IsOver(JsonNode scan) =>
        scan["ended_at"] is not null && (scan["is_recorded"]?.GetValue<bool>() ?? false);

    private static bool IsSecured(JsonNode dataset) => dataset["summary"]!["status"]!.GetValue<string>() == "Secured";

    private static string? FlowState(JsonNode dataset) => dataset["workflow"]?["state"]?.GetValue<string>();

    private static void Say(string line) => TestContext.Current.TestOutputHelper!.WriteLine(line);
}
