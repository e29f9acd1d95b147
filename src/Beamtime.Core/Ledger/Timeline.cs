namespace Beamtime.Core.Ledger;

/// <summary>A person as the timeline shows one.</summary>
/// <param name="Id">The id that entries carry.</param>
/// <param name="Name">The name; <c>forgotten person</c> once it was erased.</param>
/// <param name="IsForgotten">True once the name was erased.</param>
internal sealed record TimelinePerson(Guid Id, string Name, bool IsForgotten)
{
    /// <summary>Stands for a name that was erased.</summary>
    public const string Forgotten = "forgotten person";
}

/// <summary>The entry or thing that set something off.</summary>
/// <param name="Kind">Its kind: <c>scan</c>, <c>procedure</c>, <c>workflow</c>.</param>
/// <param name="Id">Its id.</param>
/// <param name="Version">The entry's place in its stream; null when the whole is meant.</param>
internal sealed record TimelineCause(string Kind, string Id, int? Version)
{
    /// <summary>Reads <c>recording ID version 1</c> or <c>workflow ID</c>; null for another text.</summary>
    /// <param name="cause">The text of an entry.</param>
    public static TimelineCause? Of(string? cause) => cause?.Split(' ') switch
    {
        [var kind, var id] => new TimelineCause(kind, id, null),
        [var kind, var id, "version", var version] when int.TryParse(version, out var number) => new TimelineCause(kind, id, number),
        _ => null,
    };
}

/// <summary>One line of the timeline.</summary>
internal sealed record TimelineLine
{
    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What it happened to: <c>scan</c>, <c>dataset</c>, <c>workflow</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The name that people use for it.</summary>
    public required string Name { get; init; }

    /// <summary>The entry's place in its stream; null for a workflow, whose steps are no entries.</summary>
    public int? Version { get; init; }

    /// <summary>The entry's type: <c>scan.started</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What happened, in one line.</summary>
    public required string Line { get; init; }

    /// <summary>True for what a person looks for first.</summary>
    public bool IsTrouble { get; init; }

    /// <summary>What else is known, with units.</summary>
    public IReadOnlyList<EntryDetail> Details { get; init; } = [];

    /// <summary>Who did it.</summary>
    public required TimelinePerson Who { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Why { get; init; }

    /// <summary>Common to all that one request set off.</summary>
    public required string Correlation { get; init; }

    /// <summary>What directly set it off; null when a person did.</summary>
    public TimelineCause? Cause { get; init; }
}

/// <summary>Which lines of the timeline are wanted; what is null does not filter.</summary>
internal sealed record TimelineQuery
{
    /// <summary>The longest page.</summary>
    public const int LongestPage = 1000;

    /// <summary>The stream that must be among them, with <see cref="Correlations"/> or alone.</summary>
    public (string Kind, string Id)? Stream { get; init; }

    /// <summary>The stories that are told.</summary>
    public IReadOnlyList<string>? Correlations { get; init; }

    /// <summary>Kinds of streams; <c>workflow</c> for the steps of workflows.</summary>
    public IReadOnlyList<string>? Kinds { get; init; }

    /// <summary>From this time on, UTC.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Before this time, UTC.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>What this person did.</summary>
    public PersonId? Who { get; init; }

    /// <summary>The newest first, for what goes on; else in the order in which it happened.</summary>
    public bool IsNewestFirst { get; init; }

    /// <summary>Lines to skip.</summary>
    public int Offset { get; init; }

    /// <summary>Lines on the page.</summary>
    public int Limit { get; init; } = 200;
}

/// <summary>One page of the timeline.</summary>
/// <param name="Items">The lines of this page.</param>
/// <param name="Total">How many there are on all pages.</param>
/// <param name="Offset">Lines before the first of them.</param>
/// <param name="Limit">Lines on a page.</param>
internal sealed record TimelinePage(IReadOnlyList<TimelineLine> Items, long Total, int Offset, int Limit);
