using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A camera: exposes when triggered and appends what it saw to a file of its own. With a phantom it stands behind a
/// rotation stage, else it shows BEC's pattern.
/// </summary>
internal sealed class SimulatedCamera : IDevice, ITriggered, IStaged, IStoppable
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly IFrameSource _source;
    private readonly ushort[] _frame;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private FrameFileWriter? _file;
    private CancellationTokenSource? _exposure;
    private double _exposureSeconds;
    private int _framesPerTrigger = 1;
    private long _index = -1;
    private double _mean;
    private DateTimeOffset _at;

    private SimulatedCamera(DeviceConfiguration configuration, bool hasPhantom)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _ = configuration.Flag("device_access", true, "whether it may look at other devices; it names them in its own keys");
        _source = configuration.Text("phantom", hasPhantom ? "ellipsoids" : "none", "the sample: ellipsoids or none") switch
        {
            "ellipsoids" => new TomographyFrames(configuration),
            "none" => new PatternFrames(configuration),
            var other => throw new FormatException($"{_name}: deviceConfig.phantom is ellipsoids or none, not '{other}'."),
        };
        _frame = new ushort[_source.Rows * _source.Columns];
        Signals =
        [
            new Signal
            {
                Name = $"{_name}_mean", Kind = SignalKind.Hinted, Unit = "counts", Description = "Mean of the last frame.",
            },
            new Signal
            {
                Name = $"{_name}_frame", Type = SignalType.Integer,
                Description = "Index of the last frame in the camera's file, from 0; -1 before the first.",
            },
            new Signal
            {
                Name = $"{_name}_exposure", Kind = SignalKind.Config, Unit = "s", Description = "Exposure of one frame.",
            },
            new Signal
            {
                Name = $"{_name}_pixel_size", Kind = SignalKind.Config, Unit = "mm",
                Description = "Edge of a pixel at the sample.",
            },
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <summary>A camera in front of BEC's pattern, unless its configuration names a phantom.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static SimulatedCamera Pattern(DeviceConfiguration configuration) => new(configuration, hasPhantom: false);

    /// <summary>A camera behind a rotation stage, unless its configuration says that there is no phantom.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public static SimulatedCamera Tomography(DeviceConfiguration configuration) => new(configuration, hasPhantom: true);

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        var values = row.Span;
        lock (_gate)
        {
            var at = _index < 0 ? _time.GetUtcNow() : _at;
            if (configuration)
            {
                values[0] = new Reading(Value.Of(_exposureSeconds), _time.GetUtcNow());
                values[1] = new Reading(Value.Of(_source.PixelSizeMm), _time.GetUtcNow());
            }
            else
            {
                values[0] = new Reading(_index < 0 ? Value.Missing : Value.Of(_mean), at);
                values[1] = new Reading(Value.Of(_index), at);
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        await UnstageAsync(cancel);
        var file = FrameFileWriter.Create(_name, scan, _source, out var link);
        lock (_gate)
        {
            _file = file;
            _exposureSeconds = scan.ExposureSeconds;
            _framesPerTrigger = scan.FramesPerTrigger;
            _index = -1;
        }

        return [link];
    }

    /// <inheritdoc/>
    public async ValueTask TriggerAsync(CancellationToken cancel)
    {
        using var exposure = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await _turn.WaitAsync(exposure.Token);
        try
        {
            FrameFileWriter file;
            lock (_gate)
            {
                file = _file ?? throw SimulatedErrors.NotStaged.Fault($"{_name} is not staged.");
                _exposure = exposure;
            }

            for (var i = 0; i < _framesPerTrigger; i++)
            {
                await ExposeAsync(file, exposure.Token);
            }
        }
        finally
        {
            lock (_gate)
            {
                _exposure = null;
            }

            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask UnstageAsync(CancellationToken cancel)
    {
        FrameFileWriter? file;
        lock (_gate)
        {
            _exposure?.Cancel();
            (file, _file) = (_file, null);
        }

        file?.Close();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _exposure?.Cancel();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnstageAsync(CancellationToken.None);
        _turn.Dispose();
    }

    private async Task ExposeAsync(FrameFileWriter file, CancellationToken cancel)
    {
        var at = _time.GetUtcNow();
        var develop = _source.Expose(_exposureSeconds);
        if (_exposureSeconds > 0)
        {
            await Task.Delay(TimeSpan.FromSeconds(_exposureSeconds), _time, cancel);
        }

        // Computing a frame takes milliseconds, which the caller's loop must not spend.
        await Task.Yield();
        cancel.ThrowIfCancellationRequested();
        develop(_frame);
        var index = file.Append(_frame, at);
        long sum = 0;
        foreach (var counts in _frame)
        {
            sum += counts;
        }

        lock (_gate)
        {
            (_index, _mean, _at) = (index, (double)sum / _frame.Length, at);
        }
    }
}
