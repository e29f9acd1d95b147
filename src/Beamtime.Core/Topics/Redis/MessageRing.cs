namespace Beamtime.Core.Topics.Redis;

/// <summary>What a publisher keeps until it is acknowledged: messages by offset, the oldest dropped first.</summary>
internal sealed class MessageRing
{
    private RingMessage[] _messages = new RingMessage[16];

    /// <summary>An empty ring.</summary>
    /// <param name="next">Offset of the first message to come.</param>
    public MessageRing(long next) => First = Next = next;

    /// <summary>Offset of the oldest message.</summary>
    public long First { get; private set; }

    /// <summary>Offset after the newest message.</summary>
    public long Next { get; private set; }

    /// <summary>The message at an offset.</summary>
    /// <param name="offset">From <see cref="First"/> to below <see cref="Next"/>.</param>
    public RingMessage this[long offset] => _messages[offset & (_messages.Length - 1)];

    /// <summary>Adds a message at the end.</summary>
    /// <param name="message">The message.</param>
    public void Add(RingMessage message)
    {
        if (Next - First == _messages.Length)
        {
            Grow();
        }

        _messages[Next++ & (_messages.Length - 1)] = message;
    }

    /// <summary>Drops what lies before an offset.</summary>
    /// <param name="offset">The first to keep.</param>
    public void DropBefore(long offset)
    {
        for (; First < offset && First < Next; First++)
        {
            _messages[First & (_messages.Length - 1)] = default;
        }
    }

    private void Grow()
    {
        var larger = new RingMessage[_messages.Length * 2];
        for (var offset = First; offset < Next; offset++)
        {
            larger[offset & (larger.Length - 1)] = this[offset];
        }

        _messages = larger;
    }
}
