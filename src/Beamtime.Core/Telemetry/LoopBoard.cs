namespace Beamtime.Core.Telemetry;

/// <summary>How a loop of a role fares.</summary>
internal enum LoopState
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It was asked to end and did.</summary>
    Ended,

    /// <summary>It threw: a bug, or something that it could not wait out.</summary>
    Failed,
}

/// <summary>
/// One loop of a role: whether it runs, and when it last came round. The loop, or what it calls, says so by
/// <see cref="Touch"/>; one that never does is only known to run or not.
/// </summary>
/// <param name="role">The role that it belongs to.</param>
/// <param name="name">Its name.</param>
/// <param name="time">The clock.</param>
internal sealed class LoopBeat(string role, string name, TimeProvider time)
{
    private static readonly AsyncLocal<LoopBeat?> Present = new();
    private Standing _standing = new(LoopState.Running, time.GetUtcNow(), "");
    private long _lastTicks;

    /// <summary>The loop in which this code runs; null outside of loops.</summary>
    public static LoopBeat? Current => Present.Value;

    /// <summary>The role that it belongs to.</summary>
    public string Role => role;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>How it fares.</summary>
    public LoopState State => _standing.State;

    /// <summary>Since when it fares so.</summary>
    public DateTimeOffset Since => _standing.Since;

    /// <summary>What it failed of.</summary>
    public string Detail => _standing.Detail;

    /// <summary>When it last came round; null for one that does not say.</summary>
    public DateTimeOffset? LastAt => Volatile.Read(ref _lastTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The loop in which this code runs has come round. Costs next to nothing outside of loops.</summary>
    public static void Touch() => Present.Value?.Note();

    /// <summary>What runs from here on belongs to this loop.</summary>
    public void Enter() => Present.Value = this;

    /// <summary>The loop ended as it was asked to.</summary>
    public void End() => _standing = new Standing(LoopState.Ended, time.GetUtcNow(), "");

    /// <summary>The loop threw.</summary>
    /// <param name="error">What it threw.</param>
    public void Fail(Exception error) => _standing = new Standing(LoopState.Failed, time.GetUtcNow(), $"{error.GetType().Name}: {error.Message}");

    private void Note() => Volatile.Write(ref _lastTicks, time.GetUtcNow().UtcTicks);

    private sealed record Standing(LoopState State, DateTimeOffset Since, string Detail);
}

/// <summary>The loops of this process.</summary>
/// <param name="time">The clock.</param>
internal sealed class LoopBoard(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<LoopBeat> _loops = [];

    /// <summary>All loops in the order in which they began.</summary>
    public IReadOnlyList<LoopBeat> Loops
    {
        get
        {
            lock (_gate)
            {
                return [.. _loops];
            }
        }
    }

    /// <summary>A loop begins.</summary>
    /// <param name="role">The role that it belongs to.</param>
    /// <param name="name">Its name.</param>
    public LoopBeat Begin(string role, string name)
    {
        var beat = new LoopBeat(role, name, time);
        lock (_gate)
        {
            _loops.RemoveAll(l => l.Role == role && l.Name == name);
            _loops.Add(beat);
        }

        return beat;
    }
}
