namespace Beamtime.Control.Scans;

/// <summary>Where a scan that waits is put.</summary>
internal enum QueueDirection
{
    /// <summary>One place earlier.</summary>
    Up,

    /// <summary>One place later.</summary>
    Down,

    /// <summary>Before all others that wait.</summary>
    Top,

    /// <summary>Behind all others.</summary>
    Bottom,

    /// <summary>To a place.</summary>
    To,
}

/// <summary>A move in a queue's order.</summary>
/// <param name="Direction">Where to.</param>
/// <param name="Place">The place among those that wait, from 1; for <see cref="QueueDirection.To"/> alone. Beyond the last it is the last.</param>
internal sealed record QueueMove(QueueDirection Direction, int? Place = null)
{
    /// <summary>What is wrong with it; null for nothing.</summary>
    public string? Mistake => (Direction, Place) switch
    {
        (QueueDirection.To, null) => "to needs a place.",
        (QueueDirection.To, < 1) => $"The place is {Place}; the first is 1.",
        (not QueueDirection.To, not null) => $"{Direction.ToString().ToLowerInvariant()} takes no place.",
        _ => null,
    };

    /// <summary>The new place.</summary>
    /// <param name="from">The place until now, from 0.</param>
    /// <param name="count">How many wait.</param>
    public int From(int from, int count) => Math.Clamp(
        Direction switch
        {
            QueueDirection.Up => from - 1,
            QueueDirection.Down => from + 1,
            QueueDirection.Top => 0,
            QueueDirection.Bottom => count - 1,
            _ => Place!.Value - 1,
        },
        0,
        count - 1);
}
