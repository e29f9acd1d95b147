using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Beamtime.Hdf5;
using Beamtime.Roles;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

/// <summary>A camera at its rate through the whole program: from the request to its file, linked from the master.</summary>
public sealed class CameraRateTests(ITestOutputHelper output)
{
    // 4 MiB a frame.
    private const string Devices =
        """
        camera:
          deviceClass: simulated.camera
          deviceConfig: {phantom: none, image_shape: [1024, 2048]}
          readoutPriority: monitored
          softwareTrigger: true
          enabled: true
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_burst_of_frames_is_in_the_file_whole_and_in_order() => await TakeAsync(frames: 30);

    [Fact]
    [Trait("Category", "Slow")]
    public async Task A_hundred_frames_a_second_of_four_megabytes_for_ten_seconds()
    {
        var rate = await TakeAsync(frames: 1000);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} frames/s, {rate * 4 * 1.048576:0} MB/s"));
    }

    // A burst at the pace of its exposures; what the program cannot keep up with shows in the frames' times.
    private static async Task<double> TakeAsync(int frames)
    {
        using var folder = TemporaryFolder.Create("camera-rate");
        await using var host = await BeamtimeHost.StartAsync(
            RunningHost.Launch(RunningHost.WriteSite(folder["site"], Devices), folder["data"]), CancellationToken.None);
        using var client = RunningHost.SignedIn(host);
        using var accepted = await client.PostAsJsonAsync(
            "scans",
            new { scan = "acquire", parameters = new Dictionary<string, object> { ["exp_time"] = 0.01, ["frames_per_trigger"] = frames } },
            Cancel);
        Assert.True(accepted.IsSuccessStatusCode, await accepted.Content.ReadAsStringAsync(Cancel));
        var scan = await RecordedAsync(client);
        Assert.Equal("completed", scan.GetProperty("state").GetString());

        using var master = H5File.Open(scan.GetProperty("file").GetString()!);
        using var data = master.OpenDataset("/entry/collection/file_references/camera/data");
        Assert.Equal([frames, 1024, 2048], data.Shape);
        using var timestamps = master.OpenDataset("/entry/collection/file_references/camera/timestamp");
        var times = timestamps.Read<double>();
        Assert.Equal(frames, times.Length);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.First < pair.Second));
        return (frames - 1) / (times[^1] - times[0]);
    }

    private static async Task<JsonElement> RecordedAsync(HttpClient client)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromMinutes(5));
        while (true)
        {
            var scan = await client.GetFromJsonAsync<JsonElement>("scans/1", deadline.Token);
            if (scan.TryGetProperty("ended_at", out _) && scan.GetProperty("is_recorded").GetBoolean())
            {
                return scan;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
        }
    }
}
