using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Models;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A detector of spectra, such as an X-ray fluorescence detector: each trigger gives as many waveforms as the scan has frames
/// per trigger, whole, in slices, or each in the place of the last one. What it gives goes into a file of its own.
/// </summary>
internal sealed class SimulatedWaveform : IDevice, ISettable, IAsynchronous, ITriggered, ICompleting, IStoppable
{
    private static readonly TimeSpan SlicePause = TimeSpan.FromMilliseconds(25);

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly Simulation<SpectrumModel> _simulation;
    private readonly AsynchronousSignal _data;
    private readonly AsynchronousSignal _sum;
    private readonly Signal _sliceSize;
    private readonly Signal _delaySlices;
    private readonly ushort[] _values;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile AsynchronousSink? _sink;
    private volatile CancellationTokenSource _stop = new();
    private long _size;
    private volatile bool _isDelayed;
    private double _exposureSeconds;
    private int _framesPerTrigger = 1;
    private long _waveforms;

    /// <summary>A detector.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public SimulatedWaveform(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _ = configuration.Flag("device_access", true, "whether it may look at other devices; it names them in its own keys");
        var length = configuration.Integer("waveform_shape", 1000, "channels of a waveform", low: 1, high: 1 << 20);
        _simulation = SpectrumModel.For(configuration, length);
        _size = configuration.Integer("slice_size", 100, "channels of a slice", low: 1, high: 1 << 20);
        _isDelayed = configuration.Flag("delay_slice_update", false, "whether 25 ms lie between two slices");
        _values = new ushort[length];
        var update = configuration.Text("async_update", "add", "add, add_slice or replace");
        _data = new AsynchronousSignal
        {
            Name = $"{_name}_data",
            Element = AsynchronousElement.UInt16,
            Unit = "counts",
            Description = "Waveforms.",
            Update = update switch
            {
                "add" => AsynchronousUpdate.Add,
                "add_slice" => AsynchronousUpdate.AddSlice,
                "replace" => AsynchronousUpdate.Replace,
                _ => throw new FormatException($"{_name}: deviceConfig.async_update is add, add_slice or replace, not '{update}'."),
            },
            MaxShape = update == "replace" ? [length] : [null, length],
        };
        _sum = new AsynchronousSignal
        {
            Name = $"{_name}_waveform_0d", Unit = "counts", Description = "Sum of each waveform.",
        };
        AsynchronousSignals = [_data, _sum];
        _sliceSize = Setting("slice_size", SignalType.Integer, "Channels of a slice.") with { Limits = (1, 1 << 20) };
        _delaySlices = Setting("delay_slice_update", SignalType.Boolean, "Whether 25 ms lie between two slices.");
        Signals =
        [
            new Signal
            {
                Name = _name, Kind = SignalKind.Hinted, Type = SignalType.Integer, Description = "Waveforms of this scan so far.",
            },
            _sliceSize, _delaySlices, _simulation.Model, _simulation.Parameters,
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
            row.Span[0] = new Reading(Value.Of(Volatile.Read(ref _size)), at);
            row.Span[1] = new Reading(Value.Of(_isDelayed), at);
            _simulation.Read(row.Span[2..]);
        }
        else
        {
            row.Span[0] = new Reading(Value.Of(Volatile.Read(ref _waveforms)), at);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, _sliceSize))
        {
            Volatile.Write(ref _size, value.AsInteger());
        }
        else if (ReferenceEquals(signal, _delaySlices))
        {
            _isDelayed = value.AsBoolean();
        }
        else if (!_simulation.TrySet(signal, value))
        {
            throw SimulatedErrors.NotSettable.Fault($"{signal.Name} cannot be set.");
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Begin(AsynchronousSink sink) => _sink = sink;

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        _exposureSeconds = scan.ExposureSeconds;
        _framesPerTrigger = scan.FramesPerTrigger;
        Volatile.Write(ref _waveforms, 0);
        return ValueTask.FromResult<IReadOnlyList<FrameFile>>([]);
    }

    /// <inheritdoc/>
    public async ValueTask TriggerAsync(CancellationToken cancel)
    {
        using var stopped = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        await _turn.WaitAsync(stopped.Token);
        try
        {
            var sink = _sink ?? throw SimulatedErrors.NotStaged.Fault($"{_name} is not staged.");
            for (var i = 0; i < _framesPerTrigger; i++)
            {
                await AcquireAsync(sink, stopped.Token);
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
        // Whoever has the turn gives what it has acquired before the scan may end.
        await _turn.WaitAsync(cancel);
        _turn.Release();
    }

    /// <inheritdoc/>
    public ValueTask UnstageAsync(CancellationToken cancel)
    {
        _sink = null;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask StopAsync(CancellationToken cancel) =>
        await Interlocked.Exchange(ref _stop, new CancellationTokenSource()).CancelAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _turn.Dispose();
    }

    private async Task AcquireAsync(AsynchronousSink sink, CancellationToken cancel)
    {
        var at = _time.GetUtcNow();
        if (_exposureSeconds > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(_exposureSeconds), _time, cancel);
        }

        var sum = _simulation.Current.Draw(_values);
        switch (_data.Update)
        {
            case AsynchronousUpdate.AddSlice:
                await SliceAsync(sink, at, cancel);
                break;
            case AsynchronousUpdate.Replace:
                await sink.ReplaceAsync<ushort>(_data, [_values.Length], _values, at, cancel);
                break;
            default:
                await sink.AddAsync<ushort>(_data, _values, at, cancel);
                break;
        }

        await sink.AddAsync<double>(_sum, new[] { sum }, at, cancel);
        Interlocked.Increment(ref _waveforms);
    }

    private async Task SliceAsync(AsynchronousSink sink, DateTimeOffset at, CancellationToken cancel)
    {
        var row = Volatile.Read(ref _waveforms);
        var size = (int)Volatile.Read(ref _size);
        for (var from = 0; from < _values.Length; from += size)
        {
            await sink.AddSliceAsync<ushort>(
                _data, row, _values.AsMemory(from, Math.Min(size, _values.Length - from)), at, cancel);
            if (_isDelayed)
            {
                await Task.Delay(SlicePause, _time, cancel);
            }
        }
    }

    private Signal Setting(string suffix, SignalType type, string description) => new()
    {
        Name = $"{_name}_{suffix}", Kind = SignalKind.Config, Type = type, IsSettable = true, Description = description,
    };
}
