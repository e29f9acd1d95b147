namespace Beamtime.Core.Ledger;

/// <summary>One thing that happened to one stream.</summary>
/// <typeparam name="TEntry">The domain's family of entries.</typeparam>
/// <param name="Id">Id of the stream.</param>
/// <param name="Version">Its place in the stream, from 1.</param>
/// <param name="Data">What happened.</param>
/// <param name="Why">Who, why and as part of what.</param>
/// <param name="At">When, UTC, in whole microseconds.</param>
internal sealed record Entry<TEntry>(string Id, int Version, TEntry Data, Why Why, DateTimeOffset At);

/// <summary>A place in the order in which readers see all entries; later entries are greater.</summary>
/// <param name="Epoch">Raised by a restore.</param>
/// <param name="Tx">The transaction that wrote the entry.</param>
/// <param name="Position">Order within the transaction.</param>
internal readonly record struct LedgerCursor(int Epoch, ulong Tx, long Position);

/// <summary>An entry of any kind, as a subscription sees it; <see cref="StreamKind{TState,TEntry}.Read"/> decodes it.</summary>
internal sealed record RecordedEntry(
    LedgerCursor Cursor, string Kind, string Id, int Version, string Type, int TypeVersion, string Json, Why Why,
    DateTimeOffset At);

/// <summary>What is known of one stream.</summary>
/// <typeparam name="TState">The folded state.</typeparam>
/// <param name="Id">Id of the stream.</param>
/// <param name="Version">How many entries are folded, 0 for a stream that does not exist yet.</param>
/// <param name="State">The state, null for a stream that does not exist yet.</param>
internal sealed record StreamState<TState>(string Id, int Version, TState? State)
    where TState : class
{
    /// <summary>A stream that does not exist yet.</summary>
    public static StreamState<TState> New(string id) => new(id, 0, null);
}
