namespace Beamtime.Core.Ledger;

/// <summary>Which records of a kind are asked for, newest first; null fields do not filter.</summary>
internal sealed record RecordQuery
{
    public string? Beamline { get; init; }

    public long? Number { get; init; }

    public string? Name { get; init; }

    public string? Status { get; init; }

    /// <summary>Records to skip.</summary>
    public int Offset { get; init; }

    /// <summary>Records on the page, 1 to 1000.</summary>
    public int Limit
    {
        get;
        init => field = value is >= 1 and <= 1000
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "a page has 1 to 1000 records");
    }
    = 100;
}

/// <summary>One page of records.</summary>
/// <typeparam name="TState">The folded state.</typeparam>
/// <param name="Items">The records of this page.</param>
/// <param name="Total">How many match on all pages.</param>
internal sealed record RecordPage<TState>(IReadOnlyList<StreamState<TState>> Items, long Total)
    where TState : class;
