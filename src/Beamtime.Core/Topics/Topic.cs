namespace Beamtime.Core.Topics;

/// <summary>The newest message of a topic and when it was published.</summary>
/// <typeparam name="T">The topic's messages.</typeparam>
/// <param name="Message">The message.</param>
/// <param name="PublishedAt">When, UTC by this process's clock; readers show its age.</param>
/// <param name="Until">Offset behind it: a subscription whose position is there has read it.</param>
/// <param name="Epoch">Epoch of its publisher; 0 in this process.</param>
internal sealed record LastValue<T>(T Message, DateTimeOffset PublishedAt, long Until, long Epoch = 0);

/// <summary>
/// A bounded log of immutable messages with a last value and one publisher. A lossless subscriber sees every message,
/// in order; while the slowest consumer is a whole capacity behind, publishing waits. A subscriber that may drop never
/// holds anybody up: it skips to the oldest message that is kept.
/// </summary>
/// <typeparam name="T">The topic's messages; immutable.</typeparam>
internal abstract class Topic<T>
    where T : class
{
    /// <summary>The topic's name.</summary>
    public abstract string Name { get; }

    /// <summary>Messages kept.</summary>
    public abstract int Capacity { get; }

    /// <summary>How it fares in this process; null where that is not known here.</summary>
    public virtual TopicFigures? Figures => null;

    /// <summary>The newest message; null before the first.</summary>
    /// <param name="cancel">Ends the call.</param>
    public abstract ValueTask<LastValue<T>?> LastAsync(CancellationToken cancel);

    /// <summary>Publishes a message; waits while the slowest consumer is a whole capacity behind.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancel">Ends the wait; the message is then not published.</param>
    public abstract ValueTask PublishAsync(T message, CancellationToken cancel);

    /// <summary>
    /// Waits until everything published so far outlives this process. Who acknowledges or answers because of what it
    /// published waits for this first.
    /// </summary>
    /// <param name="cancel">Ends the wait.</param>
    public virtual Task SafeAsync(CancellationToken cancel) => Task.CompletedTask;

    /// <summary>Publishes a message unless the log is full.</summary>
    /// <param name="message">The message.</param>
    /// <returns>False when it is full; nothing was published.</returns>
    public abstract bool TryPublish(T message);

    /// <summary>Subscribes without loss, from the first message that the consumer has not acknowledged.</summary>
    /// <param name="consumer">One of the declared consumers; subscribed once at a time.</param>
    /// <param name="signal">Set when there is something to read; one signal may serve several subscriptions.</param>
    /// <param name="from">First offset wanted instead.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>topic.offset.gone</c>; over Redis at the first reading.</exception>
    public abstract Subscription<T> Subscribe(string consumer, TopicSignal signal, long? from = null);

    /// <summary>Subscribes with loss, from the next message: a slow reader skips what was overwritten.</summary>
    /// <param name="signal">Set when there is something to read.</param>
    public abstract Subscription<T> SubscribeLossy(TopicSignal signal);
}
