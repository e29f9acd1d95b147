using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scripts;

/// <summary>A program that is killed under a server script.</summary>
public sealed class ServerScriptKillTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_program_goes_on_with_its_script_and_no_scan_and_no_line_comes_twice()
    {
        using var folder = TemporaryFolder.Create("script-kill");
        var site = RunningHost.WriteSite(folder["site"], ServerScriptTests.Devices);
        string run;
        await using (var program = await RunningProgram.UpAsync(site, folder["data"], Cancel))
        {
            run = await ServerScriptTests.SubmitAsync(program.Http, "commands", ServerScriptTests.Commands(
                "log begin; scan line samx 0 1 --steps 60 --exposure 0.05 --on_crash resume; scan line samx 0 1 --steps 3; log end"));
            var start = TimeProvider.System.GetTimestamp();
            while ((await program.Http.GetFromJsonAsync<JsonElement>("scans", Cancel)).GetProperty("items") is var scans
                && (scans.GetArrayLength() == 0 || scans[0].GetProperty("points").GetInt32() < 10))
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(60));
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
            }

            await program.KillAsync(Cancel);
        }

        await using var again = await RunningProgram.UpAsync(site, folder["data"], Cancel);
        var end = await ServerScriptTests.EndOfAsync(again.Http, run);
        Assert.Equal(("Completed", "scans S00001, S00002"), (end.GetProperty("state").GetString(), end.GetProperty("result").GetString()));
        var all = (await again.Http.GetFromJsonAsync<JsonElement>("scans", Cancel)).GetProperty("items");
        Assert.Equal([(2, 3), (1, 60)], all.EnumerateArray().Select(s => (s.GetProperty("number").GetInt32(), s.GetProperty("points").GetInt32())));
        Assert.Equal(4, (await ServerScriptTests.LinesOfAsync(again.Http, run)).Length);
    }
}
