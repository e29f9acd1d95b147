using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;
using Beamtime.Tests.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Faults;

/// <summary>
/// The half that measures on devices of which any can be told to fail. Its clock stands nearly still, and runs while a
/// device hangs or is late: deadlines pass at once where they are waited for, and never where they are not.
/// </summary>
public sealed class FaultyBeamline : IAsyncLifetime
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
        cam: {deviceClass: test.watched, enabled: true, readoutPriority: async}
        motor: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, deviceConfig: {mode: none}}
        monitor:
          deviceClass: simulated.faulty
          enabled: true
          readoutPriority: monitored
          softwareTrigger: true
          deviceConfig: {mode: none, array: 3}
        detector:
          {deviceClass: simulated.faulty, enabled: true, readoutPriority: async, softwareTrigger: true, deviceConfig: {mode: none}}
        slow: {deviceClass: simulated.faulty, enabled: true, readoutPriority: baseline, deviceConfig: {mode: none}}
        flyer: {deviceClass: simulated.faulty-flyer, enabled: true, readoutPriority: on_request, deviceConfig: {mode: none}}
        """;

    private static readonly string[] Faulty = ["motor", "monitor", "detector", "slow", "flyer"];
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _pump = Task.CompletedTask;

    internal ControlBench Bench { get; private set; } = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var deadline = TimeSpan.FromSeconds(5);
        Bench = await ControlBench.CreateAsync(
            Devices,
            new DeviceOptions
            {
                SetDeadline = deadline, ReadDeadline = deadline, TriggerDeadline = deadline, StageDeadline = deadline,
                StopDeadline = deadline, SilenceLimit = TimeSpan.FromDays(1), OwnerLimit = TimeSpan.FromDays(1),
            },
            time: _clock);
        Bench.Start();
        // On threads of its own: those of the tests may all be busy, and then the clock would stand.
        _pump = Task.Run(PumpAsync, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await Bench.DisposeAsync();
        await _stop.CancelAsync();
        await _pump;
        _stop.Dispose();
    }

    /// <summary>Tells a device how to fail, past all that commands it.</summary>
    internal async Task TellAsync(string device, string at, string mode)
    {
        var faulty = FaultyOf(device);
        await faulty.SetAsync(faulty.Signal($"{device}_at"), Value.Of(at), Cancel);
        await faulty.SetAsync(faulty.Signal($"{device}_mode"), Value.Of(mode), Cancel);
    }

    /// <summary>Runs a line of three points over the motor.</summary>
    internal Task<ScanRecord> ScanAsync() => RunAsync(new ScanRequest
    {
        Scan = "line", Args = ["motor", "0", "2"], Parameters = new Dictionary<string, string> { ["steps"] = "3" },
    });

    /// <summary>Has the flyer fly three places.</summary>
    internal Task<ScanRecord> FlyAsync() => RunAsync(new ScanRequest { Scan = "round_fly", Args = ["flyer", "1", "1", "1", "3"] });

    private FaultyDevice FaultyOf(string device) =>
        Bench.Driver<IDevice>(device) is FaultyFlyer flyer ? flyer.Faulty : Bench.Driver<FaultyDevice>(device);

    private async Task<ScanRecord> RunAsync(ScanRequest request)
    {
        var end = Bench.EndOfAsync(await Bench.AcceptAsync(request));
        // What throws where the clock runs is told, rather than waited for.
        await await Task.WhenAny(end, _pump);
        return await end;
    }

    /// <summary>Makes every device well.</summary>
    internal async Task MendAsync()
    {
        foreach (var device in Faulty)
        {
            await TellAsync(device, "read", "none");
        }
    }

    /// <summary>Devices that a scan staged and nobody released.</summary>
    internal IEnumerable<string> Staged() =>
    [
        .. ((string[])["samx", "cam"]).Where(d => Bench.Watched(d).IsStaged),
        .. Faulty.Where(d => FaultyOf(d).IsStaged),
    ];

    /// <summary>Opens a scan's final file: how it ended, and its values of a signal.</summary>
    internal async Task<(string End, double[] Values)> ReadAsync(int number, string device, string signal)
    {
        using var file = H5File.Open(await Bench.FileOfAsync(number));
        using var entry = file.OpenGroup("/entry");
        return (
            entry.Attributes.ReadString("end_status"),
            file.OpenDataset($"/entry/collection/devices/{device}/{signal}/value").Read<double>());
    }

    private async Task PumpAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(Step, TimeProvider.System, CancellationToken.None);
            var waiting = Faulty.Sum(d => FaultyOf(d).Waiting);
            _clock.Advance(waiting > 0 ? TimeSpan.FromMilliseconds(250) : Step);
        }
    }
}
