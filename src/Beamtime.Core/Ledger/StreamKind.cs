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

/// <summary>One kind of stream, whatever its entries and its state are.</summary>
/// <param name="name">Permanent name, such as <c>scan</c>.</param>
/// <param name="foldVersion">Raised whenever the fold or the state's shape changes.</param>
internal abstract class StreamKind(string name, short foldVersion)
{
    /// <summary>Bytes that a record may have.</summary>
    public const int LargestRecord = 64 << 10;

    /// <summary>Permanent name, such as <c>scan</c>.</summary>
    public string Name => name;

    /// <summary>The version of the fold.</summary>
    public short FoldVersion => foldVersion;

    /// <summary>Every type and version of entries that can be read.</summary>
    public abstract IEnumerable<(string Type, int Version)> Known { get; }

    /// <summary>Whether the kind has words of its own for its entries.</summary>
    public abstract bool HasWords { get; }

    /// <summary>What an entry says, for a reader of the timeline.</summary>
    /// <param name="entry">The entry, of this kind.</param>
    public abstract EntryWords Tell(RecordedEntry entry);

    /// <summary>Folds a stream from its entries and gives the record's document and fields.</summary>
    /// <param name="entries">All entries of one stream in order, at least one.</param>
    public abstract (string Document, RecordIndex Index) Fold(IReadOnlyList<RecordedEntry> entries);
}

/// <summary>One kind of stream: how its entries are written, and how its state is folded from them.</summary>
/// <typeparam name="TState">The folded state.</typeparam>
/// <typeparam name="TEntry">The domain's family of entries.</typeparam>
/// <param name="name">Permanent name, such as <c>scan</c>.</param>
/// <param name="foldVersion">Raise it whenever the fold or the state's shape changes; records are then folded anew.</param>
/// <param name="fold">The pure function from the state before, null at first, and an entry to the state after.</param>
/// <param name="entries">The entries' types.</param>
/// <param name="json">How the state is written.</param>
/// <param name="index">What lists can filter by.</param>
/// <param name="words">What an entry says on the timeline.</param>
internal sealed class StreamKind<TState, TEntry>(
    string name,
    short foldVersion,
    Func<TState?, Entry<TEntry>, TState> fold,
    EntryTypes<TEntry> entries,
    JsonTypeInfo<TState> json,
    Func<TState, RecordIndex>? index = null,
    Func<TEntry, EntryWords>? words = null)
    : StreamKind(name, foldVersion)
    where TState : class
    where TEntry : class
{
    public EntryTypes<TEntry> Entries => entries;

    /// <inheritdoc/>
    public override IEnumerable<(string Type, int Version)> Known => entries.Known;

    /// <inheritdoc/>
    public override bool HasWords => words is not null;

    /// <inheritdoc/>
    public override EntryWords Tell(RecordedEntry entry) => words is null
        ? EntryWords.OfJson(entry)
        : words(entries.Read(entry.Type, entry.TypeVersion, entry.Json));

    /// <inheritdoc/>
    public override (string Document, RecordIndex Index) Fold(IReadOnlyList<RecordedEntry> entries)
    {
        TState? state = null;
        foreach (var entry in entries)
        {
            state = Fold(state, Read(entry));
        }

        return (WriteState(entries[0].Id, state!), Index(state!));
    }

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
        ?? throw new JsonException($"the record of a {Name} is null");

    /// <summary>The record's document; refuses what is too large.</summary>
    public string WriteState(string id, TState state)
    {
        var document = JsonSerializer.Serialize(state, json);
        var size = Encoding.UTF8.GetByteCount(document);
        return size <= LargestRecord
            ? document
            : throw LedgerErrors.RecordTooLarge.Fault(
                $"the record of {Name} {id} would have {size} bytes, at most {LargestRecord} are allowed");
    }
}
