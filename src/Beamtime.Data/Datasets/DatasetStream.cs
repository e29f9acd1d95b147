using System.Diagnostics;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Datasets;

/// <summary>How a data set's state is folded from its entries, and which entries a state allows. Pure.</summary>
internal static class DatasetStream
{
    private const int RememberedChildren = 100;

    /// <summary>The kind of a data set's stream; its id is the data set's.</summary>
    public static StreamKind<DatasetRecord, DatasetEntry> Kind { get; } = new(
        "dataset",
        foldVersion: 1,
        Fold,
        new EntryTypes<DatasetEntry>()
            .Add("dataset.registered", 1, DatasetJson.Default.DatasetRegistered)
            .Add("dataset.placed", 1, DatasetJson.Default.DatasetPlaced)
            .Add("dataset.file_copied", 1, DatasetJson.Default.FileCopied)
            .Add("dataset.file_verified", 1, DatasetJson.Default.FileVerified)
            .Add("dataset.file_broken", 1, DatasetJson.Default.FileBroken)
            .Add("dataset.secured", 1, DatasetJson.Default.DatasetSecured)
            .Add("dataset.derived", 1, DatasetJson.Default.DatasetDerived),
        DatasetJson.Default.DatasetRecord,
        state => new RecordIndex(state.Beamline, state.Number, state.Name, state.Status.ToString()),
        DatasetWords.Of);

    /// <summary>Makes it known; nothing happens where it is.</summary>
    /// <param name="state">The state, null before.</param>
    /// <param name="registered">The manifest.</param>
    public static Outcome<IReadOnlyList<DatasetEntry>> Register(DatasetRecord? state, DatasetRegistered registered) =>
        state is null ? Happens(registered) : Nothing();

    /// <summary>Says where its files lie; nothing happens where that is known.</summary>
    /// <param name="state">The state.</param>
    /// <param name="placed">Where.</param>
    public static Outcome<IReadOnlyList<DatasetEntry>> Place(DatasetRecord? state, DatasetPlaced placed) => state switch
    {
        null => Refuse(DatasetErrors.Unknown.Because("the data set is not registered")),
        { Folder: null } => Happens(placed),
        { Folder: var folder } when folder == placed.Folder => Nothing(),
        _ => Refuse(DatasetErrors.PlacedElsewhere.Because($"{state.Name} lies in {state.Folder}, not in {placed.Folder}")),
    };

    /// <summary>Says something of a copy.</summary>
    /// <param name="state">The state.</param>
    /// <param name="entry">A copy made, verified or found broken.</param>
    public static Outcome<IReadOnlyList<DatasetEntry>> OfCopy(DatasetRecord? state, DatasetEntry entry) => state switch
    {
        null => Refuse(DatasetErrors.Unknown.Because("the data set is not registered")),
        { Status: DatasetStatus.Registered } => Refuse(DatasetErrors.NotPlaced.Because($"{state.Name} lies on no storage yet")),
        _ => Happens(entry),
    };

    /// <summary>Says that all of it is safe; nothing happens where it is.</summary>
    /// <param name="state">The state.</param>
    /// <param name="secured">Where.</param>
    public static Outcome<IReadOnlyList<DatasetEntry>> Secure(DatasetRecord? state, DatasetSecured secured) => state switch
    {
        { Status: DatasetStatus.Secured } => Nothing(),
        _ => OfCopy(state, secured),
    };

    /// <summary>Says that another was computed from it; nothing happens where that is known.</summary>
    /// <param name="state">The state.</param>
    /// <param name="derived">The other.</param>
    public static Outcome<IReadOnlyList<DatasetEntry>> Derive(DatasetRecord? state, DatasetDerived derived) => state switch
    {
        not null when state.Derived.Contains(derived.Dataset) => Nothing(),
        _ => OfCopy(state, derived),
    };

    private static DatasetRecord Fold(DatasetRecord? state, Entry<DatasetEntry> entry) => (state, entry.Data) switch
    {
        (null, DatasetRegistered r) => new DatasetRecord
        {
            Name = r.Name,
            Origin = r.Origin,
            Beamline = r.Beamline,
            Number = r.Number,
            Recording = r.Recording,
            Made = r.Made,
            End = r.End,
            Status = DatasetStatus.Registered,
            Files = r.Files.Count,
            Bytes = r.Files.Sum(f => f.Bytes),
            StartedAt = r.StartedAt,
            EndedAt = r.EndedAt,
            RegisteredAt = entry.At,
            DerivedFrom = r.DerivedFrom,
        },
        ({ } s, DatasetPlaced p) => Move(s, DatasetStatus.Placed) with { Folder = p.Folder, Storages = With(s.Storages, p.Storage) },
        ({ } s, FileCopied c) => s with { Storages = With(s.Storages, c.Storage) },
        ({ } s, FileVerified or FileBroken) => s,
        ({ } s, DatasetSecured) => Move(s, DatasetStatus.Secured),
        ({ } s, DatasetDerived d) => s with { Derived = [.. s.Derived.TakeLast(RememberedChildren - 1), d.Dataset] },
        _ => throw new UnreachableException($"{entry.Data.GetType().Name} at version {entry.Version}"),
    };

    private static DatasetRecord Move(DatasetRecord state, DatasetStatus to) => state.Status.CanBecome(to)
        ? state with { Status = to }
        : throw new UnreachableException($"{state.Status} became {to}");

    private static IReadOnlyList<string> With(IReadOnlyList<string> names, string name) =>
        names.Contains(name) ? names : [.. names, name];

    private static Accepted<IReadOnlyList<DatasetEntry>> Happens(DatasetEntry entry) => new([entry]);

    private static Accepted<IReadOnlyList<DatasetEntry>> Nothing() => new([]);

    private static Refused<IReadOnlyList<DatasetEntry>> Refuse(Reason reason) => new([reason]);
}
