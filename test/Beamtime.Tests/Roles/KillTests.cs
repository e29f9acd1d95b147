using System.Text.Json.Nodes;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Roles;

/// <summary>The program killed in the middle of its work, and started again on the same data folder.</summary>
[Trait("Category", "Slow")]
public sealed class KillTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("killed");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Data => Path.Combine(_folder.Path, "data");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_scan_that_was_killed_is_closed_marked_interrupted_and_registered_once()
    {
        var site = MakeSite();
        string id;
        await using (var program = await RunningProgram.UpAsync(site, Data, Cancel))
        {
            var scan = await program.PostAsync("scans", KillSite.Scan("line", ["samx", "0", "10"], ("steps", "2000"), ("exposure", "0.005")), Cancel);
            id = scan["id"]!.GetValue<string>();
            await program.WaitAsync("scans/1", s => s["points"]!.GetValue<int>() >= 150, Cancel);
            await program.KillAsync(Cancel);
        }

        for (var start = 0; start < 2; start++)
        {
            await using var program = await RunningProgram.UpAsync(site, Data, Cancel);
            // The program is ready before it has closed what its predecessor left.
            var scan = await program.WaitAsync("scans/1", s => s["state"]!.GetValue<string>() == "interrupted", Cancel);
            Assert.Equal("scan.interrupted", scan["reasons"]![0]!["code"]!.GetValue<string>());
            var dataset = await program.WaitAsync($"datasets/{id}", d => IsSecured(d), Cancel);
            Assert.Equal("Interrupted", dataset["summary"]!["end"]!.GetValue<string>());
            Assert.Empty(dataset["derived"]!.AsArray());
            Assert.Equal(1, (await program.GetAsync("datasets", Cancel))["total"]!.GetValue<int>());
            var file = scan["file"]!.GetValue<string>();
            Assert.False(File.Exists(scan["live_file"]!.GetValue<string>()));
            Assert.Equal("interrupted True", await Python.RunAsync(
                """
                import h5py, sys
                f = h5py.File(sys.argv[1], 'r')
                x = f['/entry/collection/devices/samx/samx/value'][:]
                steps = [round(v * 1999 / 10) for v in x]
                print(f['/entry'].attrs['end_status'], len(x) >= 100 and steps == list(range(len(x))), end='')
                """,
                [file],
                Cancel));
        }

        await using var again = await RunningProgram.UpAsync(site, Data, Cancel);
        var next = await again.PostAsync("scans", KillSite.Scan("line", ["samx", "0", "1"], ("steps", "3")), Cancel);
        Assert.Equal(2, next["number"]!.GetValue<int>());
        await again.WaitAsync("scans/2", s => s["state"]!.GetValue<string>() == "completed", Cancel);
    }

    [Theory]
    [InlineData("copy 1")]
    [InlineData("copy 2")]
    [InlineData("verified 2")]
    [InlineData("reconstruct")]
    public async Task A_recording_arrives_once_and_whole_when_the_program_is_killed_at(string step)
    {
        var site = MakeSite();
        string id;
        await using (var program = await RunningProgram.UpAsync(site, Data, Cancel))
        {
            var scan = await program.PostAsync("scans", KillSite.Tomography(), Cancel);
            id = scan["id"]!.GetValue<string>();
            await program.WaitAsync($"datasets/{id}", d => Steps(d).Any(s => s["name"]!.GetValue<string>() == step), Cancel);
            await program.KillAsync(Cancel);
        }

        await using var again = await RunningProgram.UpAsync(site, Data, Cancel);
        var raw = await again.WaitAsync($"datasets/{id}", d => d["derived"]!.AsArray().Count > 0, Cancel);
        Assert.All(raw["files"]!.AsArray(), f => Assert.Contains(
            f!["copies"]!.AsArray(), c => c!["storage"]!.GetValue<string>() == "analysis" && c["state"]!.GetValue<string>() == "Verified"));
        Assert.Equal(2, (await again.GetAsync("datasets", Cancel))["total"]!.GetValue<int>());
        var volume = await again.GetAsync($"datasets/{raw["derived"]![0]!.GetValue<string>()}", Cancel);
        var path = volume["files"]!.AsArray().Select(f => f!["copies"]![0]!["path"]!.GetValue<string>()).First(p => p.EndsWith(".h5", StringComparison.Ordinal));
        Assert.Equal("(1024, 128, 128)", await Python.RunAsync(
            "import h5py, sys; print(h5py.File(sys.argv[1], 'r')['/exchange/data'].shape, end='')", [path], Cancel));
        var leftovers = Directory.EnumerateFiles(Data, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
            .Where(f => !f.StartsWith(Path.Combine(Data, "postgres"), StringComparison.Ordinal))
            .Where(f => f.Contains("part", StringComparison.Ordinal) || f.EndsWith(".tmp", StringComparison.Ordinal) || f.Contains(".live.", StringComparison.Ordinal));
        Assert.Empty(leftovers);
    }

    [Fact]
    public async Task A_second_program_on_the_same_data_folder_is_refused()
    {
        var site = MakeSite();
        await using var program = await RunningProgram.UpAsync(site, Data, Cancel);
        var (exit, _, error) = await RunningProgram.RunAsync(Cancel, "up", "--site", site, "--data", Data, "--port", "0");
        Assert.Equal(3, exit);
        Assert.Contains("database.folder.locked", error, StringComparison.Ordinal);
        Assert.Equal(0, (await program.GetAsync("queue", Cancel))["total"]!.GetValue<int>());
    }

    private static bool IsSecured(JsonNode dataset) => dataset["summary"]!["status"]!.GetValue<string>() == "Secured";

    private static IEnumerable<JsonNode> Steps(JsonNode dataset) =>
        dataset["workflow"]?["steps"]?.AsArray().Select(s => s!) ?? [];

    private string MakeSite() => KillSite.Make(Path.Combine(_folder.Path, "site"));
}
