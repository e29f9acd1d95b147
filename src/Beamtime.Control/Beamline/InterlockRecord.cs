using Beamtime.Core.Ledger;

namespace Beamtime.Control.Beamline;

/// <summary>What the interlock does beside locking the queues when a state is lost.</summary>
internal enum LossAction
{
    /// <summary>Nothing: what runs goes on.</summary>
    Lock,

    /// <summary>Holds what runs at its next checkpoint, and lets it go on when all states are back.</summary>
    Pause,

    /// <summary>Ends what runs; a copy waits behind the lock and runs when all states are back.</summary>
    Restart,
}

/// <summary>How the interlock is set up.</summary>
/// <param name="IsEnabled">Whether it acts.</param>
/// <param name="OnLoss">What it does with what runs.</param>
/// <param name="States">The states that it looks at, each with the statuses that are accepted.</param>
internal sealed record InterlockSettings(
    bool IsEnabled, LossAction OnLoss, IReadOnlyDictionary<string, IReadOnlyList<StateStatus>> States)
{
    /// <summary>One that does nothing.</summary>
    public static readonly InterlockSettings None = new(
        IsEnabled: false, LossAction.Lock, new Dictionary<string, IReadOnlyList<StateStatus>>());

    /// <summary>What is accepted where nothing else is said.</summary>
    public static readonly IReadOnlyList<StateStatus> UsuallyAccepted = [StateStatus.Valid, StateStatus.Warning];

    /// <summary>Every state that is not as it must be; one that is not defined any more does not count.</summary>
    /// <param name="states">The states as they are.</param>
    public IReadOnlyList<StateAnswer> Against(IReadOnlyList<StateAnswer> states) => !IsEnabled
        ? []
        : [.. states.Where(state => States.TryGetValue(state.Name, out var accepted) && !accepted.Contains(state.Status))];
}

/// <summary>What happens to the interlock.</summary>
internal abstract record InterlockEntry;

/// <summary>Somebody set it up.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Settings">How; null for as the site's file says.</param>
internal sealed record InterlockConfigured(string Beamline, InterlockSettings? Settings) : InterlockEntry;

/// <summary>It locked the queues.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Reason">The states that were lost.</param>
internal sealed record InterlockTripped(string Beamline, string Reason) : InterlockEntry;

/// <summary>It holds a scan.</summary>
/// <param name="Scan">The scan.</param>
/// <param name="Number">Its number.</param>
internal sealed record InterlockHeld(Guid Scan, int Number) : InterlockEntry;

/// <summary>It released the queues.</summary>
/// <param name="Reason">Why.</param>
internal sealed record InterlockCleared(string Reason) : InterlockEntry;

/// <summary>The interlock as its entries tell it.</summary>
internal sealed record InterlockRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>How somebody set it up; null for as the site's file says.</summary>
    public InterlockSettings? Settings { get; init; }

    /// <summary>Why it locks the queues; null while it does not.</summary>
    public string? Trip { get; init; }

    /// <summary>Since when, UTC.</summary>
    public DateTimeOffset? TrippedAt { get; init; }

    /// <summary>The scans that it holds.</summary>
    public IReadOnlyList<Guid> Held { get; init; } = [];

    /// <summary>The stream of interlocks in the ledger; the id is the beamline.</summary>
    public static readonly StreamKind<InterlockRecord, InterlockEntry> Kind = new(
        "interlock",
        foldVersion: 1,
        Fold,
        new EntryTypes<InterlockEntry>()
            .Add("interlock.configured", 1, StateJson.Default.InterlockConfigured)
            .Add("interlock.tripped", 1, StateJson.Default.InterlockTripped)
            .Add("interlock.held", 1, StateJson.Default.InterlockHeld)
            .Add("interlock.cleared", 1, StateJson.Default.InterlockCleared),
        StateJson.Default.InterlockRecord,
        interlock => new RecordIndex(interlock.Beamline, null, null, interlock.Trip is null ? "Clear" : "Tripped"),
        StateWords.Of);

    private static InterlockRecord Fold(InterlockRecord? interlock, Entry<InterlockEntry> entry) => (interlock, entry.Data) switch
    {
        (_, InterlockConfigured configured) =>
            (interlock ?? new InterlockRecord { Beamline = configured.Beamline }) with { Settings = configured.Settings },
        (_, InterlockTripped tripped) => (interlock ?? new InterlockRecord { Beamline = tripped.Beamline }) with
        {
            Trip = tripped.Reason,
            TrippedAt = interlock?.TrippedAt ?? entry.At,
        },
        ({ } before, InterlockHeld held) => before with { Held = [.. before.Held, held.Scan] },
        ({ } before, InterlockCleared) => before with { Trip = null, TrippedAt = null, Held = [] },
        _ => throw new InvalidOperationException($"An interlock cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };
}
