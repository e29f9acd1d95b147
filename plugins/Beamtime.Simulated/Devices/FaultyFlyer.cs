using System.Runtime.CompilerServices;
using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A flyer that fails on demand: when it is kicked off, while it flies, when it completes, and wherever a faulty device does.
/// It gives the number of each place at once.
/// </summary>
internal sealed class FaultyFlyer : IDevice, ISettable, IFlyer, IStaged, IPreScan, ICompleting, IStoppable
{
    private readonly TimeProvider _time;
    private FlightParameters? _flight;

    /// <summary>A flyer that fails at one operation.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <exception cref="FormatException">An unknown mode or operation.</exception>
    public FaultyFlyer(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        Faulty = new FaultyDevice(configuration);
    }

    /// <summary>What fails.</summary>
    public FaultyDevice Faulty { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals => Faulty.Signals;

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => Faulty.ConnectAsync(cancel);

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel) =>
        Faulty.ReadAsync(configuration, row, cancel);

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel) => Faulty.SetAsync(signal, value, cancel);

    /// <inheritdoc/>
    public async ValueTask KickoffAsync(FlightParameters flight, CancellationToken cancel)
    {
        await Faulty.Plan.MeetAsync("kickoff", cancel);
        _flight = flight;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FlownReadings> CollectAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var points = _flight?.Points ?? throw SimulatedErrors.FlightUnfit.Fault("It does not fly.");
        for (var i = 0; i < points; i++)
        {
            var wrong = await Faulty.Plan.MeetAsync("fly", cancel);
            yield return new FlownReadings(i, [new Reading(wrong ?? Value.Of((double)i), _time.GetUtcNow())]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel) => Faulty.StageAsync(scan, cancel);

    /// <inheritdoc/>
    public ValueTask PreScanAsync(CancellationToken cancel) => Faulty.PreScanAsync(cancel);

    /// <inheritdoc/>
    public ValueTask CompleteAsync(CancellationToken cancel) => Faulty.CompleteAsync(cancel);

    /// <inheritdoc/>
    public ValueTask UnstageAsync(CancellationToken cancel) => Faulty.UnstageAsync(cancel);

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel) => Faulty.StopAsync(cancel);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Faulty.DisposeAsync();
}
