namespace Beamtime.Core.Topics;

/// <summary>One reader of a topic. Not for concurrent use: one loop reads it.</summary>
/// <typeparam name="T">The topic's messages.</typeparam>
internal abstract class Subscription<T> : IDisposable
    where T : class
{
    /// <summary>Messages that a lossy subscription missed.</summary>
    public abstract long Skipped { get; }

    /// <summary>Offset after the last message read.</summary>
    public abstract long Position { get; }

    /// <summary>Offset up to which messages are acknowledged.</summary>
    public abstract long AcknowledgedUntil { get; }

    /// <summary>It has found its place: a message published from now on is not before it.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public virtual Task ReadyAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Reads what there is, at most the span's length.</summary>
    /// <param name="into">Takes the messages.</param>
    /// <returns>How many; 0 when there is nothing.</returns>
    public abstract int Read(Span<T> into);

    /// <summary>Says that everything before an offset has been dealt with and may be trimmed.</summary>
    /// <param name="until">First offset still needed.</param>
    public abstract void Acknowledge(long until);

    /// <summary>Says that everything read so far has been dealt with.</summary>
    public void AcknowledgeRead() => Acknowledge(Position);

    /// <summary>Ends the subscription; what it acknowledged is kept for the consumer.</summary>
    public abstract void Dispose();
}
