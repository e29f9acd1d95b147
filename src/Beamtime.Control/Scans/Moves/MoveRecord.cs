using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Moves;

/// <summary>What happens to a move.</summary>
internal abstract record MoveEntry;

/// <summary>It begins: recorded before anything moves where the database answers.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="At">When it began, UTC.</param>
/// <param name="Axes">What is to go where.</param>
internal sealed record MoveBegan(string Beamline, DateTimeOffset At, IReadOnlyList<MoveWay> Axes) : MoveEntry;

/// <summary>It is over.</summary>
/// <param name="State">How.</param>
/// <param name="At">When it was over, UTC.</param>
/// <param name="Axes">Where each positioner is.</param>
internal sealed record MoveOver(MoveState State, DateTimeOffset At, IReadOnlyList<MovePlace> Axes) : MoveEntry;

/// <summary>The way of one positioner.</summary>
/// <param name="Device">The positioner.</param>
/// <param name="Start">Where it was, in its unit.</param>
/// <param name="Target">Where it is to go, in its unit.</param>
/// <param name="Unit">Unit symbol; null for none.</param>
internal sealed record MoveWay(string Device, double Start, double Target, string? Unit);

/// <summary>Where a positioner ended.</summary>
/// <param name="Device">The positioner.</param>
/// <param name="Position">Where it is, in its unit; null where that is not known.</param>
/// <param name="Reason">Why it is not at its target; null when it is.</param>
internal sealed record MovePlace(string Device, double? Position, Reason? Reason);

/// <summary>A move as its entries tell it.</summary>
internal sealed record MoveRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Id of the person who asked for it.</summary>
    public required Guid Who { get; init; }

    /// <summary>Where it stands.</summary>
    public required MoveState State { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset BeganAt { get; init; }

    /// <summary>When it was over, UTC; null while it lasts.</summary>
    public DateTimeOffset? OverAt { get; init; }

    /// <summary>What was to go where.</summary>
    public required IReadOnlyList<MoveWay> Ways { get; init; }

    /// <summary>Where each positioner ended; empty while it lasts.</summary>
    public IReadOnlyList<MovePlace> Places { get; init; } = [];

    /// <summary>The stream of moves in the ledger.</summary>
    public static readonly StreamKind<MoveRecord, MoveEntry> Kind = new(
        "move",
        foldVersion: 1,
        Fold,
        new EntryTypes<MoveEntry>()
            .Add("move.began", 1, MoveJson.Default.MoveBegan)
            .Add("move.over", 1, MoveJson.Default.MoveOver),
        MoveJson.Default.MoveRecord,
        move => new RecordIndex(move.Beamline, null, string.Join(", ", move.Ways.Select(w => w.Device)), move.State.ToString()),
        Tell);

    private static MoveRecord Fold(MoveRecord? move, Entry<MoveEntry> entry) => (move, entry.Data) switch
    {
        (null, MoveBegan began) => new MoveRecord
        {
            Beamline = began.Beamline,
            Who = entry.Why.Who.Value,
            State = MoveState.Moving,
            BeganAt = began.At,
            Ways = began.Axes,
        },
        ({ } before, MoveOver over) when before.State.CanBecome(over.State) =>
            before with { State = over.State, OverAt = over.At, Places = over.Axes },
        _ => throw new InvalidOperationException($"A move cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };

    private static EntryWords Tell(MoveEntry entry) => entry switch
    {
        MoveBegan began => new EntryWords($"began: {string.Join(", ", began.Axes.Select(Told))}")
        {
            Details = [new EntryDetail("beamline", began.Beamline)],
        },
        MoveOver over => new EntryWords(over.State switch
        {
            MoveState.Done => "all are there",
            MoveState.Stopped => "was stopped",
            MoveState.Interrupted => "was interrupted: the program ended",
            _ => $"failed: {over.Axes.Select(a => a.Reason?.Message).OfType<string>().FirstOrDefault()}",
        })
        {
            IsTrouble = over.State is MoveState.Failed or MoveState.Interrupted,
            Details =
            [
                .. over.Axes.Select(a => new EntryDetail(
                    a.Device, a.Position is { } at ? EntryWords.Number(at) : a.Reason?.Message ?? "not known")),
            ],
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Told(MoveWay way) =>
        $"{way.Device} {EntryWords.Number(way.Start)} → {EntryWords.Number(way.Target)} {way.Unit}".TrimEnd();
}
