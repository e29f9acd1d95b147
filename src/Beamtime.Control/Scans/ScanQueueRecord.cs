using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans;

/// <summary>Whether a queue lets its scans begin.</summary>
internal enum ScanQueueState
{
    /// <summary>One scan runs after the other.</summary>
    Running,

    /// <summary>Somebody paused it: nothing begins.</summary>
    Paused,

    /// <summary>Somebody locked it, with a reason: no scan begins until the last lock is released.</summary>
    Locked,
}

/// <summary>The allowed moves between states of a queue.</summary>
internal static class ScanQueueStates
{
    extension(ScanQueueState from)
    {
        /// <summary>Whether a queue may move to another state.</summary>
        /// <param name="to">The other state.</param>
        public bool CanBecome(ScanQueueState to) => (from, to) switch
        {
            (ScanQueueState.Running, ScanQueueState.Paused or ScanQueueState.Locked) => true,
            (ScanQueueState.Paused, ScanQueueState.Running or ScanQueueState.Locked) => true,
            (ScanQueueState.Locked, ScanQueueState.Running or ScanQueueState.Paused) => true,
            _ => false,
        };
    }
}

/// <summary>What happens to a queue.</summary>
internal abstract record ScanQueueEntry;

/// <summary>Nothing more begins, until it is resumed or runs empty.</summary>
internal sealed record QueuePaused : ScanQueueEntry;

/// <summary>Its scans begin again.</summary>
internal sealed record QueueResumed : ScanQueueEntry;

/// <summary>Somebody locked it.</summary>
/// <param name="Owner">What the lock is called, and released by.</param>
/// <param name="Reason">Why.</param>
/// <param name="AllowsMoves">Whether devices may be moved meanwhile.</param>
internal sealed record QueueLocked(string Owner, string Reason, bool AllowsMoves) : ScanQueueEntry;

/// <summary>A lock was released.</summary>
/// <param name="Owner">What the lock was called.</param>
internal sealed record QueueReleased(string Owner) : ScanQueueEntry;

/// <summary>Everything was taken out of it.</summary>
/// <param name="Scans">Scans that waited.</param>
internal sealed record QueueCleared(int Scans) : ScanQueueEntry;

/// <summary>A scan that waits was put elsewhere in the order.</summary>
/// <param name="Number">The scan's number.</param>
/// <param name="From">Its place among those that wait, from 1.</param>
/// <param name="To">Its new place.</param>
internal sealed record QueueReordered(int Number, int From, int To) : ScanQueueEntry;

/// <summary>A lock on a queue.</summary>
/// <param name="Owner">What it is called, and released by.</param>
/// <param name="Reason">Why.</param>
/// <param name="AllowsMoves">Whether devices may be moved meanwhile.</param>
/// <param name="Who">Id of the person who locked it.</param>
/// <param name="At">Since when, UTC.</param>
internal sealed record QueueLock(string Owner, string Reason, bool AllowsMoves, Guid Who, DateTimeOffset At);

/// <summary>A queue as its entries tell it; what waits in it lies elsewhere.</summary>
internal sealed record ScanQueueRecord
{
    /// <summary>Locks that a queue may have at once.</summary>
    public const int MostLocks = 32;

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>True while somebody holds it.</summary>
    public bool IsPaused { get; init; }

    /// <summary>Its locks, the oldest first.</summary>
    public IReadOnlyList<QueueLock> Locks { get; init; } = [];

    /// <summary>Whether its scans begin: a lock goes before a pause, which counts again after the last release.</summary>
    [JsonIgnore]
    public ScanQueueState State => Locks.Count > 0 ? ScanQueueState.Locked : IsPaused ? ScanQueueState.Paused : ScanQueueState.Running;

    /// <summary>The stream of queues in the ledger.</summary>
    public static readonly StreamKind<ScanQueueRecord, ScanQueueEntry> Kind = new(
        "queue",
        foldVersion: 1,
        Fold,
        new EntryTypes<ScanQueueEntry>()
            .Add("queue.paused", 1, QueueJson.Default.QueuePaused)
            .Add("queue.resumed", 1, QueueJson.Default.QueueResumed)
            .Add("queue.locked", 1, QueueJson.Default.QueueLocked)
            .Add("queue.released", 1, QueueJson.Default.QueueReleased)
            .Add("queue.cleared", 1, QueueJson.Default.QueueCleared)
            .Add("queue.reordered", 1, QueueJson.Default.QueueReordered),
        QueueJson.Default.ScanQueueRecord,
        queue => new RecordIndex(queue.Beamline, null, queue.Name, queue.State.ToString()),
        ScanQueueWords.Of);

    /// <summary>The id of a queue's stream.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="name">The queue.</param>
    public static string IdOf(string beamline, string name) => $"{beamline}.{name}";

    private static ScanQueueRecord Fold(ScanQueueRecord? queue, Entry<ScanQueueEntry> entry)
    {
        var before = queue ?? Of(entry.Id);
        var after = entry.Data switch
        {
            QueuePaused => before with { IsPaused = true },
            QueueResumed => before with { IsPaused = false },
            QueueLocked locked => before with
            {
                Locks =
                [
                    .. before.Locks.Where(l => l.Owner != locked.Owner),
                    new QueueLock(locked.Owner, locked.Reason, locked.AllowsMoves, entry.Why.Who.Value, entry.At),
                ],
            },
            QueueReleased released => before with { Locks = [.. before.Locks.Where(l => l.Owner != released.Owner)] },
            QueueCleared or QueueReordered => before,
            _ => throw new InvalidOperationException($"A queue cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
        };
        return before.State == after.State || before.State.CanBecome(after.State)
            ? after
            : throw new InvalidOperationException($"A queue that is {before.State} cannot become {after.State}.");
    }

    private static ScanQueueRecord Of(string id)
    {
        var parts = id.Split('.', 2);
        return new ScanQueueRecord { Beamline = parts[0], Name = parts[^1] };
    }
}

/// <summary>JSON of queues.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(QueuePaused))]
[JsonSerializable(typeof(QueueResumed))]
[JsonSerializable(typeof(QueueLocked))]
[JsonSerializable(typeof(QueueReleased))]
[JsonSerializable(typeof(QueueCleared))]
[JsonSerializable(typeof(QueueReordered))]
[JsonSerializable(typeof(ScanQueueRecord))]
internal sealed partial class QueueJson : JsonSerializerContext;
