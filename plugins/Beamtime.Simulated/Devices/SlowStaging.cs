using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// A device whose staging takes its time, or lasts until somebody sets <c>&lt;name&gt;_release</c>. A stop ends a staging that
/// is under way, as a fault.
/// </summary>
internal sealed class SlowStaging : IDevice, ISettable, IStaged, IStoppable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _lasts;
    private readonly Signal _release;
    private readonly Lock _gate = new();
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isStaged;

    /// <summary>The device.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public SlowStaging(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        var seconds = configuration.Number("stage_seconds", 0, "how long staging lasts, s; 0 until it is released", 0, 86400);
        _lasts = seconds > 0 ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan;
        _release = new Signal
        {
            Name = $"{configuration.Name}_release", Kind = SignalKind.Omitted, Type = SignalType.Integer, IsSettable = true,
            Description = "Any value lets a staging that is under way end well.",
        };
        Signals =
        [
            new Signal
            {
                Name = configuration.Name, Kind = SignalKind.Hinted, Type = SignalType.Boolean, Description = "Whether it is staged.",
            },
            _release,
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            row.Span[0] = new Reading(Value.Of(_isStaged), _time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        lock (_gate)
        {
            _released.TrySetResult();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        Task released;
        lock (_gate)
        {
            _released.TrySetCanceled(CancellationToken.None);
            _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            released = _released.Task;
        }

        // The end of the time is as good as a release; whichever comes later says nothing to anybody.
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ended = await Task.WhenAny(released, Task.Delay(_lasts, _time, over.Token));
        await over.CancelAsync();
        await ended;
        _isStaged = true;
        return [];
    }

    /// <inheritdoc/>
    public ValueTask UnstageAsync(CancellationToken cancel)
    {
        _isStaged = false;
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask StopAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _released.TrySetCanceled(CancellationToken.None);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
