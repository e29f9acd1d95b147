using System.Numerics;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Models;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A camera: exposes when triggered and appends what it saw to a file of its own. With a phantom it stands behind a
/// rotation stage, else it shows BEC's pattern.
/// </summary>
internal sealed class SimulatedCamera : IDevice, ISettable, ITriggered, IStaged, IStoppable
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly IFrameSource _source;
    private readonly H5Compression _compression;
    private readonly ushort[] _frame;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Lock _gate = new();
    private readonly Simulation<FramePattern>? _pattern;
    private readonly Signal _writesToDisk;
    private FrameFileWriter? _file;
    private volatile IFrameOverlay? _overlay;
    private volatile bool _isStaged;
    private volatile bool _isWriting;
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
        _pattern = (_source as PatternFrames)?.Simulation;
        _isWriting = configuration.Flag("write_to_disk", true, "whether its frames are written to a file of its own");
        var compression = configuration.Text("compression", H5Compression.None.Name, "how each frame in the file is compressed: none, lz4 or blosc-lz4");
        _compression = H5Compression.Find(compression) switch
        {
            { IsAvailable: true } found => found,
            null => throw new FormatException(
                $"{_name}: deviceConfig.compression is {string.Join(", ", H5Compression.All.Select(c => c.Name))}, not '{compression}'."),
            _ => throw new FormatException($"{_name}: deviceConfig.compression is {compression}, whose library is not installed."),
        };
        _writesToDisk = new Signal
        {
            Name = $"{_name}_write_to_disk", Kind = SignalKind.Config, Type = SignalType.Boolean, IsSettable = true,
            Description = "Whether the frames of the next scan are written to a file.",
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
            _writesToDisk,
            .. _pattern is null ? (Signal[])[] : [_pattern.Model, _pattern.Parameters],
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <summary>Rows of a frame.</summary>
    public int Rows => _source.Rows;

    /// <summary>Columns of a frame.</summary>
    public int Columns => _source.Columns;

    /// <summary>Shows something else from now on.</summary>
    /// <param name="overlay">What; null for its own frames again.</param>
    public void ShowInstead(IFrameOverlay? overlay) => _overlay = overlay;

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
                values[2] = new Reading(Value.Of(_isWriting), _time.GetUtcNow());
                _pattern?.Read(values[3..]);
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
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (ReferenceEquals(signal, _writesToDisk))
        {
            _isWriting = value.AsBoolean();
        }
        else if (_pattern?.TrySet(signal, value) != true)
        {
            throw SimulatedErrors.NotSettable.Fault($"{_name}: {signal.Name} cannot be set.");
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        await UnstageAsync(cancel);
        FrameFile? link = null;
        var file = _isWriting ? FrameFileWriter.Create(_name, scan, _source, _compression, out link) : null;
        lock (_gate)
        {
            _file = file;
            _exposureSeconds = scan.ExposureSeconds;
            _framesPerTrigger = scan.FramesPerTrigger;
            _index = -1;
            _isStaged = true;
        }

        return link is null ? [] : [link];
    }

    /// <inheritdoc/>
    public async ValueTask TriggerAsync(CancellationToken cancel)
    {
        using var exposure = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await _turn.WaitAsync(exposure.Token);
        try
        {
            FrameFileWriter? file;
            lock (_gate)
            {
                file = _isStaged ? _file : throw SimulatedErrors.NotStaged.Fault($"{_name} is not staged.");
                _exposure = exposure;
            }

            // Frames of a burst follow each other at the pace of their exposure, whatever the disk does meanwhile.
            var start = _time.GetTimestamp();
            for (var i = 0; i < _framesPerTrigger; i++)
            {
                await ExposeAsync(file, start, i, exposure.Token);
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
            _isStaged = false;
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

    private async Task ExposeAsync(FrameFileWriter? file, long start, int frame, CancellationToken cancel)
    {
        var at = _time.GetUtcNow();
        var develop = _overlay is { } overlay ? overlay.Draw : _source.Expose(_exposureSeconds);
        var left = TimeSpan.FromSeconds(_exposureSeconds * (frame + 1)) - _time.GetElapsedTime(start);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, _time, cancel);
        }

        // Computing a frame takes milliseconds, which the caller's loop must not spend.
        await Task.Yield();
        cancel.ThrowIfCancellationRequested();
        develop(_frame);
        var index = file?.Append(_frame, at) ?? _index + 1;
        var mean = (double)Sum(_frame) / _frame.Length;
        lock (_gate)
        {
            (_index, _mean, _at) = (index, mean, at);
        }
    }

    private static long Sum(ReadOnlySpan<ushort> counts)
    {
        long sum = 0;
        while (counts.Length >= Vector<ushort>.Count)
        {
            // No lane overflows: it holds 32768 pairs of the largest counts.
            var vectors = Math.Min(counts.Length / Vector<ushort>.Count, 32768);
            var lanes = Vector<uint>.Zero;
            for (var i = 0; i < vectors; i++)
            {
                Vector.Widen(new Vector<ushort>(counts[(i * Vector<ushort>.Count)..]), out var low, out var high);
                lanes += low + high;
            }

            for (var lane = 0; lane < Vector<uint>.Count; lane++)
            {
                sum += lanes[lane];
            }

            counts = counts[(vectors * Vector<ushort>.Count)..];
        }

        foreach (var rest in counts)
        {
            sum += rest;
        }

        return sum;
    }
}
