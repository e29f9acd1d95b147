namespace Beamtime.Core.Topics;

/// <summary>Something that ends at its deadline unless it was removed before.</summary>
internal interface IExpiring
{
    /// <summary>Its place in the watch.</summary>
    DeadlineEntry Deadline { get; }

    /// <summary>Called once, from the watch's timer, when the deadline has passed.</summary>
    /// <param name="deadline">The time that was allowed.</param>
    void Expire(TimeSpan deadline);
}

/// <summary>Where an expiring thing stands in its watch.</summary>
internal sealed class DeadlineEntry
{
    internal int Index { get; set; } = -1;

    internal long EndsAt { get; set; }

    internal TimeSpan Allowed { get; set; }
}

/// <summary>
/// Deadlines for very many short-lived things: one timer looks over all of them, so that adding and removing costs a
/// few instructions where a timer each would cost a microsecond. Expiry is late by at most one tick.
/// </summary>
internal sealed class DeadlineWatch
{
    /// <summary>How often overdue things are looked for.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly List<IExpiring> _watched = [];
    private bool _isTicking;

    /// <summary>An empty watch.</summary>
    /// <param name="time">The clock.</param>
    public DeadlineWatch(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(
            static watch => ((DeadlineWatch)watch!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Watches a thing.</summary>
    /// <param name="thing">The thing; in one watch at a time.</param>
    /// <param name="allowed">Time from now.</param>
    public void Add(IExpiring thing, TimeSpan allowed)
    {
        var entry = thing.Deadline;
        lock (_gate)
        {
            entry.Allowed = allowed;
            entry.EndsAt = _time.GetTimestamp() + (long)(allowed.TotalSeconds * _time.TimestampFrequency);
            entry.Index = _watched.Count;
            _watched.Add(thing);
            if (!_isTicking)
            {
                _isTicking = true;
                _timer.Change(Tick, Tick);
            }
        }
    }

    /// <summary>No longer watches a thing; nothing happens when it is not watched.</summary>
    /// <param name="thing">The thing.</param>
    public void Remove(IExpiring thing)
    {
        lock (_gate)
        {
            RemoveAt(thing.Deadline.Index);
        }
    }

    private void Look()
    {
        List<IExpiring>? overdue = null;
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            for (var i = _watched.Count - 1; i >= 0; i--)
            {
                if (_watched[i].Deadline.EndsAt <= now)
                {
                    (overdue ??= []).Add(_watched[i]);
                    RemoveAt(i);
                }
            }

            if (_watched.Count == 0 && _isTicking)
            {
                _isTicking = false;
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
        }

        foreach (var thing in overdue ?? [])
        {
            thing.Expire(thing.Deadline.Allowed);
        }
    }

    // The last takes the place of the removed one; order does not matter.
    private void RemoveAt(int index)
    {
        if (index < 0)
        {
            return;
        }

        _watched[index].Deadline.Index = -1;
        var last = _watched[^1];
        _watched.RemoveAt(_watched.Count - 1);
        if (index < _watched.Count)
        {
            _watched[index] = last;
            last.Deadline.Index = index;
        }
    }
}
