namespace Beamtime.Core.Topics;

/// <summary>Those who wait until a sequence has come so far. Every call is made under the lock of its owner.</summary>
internal sealed class PlaceWatch
{
    private readonly List<(long Until, TaskCompletionSource Done)> _waiting = [];

    /// <summary>Done when the sequence has come to a place.</summary>
    /// <param name="until">The place.</param>
    public Task AtAsync(long until)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Add((until, done));
        return done.Task;
    }

    /// <summary>The sequence has come so far.</summary>
    /// <param name="place">How far.</param>
    public void Reached(long place)
    {
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].Until <= place)
            {
                _waiting[i].Done.TrySetResult();
                _waiting.RemoveAt(i);
            }
        }
    }

    /// <summary>The places are numbered anew.</summary>
    /// <param name="by">What is added to each.</param>
    public void Shift(long by)
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            _waiting[i] = (_waiting[i].Until + by, _waiting[i].Done);
        }
    }

    /// <summary>The sequence goes no further.</summary>
    /// <param name="reason">Why.</param>
    public void Fail(Exception reason)
    {
        foreach (var (_, done) in _waiting)
        {
            done.TrySetException(reason);
        }

        _waiting.Clear();
    }
}
