using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Moves;

/// <summary>What somebody wants moved.</summary>
internal sealed record MoveRequest
{
    /// <summary>Target of each positioner, in its unit.</summary>
    public required IReadOnlyDictionary<string, double> Targets { get; init; }

    /// <summary>True: targets count from where the positioners are.</summary>
    public bool Relative { get; init; }
}

/// <summary>A move as REST tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Who">Id of the person who asked for it.</param>
/// <param name="State">Where it stands.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="EndedAt">When it ended, UTC; null while it lasts.</param>
/// <param name="Axes">Its axes.</param>
internal sealed record MoveAnswer(
    Guid Id, Guid Who, MoveState State, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, IReadOnlyList<MoveAxisAnswer> Axes);

/// <summary>One positioner of a move as REST tells it.</summary>
/// <param name="Device">The positioner.</param>
/// <param name="Start">Where it was, in its unit.</param>
/// <param name="Target">Where it goes, in its unit.</param>
/// <param name="Position">Where it is, in its unit; null when that is not known.</param>
/// <param name="Unit">Unit symbol.</param>
/// <param name="IsOver">True when it has ended, there or not.</param>
/// <param name="Reason">Why it is not there.</param>
internal sealed record MoveAxisAnswer(
    string Device, double Start, double Target, double? Position, string? Unit, bool IsOver, Reason? Reason);

/// <summary>A move as the ledger tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Who">Name of the person who asked for it.</param>
/// <param name="State">How it ended, or that it lasts.</param>
/// <param name="BeganAt">When it began, UTC.</param>
/// <param name="OverAt">When it was over, UTC; null while it lasts.</param>
/// <param name="Ways">What was to go where.</param>
/// <param name="Places">Where each positioner ended; empty while it lasts.</param>
internal sealed record RecordedMove(
    Guid Id,
    string Who,
    MoveState State,
    DateTimeOffset BeganAt,
    DateTimeOffset? OverAt,
    IReadOnlyList<MoveWay> Ways,
    IReadOnlyList<MovePlace> Places);

/// <summary>A page of recorded moves.</summary>
/// <param name="Items">The moves, newest first.</param>
/// <param name="Total">How many there are.</param>
internal sealed record MovePage(IReadOnlyList<RecordedMove> Items, long Total);

/// <summary>What is asked of the mover: to begin a move, to stop one, or to tell of one or all.</summary>
internal sealed record MoveCommand
{
    /// <summary>Id of the person who asks; empty for telling.</summary>
    public Guid Who { get; init; }

    /// <summary>What is to move; null for stopping and telling.</summary>
    public MoveRequest? Request { get; init; }

    /// <summary>The move; for a new one the id that it is to have. Null for a new id, or for telling of all.</summary>
    public Guid? Id { get; init; }

    /// <summary>True to stop the move.</summary>
    public bool Stops { get; init; }
}

/// <summary>The mover's answer.</summary>
/// <param name="Moves">The moves, newest first.</param>
internal sealed record MoveList(IReadOnlyList<MoveAnswer> Moves);
