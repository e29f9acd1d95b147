using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Points;

/// <summary>The last readings of one signal, in the order of their times; the oldest go where there are too many.</summary>
internal sealed class StampedSignal(Signal signal, StampOption option)
{
    private const int Kept = 4096;
    private readonly LinkedList<Reading> _readings = new();
    private readonly TimeSpan _tolerance = TimeSpan.FromSeconds(option.ToleranceSeconds);

    /// <summary>Takes a reading; one that comes late goes to its place.</summary>
    /// <param name="reading">The reading.</param>
    public void Take(Reading reading)
    {
        var before = _readings.Last;
        while (before is not null && before.Value.Timestamp > reading.Timestamp)
        {
            before = before.Previous;
        }

        if (before is null)
        {
            _readings.AddFirst(reading);
        }
        else if (before.Value.Timestamp == reading.Timestamp)
        {
            before.Value = reading;
        }
        else
        {
            _readings.AddAfter(before, reading);
        }

        if (_readings.Count > Kept)
        {
            _readings.RemoveFirst();
        }
    }

    /// <summary>Whether nothing that may still come changes the answer for a time.</summary>
    /// <param name="at">The time.</param>
    /// <param name="now">The present.</param>
    public bool IsSettled(DateTimeOffset at, DateTimeOffset now) =>
        (_readings.Last is { } last && last.Value.Timestamp >= at)
        || (option.Choice != StampChoice.Last && now - at > _tolerance);

    /// <summary>The reading of a point; missing when none is close enough.</summary>
    /// <param name="at">The point's time.</param>
    public Reading At(DateTimeOffset at)
    {
        var behind = _readings.First;
        while (behind is not null && behind.Value.Timestamp < at)
        {
            behind = behind.Next;
        }

        var before = behind is null ? _readings.Last : behind.Value.Timestamp == at ? behind : behind.Previous;
        return option.Choice switch
        {
            StampChoice.Last => Within(before, at),
            StampChoice.Interpolated => Between(before, behind, at),
            _ => Nearest(before, behind, at),
        };
    }

    /// <summary>Lets go of what no point at or behind a time needs.</summary>
    /// <param name="at">The time.</param>
    public void Forget(DateTimeOffset at)
    {
        while (_readings.First is { Next: { } next } && next.Value.Timestamp <= at)
        {
            _readings.RemoveFirst();
        }
    }

    private Reading Nearest(LinkedListNode<Reading>? before, LinkedListNode<Reading>? behind, DateTimeOffset at) =>
        before is null || (behind is not null && behind.Value.Timestamp - at < at - before.Value.Timestamp)
            ? Within(behind, at)
            : Within(before, at);

    private Reading Between(LinkedListNode<Reading>? before, LinkedListNode<Reading>? behind, DateTimeOffset at)
    {
        if (signal.Type is not SignalType.Float || before is null || behind is null || before == behind)
        {
            return Nearest(before, behind, at);
        }

        var (from, to) = (Within(before, at), Within(behind, at));
        if (from.Value.IsMissing || to.Value.IsMissing)
        {
            return Nearest(before, behind, at);
        }

        var part = (at - from.Timestamp) / (to.Timestamp - from.Timestamp);
        var (low, high) = (from.Value.AsDouble(), to.Value.AsDouble());
        return new Reading(Value.Of(low + ((high - low) * part)), at);
    }

    private Reading Within(LinkedListNode<Reading>? reading, DateTimeOffset at) =>
        reading is not null && (reading.Value.Timestamp - at).Duration() <= _tolerance
            ? reading.Value
            : new Reading(Value.Missing, at);
}
