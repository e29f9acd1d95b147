namespace Beamtime.Core.Topics;

/// <summary>One reader of a topic in this process.</summary>
/// <typeparam name="T">The topic's messages.</typeparam>
internal sealed class LocalSubscription<T> : Subscription<T>
    where T : class
{
    private readonly LocalTopic<T> _topic;
    private long _position;
    private long _acknowledged;
    private long _skipped;

    internal LocalSubscription(LocalTopic<T> topic, TopicSignal signal, long position, string? consumer)
    {
        _topic = topic;
        _position = position;
        _acknowledged = position;
        Signal = signal;
        Consumer = consumer;
    }

    /// <inheritdoc/>
    public override long Skipped => _skipped;

    /// <inheritdoc/>
    public override long Position => _position;

    /// <summary>Set when there is something to read.</summary>
    internal TopicSignal Signal { get; }

    /// <summary>The consumer that must see everything; null for a reader that may drop.</summary>
    internal string? Consumer { get; }

    /// <inheritdoc/>
    public override long AcknowledgedUntil => Volatile.Read(ref _acknowledged);

    /// <inheritdoc/>
    public override int Read(Span<T> into) => _topic.Read(this, ref _position, ref _skipped, into);

    /// <inheritdoc/>
    public override void Acknowledge(long until)
    {
        Volatile.Write(ref _acknowledged, until);
        _topic.Acknowledged();
    }

    /// <inheritdoc/>
    public override void Dispose() => _topic.Remove(this);
}
