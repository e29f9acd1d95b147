namespace Beamtime.Core.Topics;

/// <summary>One reader of a topic. Not for concurrent use: one loop reads it.</summary>
/// <typeparam name="T">The topic's messages.</typeparam>
internal sealed class Subscription<T> : IDisposable
    where T : class
{
    private readonly Topic<T> _topic;
    private long _position;
    private long _acknowledged;

    internal Subscription(Topic<T> topic, TopicSignal signal, long position, bool isLossless)
    {
        _topic = topic;
        _position = position;
        _acknowledged = position;
        Signal = signal;
        IsLossless = isLossless;
    }

    /// <summary>Set when there is something to read.</summary>
    public TopicSignal Signal { get; }

    /// <summary>True when every message is seen.</summary>
    public bool IsLossless { get; }

    /// <summary>Messages that a lossy subscription missed.</summary>
    public long Skipped { get; internal set; }

    /// <summary>Offset after the last message read.</summary>
    public long Position => _position;

    /// <summary>Offset up to which messages are acknowledged.</summary>
    internal long AcknowledgedUntil => Volatile.Read(ref _acknowledged);

    /// <summary>Reads what there is, at most the span's length.</summary>
    /// <param name="into">Takes the messages.</param>
    /// <returns>How many; 0 when there is nothing.</returns>
    public int Read(Span<T> into) => _topic.Read(this, ref _position, into);

    /// <summary>Says that everything before an offset has been dealt with and may be trimmed.</summary>
    /// <param name="until">First offset still needed.</param>
    public void Acknowledge(long until)
    {
        Volatile.Write(ref _acknowledged, until);
        _topic.Acknowledged();
    }

    /// <summary>Says that everything read so far has been dealt with.</summary>
    public void AcknowledgeRead() => Acknowledge(_position);

    /// <summary>Ends the subscription.</summary>
    public void Dispose() => _topic.Remove(this);
}
