using System.Text.Json;

namespace Beamtime.Core.Topics.Redis;

/// <summary>A topic over Redis: a stream, a hash of acknowledgements, and a channel on which they are told.</summary>
/// <typeparam name="T">The topic's messages.</typeparam>
internal sealed class RedisTopic<T> : Topic<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly RedisTopics _hub;
    private readonly TopicDeclaration<T> _declaration;
    private readonly HashSet<string> _subscribed = [];
    private readonly Dictionary<string, ConsumerMark> _known = [];
    private RedisPublisher? _publisher;

    /// <summary>A topic; nothing is sent before somebody publishes or subscribes.</summary>
    /// <param name="hub">The hub.</param>
    /// <param name="declaration">What it is.</param>
    public RedisTopic(RedisTopics hub, TopicDeclaration<T> declaration)
    {
        if (!int.IsPow2(declaration.Capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(declaration), declaration.Capacity, "Must be a power of two.");
        }

        _hub = hub;
        _declaration = declaration;
    }

    /// <inheritdoc/>
    public override string Name => _declaration.Name;

    /// <inheritdoc/>
    public override int Capacity => _declaration.Capacity;

    /// <inheritdoc/>
    public override TopicFigures? Figures => _publisher?.Figures;

    /// <summary>Everything up to now lies in Redis.</summary>
    internal Task SentAsync(CancellationToken cancel) => Publisher().SentAsync(cancel);

    /// <inheritdoc/>
    public override Task SafeAsync(CancellationToken cancel) => SentAsync(cancel);

    /// <inheritdoc/>
    public override async ValueTask<LastValue<T>?> LastAsync(CancellationToken cancel)
    {
        if (_publisher?.Last is { } own)
        {
            return new LastValue<T>(
                Decode(own.Message.Body), DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(own.Message.PublishedAt), own.Until, own.Epoch);
        }

        var connection = await _hub.Link.UpAsync(cancel);
        var reply = await connection.AskAsync(cancel, "XREVRANGE", RedisTopics.Key(Name), "+", "-", "COUNT", "1");
        if (reply.Items.Count == 0)
        {
            return null;
        }

        var entry = RedisEntries.Read(reply.Items[0]);
        return new LastValue<T>(
            Decode(entry.Body(entry.Count - 1)),
            DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(entry.PublishedAt) - _hub.ClockOffset,
            entry.Until,
            entry.Epoch);
    }

    /// <inheritdoc/>
    public override ValueTask PublishAsync(T message, CancellationToken cancel) => Publisher().AddAsync(Encode(message), cancel);

    /// <inheritdoc/>
    public override bool TryPublish(T message) => Publisher().TryAdd(Encode(message));

    /// <inheritdoc/>
    public override Subscription<T> Subscribe(string consumer, TopicSignal signal, long? from = null)
    {
        lock (_gate)
        {
            if (!_declaration.Consumers.Contains(consumer) || !_subscribed.Add(consumer))
            {
                throw new ArgumentException(
                    $"{consumer} is subscribed to {Name} already, or is not declared.", nameof(consumer));
            }

            return new RedisSubscription<T>(
                _hub, this, signal, new Reading(consumer, from, _known.TryGetValue(consumer, out var known) ? known : null));
        }
    }

    /// <inheritdoc/>
    public override Subscription<T> SubscribeLossy(TopicSignal signal) =>
        new RedisSubscription<T>(_hub, this, signal, new Reading(null, null, null));

    /// <summary>The message of these bytes.</summary>
    internal T Decode(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, _declaration.Codec) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw TopicErrors.MessageUnreadable.Fault($"{Name}: {error.Message}", error);
        }
    }

    /// <summary>A consumer's subscription has ended.</summary>
    internal void Remove(string consumer, ConsumerMark? mark)
    {
        lock (_gate)
        {
            _subscribed.Remove(consumer);
            if (mark is { } known)
            {
                _known[consumer] = known;
            }
        }
    }

    private byte[] Encode(T message)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(message, _declaration.Codec);
        return body.Length <= _hub.Options.LargestMessage
            ? body
            : throw TopicErrors.MessageLarge.Fault(
                $"{Name}: a message of {body.Length} bytes; {_hub.Options.LargestMessage} bytes are the limit.");
    }

    private RedisPublisher Publisher()
    {
        if (_publisher is { } publisher)
        {
            return publisher;
        }

        lock (_gate)
        {
            return _publisher ??= new RedisPublisher(_hub, Name, Capacity, _declaration.Consumers);
        }
    }
}

/// <summary>Who reads, and from where.</summary>
/// <param name="Consumer">A declared consumer; null for one that may drop.</param>
/// <param name="From">First offset wanted instead of the first that is not acknowledged.</param>
/// <param name="Known">Where this process knows the consumer to be.</param>
internal sealed record Reading(string? Consumer, long? From, ConsumerMark? Known);
