using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Beamtime.Core.Ledger;

/// <summary>The few fields of a record that lists can filter by.</summary>
/// <param name="Beamline">The beamline it belongs to.</param>
/// <param name="Number">Its number at the beamline.</param>
/// <param name="Name">The name people look for.</param>
/// <param name="Status">The state's name.</param>
internal readonly record struct RecordIndex(
    string? Beamline = null, long? Number = null, string? Name = null, string? Status = null);

/// <summary>One kind of stream: how its entries are written, and how its state is folded from them.</summary>
/// <typeparam name="TState">The folded state.</typeparam>
/// <typeparam name="TEntry">The domain's family of entries.</typeparam>
/// <param name="name">Permanent name, such as <c>scan</c>.</param>
/// <param name="foldVersion">Raise it whenever the fold or the state's shape changes; records are then folded anew.</param>
/// <param name="fold">The pure function from the state before, null at first, and an entry to the state after.</param>
/// <param name="entries">The entries' types.</param>
/// <param name="json">How the state is written.</param>
/// <param name="index">What lists can filter by.</param>
internal sealed class StreamKind<TState, TEntry>(
    string name,
    short foldVersion,
    Func<TState?, Entry<TEntry>, TState> fold,
    EntryTypes<TEntry> entries,
    JsonTypeInfo<TState> json,
    Func<TState, RecordIndex>? index = null)
    where TState : class
    where TEntry : class
{
    /// <summary>Bytes that a record may have.</summary>
    public const int LargestRecord = 64 << 10;

    public string Name => name;

    public short FoldVersion => foldVersion;

    public EntryTypes<TEntry> Entries => entries;

    public TState Fold(TState? state, Entry<TEntry> entry) => fold(state, entry);

    public RecordIndex Index(TState state) => index?.Invoke(state) ?? default;

    /// <summary>Decodes an entry of this kind.</summary>
    public Entry<TEntry> Read(RecordedEntry recorded) => new(
        recorded.Id,
        recorded.Version,
        entries.Read(recorded.Type, recorded.TypeVersion, recorded.Json),
        recorded.Why,
        recorded.At);

    public TState ReadState(string document) => JsonSerializer.Deserialize(document, json)
        ?? throw new JsonException($"the record of a {name} is null");

    /// <summary>The record's document; refuses what is too large.</summary>
    public string WriteState(string id, TState state)
    {
        var document = JsonSerializer.Serialize(state, json);
        var size = Encoding.UTF8.GetByteCount(document);
        return size <= LargestRecord
            ? document
            : throw LedgerErrors.RecordTooLarge.Fault(
                $"the record of {name} {id} would have {size} bytes, at most {LargestRecord} are allowed");
    }
}
