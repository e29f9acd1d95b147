using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A flyer over two axes of its own: it goes from point to point by itself, an exposure each, and gives the readings of what
/// it has flown about five times a second.
/// </summary>
internal sealed class SimulatedFlyer : IDevice, IFlyer, IHoldable, IStoppable, IStaged, IProgressing
{
    private static readonly TimeSpan BundleTime = TimeSpan.FromMilliseconds(200);

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Channel<FlownReadings>? _flown;
    private CancellationTokenSource? _flight;
    private TaskCompletionSource? _hold;
    private double _x;
    private double _y;

    /// <summary>A flyer.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public SimulatedFlyer(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _ = configuration.Flag("device_access", true, "whether it may look at other devices; it names them in its own keys");
        _ = configuration.Number("delay", 1, "BEC's key of a positioner; a flight takes an exposure for each point", low: 0);
        _ = configuration.Number("update_frequency", 100, "BEC's key of a positioner; readings come five times a second", low: 0);
        Signals =
        [
            new Signal { Name = "flyer_samx", Kind = SignalKind.Hinted, Unit = "mm", Description = "First axis at the point." },
            new Signal { Name = "flyer_samy", Unit = "mm", Description = "Second axis at the point." },
        ];
    }

    /// <inheritdoc/>
    public event Action<DeviceProgress>? Progressed;

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    private Task? Held
    {
        get
        {
            lock (_gate)
            {
                return _hold?.Task;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            Row().CopyTo(row.Span);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel) =>
        ValueTask.FromResult<IReadOnlyList<FrameFile>>([]);

    /// <inheritdoc/>
    public ValueTask UnstageAsync(CancellationToken cancel) => StopAsync(cancel);

    /// <inheritdoc/>
    public ValueTask KickoffAsync(FlightParameters flight, CancellationToken cancel)
    {
        if (flight.Positions.FirstOrDefault(p => p.Length is < 1 or > 2) is not null || flight.Positions.Count == 0)
        {
            throw SimulatedErrors.FlightUnfit.Fault($"{_name} flies over one or two axes, and needs the position of every point.");
        }

        lock (_gate)
        {
            if (_flight is not null)
            {
                throw SimulatedErrors.FlightUnfit.Fault($"{_name} is flying already.");
            }

            _flight = new CancellationTokenSource();
            // As many points as two bundles may hold wait for the collector; then the flyer waits.
            _flown = Channel.CreateBounded<FlownReadings>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.Wait });
            _hold = null;
            _ = FlyAsync(flight, _flown.Writer, _flight);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<FlownReadings> CollectAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var flown = _flown ?? throw SimulatedErrors.FlightUnfit.Fault($"{_name} does not fly.");
        await foreach (var readings in flown.Reader.ReadAllAsync(cancel))
        {
            yield return readings;
        }
    }

    /// <inheritdoc/>
    public ValueTask HoldAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _hold ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask ResumeAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _hold?.TrySetResult();
            _hold = null;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _flight?.Cancel();
        }

        return ResumeAsync(cancel);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => StopAsync(CancellationToken.None);

    // Never throws: how a flight ends is what its collector is told.
    private async Task FlyAsync(FlightParameters flight, ChannelWriter<FlownReadings> flown, CancellationTokenSource flying)
    {
        List<FlownReadings> bundle = [];
        var done = 0;
        Exception? end = null;
        try
        {
            var since = _time.GetTimestamp();
            for (var i = 0; i < flight.Positions.Count; i++)
            {
                if (Held is { } held)
                {
                    await held.WaitAsync(flying.Token);
                }

                if (flight.ExposureSeconds > 0)
                {
                    await Task.Delay(
                        TimeSpan.FromSeconds(flight.ExposureSeconds * flight.FramesPerTrigger), _time, flying.Token);
                }

                flying.Token.ThrowIfCancellationRequested();
                var at = flight.Positions[i];
                Volatile.Write(ref _x, at[0]);
                Volatile.Write(ref _y, at.Length > 1 ? at[1] : 0);
                bundle.Add(new FlownReadings(i, Row()));
                if (_time.GetElapsedTime(since) >= BundleTime || i == flight.Positions.Count - 1 || bundle.Count >= 1024)
                {
                    since = _time.GetTimestamp();
                    await GiveAsync(bundle, flown, flying.Token);
                    done = i + 1;
                    Progressed?.Invoke(new DeviceProgress(done, flight.Positions.Count, IsDone: false));
                }
            }
        }
        catch (OperationCanceledException stopped)
        {
            end = stopped;
        }
        finally
        {
            lock (_gate)
            {
                _flight = null;
            }

            flown.TryComplete(end);
            Progressed?.Invoke(new DeviceProgress(done, flight.Positions.Count, IsDone: true));
            flying.Dispose();
        }
    }

    private static async Task GiveAsync(List<FlownReadings> bundle, ChannelWriter<FlownReadings> flown, CancellationToken cancel)
    {
        foreach (var readings in bundle)
        {
            await flown.WriteAsync(readings, cancel);
        }

        bundle.Clear();
    }

    private Reading[] Row()
    {
        var at = _time.GetUtcNow();
        return
        [
            new Reading(Value.Of(Volatile.Read(ref _x)), at),
            new Reading(Value.Of(Volatile.Read(ref _y)), at),
        ];
    }
}
