using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Models;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A monitor that counts at each trigger and gives its counts in batches, after a random number of triggers from 1 to 9 and
/// when the scan completes: data that are in no step with the scan's points.
/// </summary>
internal sealed class AsynchronousMonitor : IDevice, ISettable, IAsynchronous, ITriggered, ICompleting
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly Simulation<CountingModel> _simulation;
    private readonly AsynchronousSignal _counts;
    private readonly Random _random;
    private readonly List<uint> _waiting = [];
    private readonly SemaphoreSlim _turn = new(1, 1);
    private AsynchronousSink? _sink;
    private int _interval = 1;
    private long _triggers;

    /// <summary>A monitor.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public AsynchronousMonitor(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _random = new Random(configuration.Seed);
        _simulation = CountingModel.For(configuration);
        var update = configuration.Text("async_update", "extend", "extend: counts in a row; append: a row for each batch");
        _counts = new AsynchronousSignal
        {
            Name = $"{_name}_counts",
            Element = AsynchronousElement.UInt32,
            Unit = "counts",
            Description = "Counts of each trigger.",
            MaxShape = update switch
            {
                "extend" => [null],
                "append" => [null, null],
                _ => throw new FormatException($"{_name}: deviceConfig.async_update is extend or append, not '{update}'."),
            },
        };
        AsynchronousSignals = [_counts];
        Signals =
        [
            new Signal
            {
                Name = _name, Kind = SignalKind.Hinted, Type = SignalType.Integer, Unit = "counts",
                Description = "Counts at this moment.",
            },
            new Signal
            {
                Name = $"{_name}_current_trigger", Kind = SignalKind.Config, Type = SignalType.Integer,
                Description = "Triggers of this scan so far.",
            },
            _simulation.Model, _simulation.Parameters,
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public IReadOnlyList<AsynchronousSignal> AsynchronousSignals { get; }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        var at = _time.GetUtcNow();
        if (configuration)
        {
            row.Span[0] = new Reading(Value.Of(Volatile.Read(ref _triggers)), at);
            _simulation.Read(row.Span[1..]);
        }
        else
        {
            row.Span[0] = new Reading(Value.Of(_simulation.Current.Count()), at);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel) => _simulation.TrySet(signal, value)
        ? ValueTask.CompletedTask
        : throw SimulatedErrors.NotSettable.Fault($"{signal.Name} cannot be set.");

    /// <inheritdoc/>
    public void Begin(AsynchronousSink sink) => Volatile.Write(ref _sink, sink);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        _waiting.Clear();
        _interval = _random.Next(1, 10);
        Volatile.Write(ref _triggers, 0);
        _turn.Release();
        return [];
    }

    /// <inheritdoc/>
    public async ValueTask TriggerAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            _waiting.Add((uint)_simulation.Current.Count());
            Interlocked.Increment(ref _triggers);
            if (_waiting.Count >= _interval)
            {
                await GiveAsync(cancel);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            await GiveAsync(cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask UnstageAsync(CancellationToken cancel)
    {
        Volatile.Write(ref _sink, null);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _turn.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task GiveAsync(CancellationToken cancel)
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        var sink = Volatile.Read(ref _sink) ?? throw SimulatedErrors.NotStaged.Fault($"{_name} is not staged.");
        await sink.AddAsync<uint>(_counts, _waiting.ToArray(), _time.GetUtcNow(), cancel);
        _waiting.Clear();
        _interval = _random.Next(1, 10);
    }
}
