using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Beamtime.Core.Topics;

/// <summary>A topic in this process: a ring of references.</summary>
/// <typeparam name="T">The topic's messages; immutable, the log keeps the reference.</typeparam>
internal sealed class LocalTopic<T> : Topic<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly T?[] _ring;
    private readonly TimeProvider _time;
    private readonly JsonTypeInfo<T>? _codec;
    private readonly List<LocalSubscription<T>> _subscriptions = [];

    // What the declared consumers have acknowledged that are not subscribed now.
    private readonly Dictionary<string, long> _away = [];
    private readonly Queue<TaskCompletionSource> _waitingPublishers = new();
    private long _next;
    private long _freeUntil;
    private long _lastAt;

    /// <summary>An empty topic.</summary>
    /// <param name="name">Its name, dotted, with the beamline: <c>2-bm.points</c>.</param>
    /// <param name="capacity">Messages kept, a power of two.</param>
    /// <param name="consumers">Those who must see every message.</param>
    /// <param name="time">The clock.</param>
    /// <param name="codec">Written and read by this, as if they left the process; null to keep the reference.</param>
    public LocalTopic(
        string name, int capacity, IReadOnlyList<string> consumers, TimeProvider time, JsonTypeInfo<T>? codec = null)
    {
        if (!int.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "Must be a power of two.");
        }

        Name = name;
        _ring = new T?[capacity];
        _time = time;
        _codec = codec;
        _freeUntil = capacity;
        foreach (var consumer in consumers)
        {
            _away.Add(consumer, 0);
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override int Capacity => _ring.Length;

    /// <summary>Offset of the next message; the first message has 0.</summary>
    public long NextOffset
    {
        get
        {
            lock (_gate)
            {
                return _next;
            }
        }
    }

    /// <inheritdoc/>
    public override TopicFigures Figures
    {
        get
        {
            lock (_gate)
            {
                Advance();
                return new TopicFigures(
                    Name,
                    _next,
                    _next + _ring.Length - _freeUntil,
                    _ring.Length,
                    _subscriptions.Sum(s => s.Skipped),
                    _waitingPublishers.Count);
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask<LastValue<T>?> LastAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(
                _next == 0 ? null : new LastValue<T>(_ring[(_next - 1) & (_ring.Length - 1)]!, At(_lastAt), _next));
        }
    }

    /// <inheritdoc/>
    public override ValueTask PublishAsync(T message, CancellationToken cancel)
    {
        message = Pass(message);
        return TryAppend(message) ? ValueTask.CompletedTask : AppendWhenFreeAsync(message, cancel);
    }

    /// <inheritdoc/>
    public override bool TryPublish(T message) => TryAppend(Pass(message));

    /// <inheritdoc/>
    public override Subscription<T> Subscribe(string consumer, TopicSignal signal, long? from = null) =>
        Add(consumer, signal, from);

    /// <inheritdoc/>
    public override Subscription<T> SubscribeLossy(TopicSignal signal) => Add(null, signal, null);

    /// <summary>Copies messages from an offset on.</summary>
    internal int Read(LocalSubscription<T> subscription, ref long position, ref long skipped, Span<T> into)
    {
        lock (_gate)
        {
            var oldest = Math.Max(0, _next - _ring.Length);
            if (position < oldest)
            {
                if (subscription.Consumer is not null)
                {
                    throw new UnreachableException($"{Name}: a lossless subscription was overrun.");
                }

                skipped += oldest - position;
                position = oldest;
            }

            var count = (int)Math.Min(into.Length, _next - position);
            for (var i = 0; i < count; i++)
            {
                into[i] = _ring[(position + i) & (_ring.Length - 1)]!;
            }

            position += count;
            return count;
        }
    }

    /// <summary>Takes note of an acknowledgement and lets waiting publishers go on.</summary>
    internal void Acknowledged()
    {
        lock (_gate)
        {
            if (_waitingPublishers.Count > 0 && Advance())
            {
                Release();
            }
        }
    }

    /// <summary>Ends a subscription; what a consumer acknowledged is kept for it.</summary>
    internal void Remove(LocalSubscription<T> subscription)
    {
        lock (_gate)
        {
            if (_subscriptions.Remove(subscription) && subscription.Consumer is { } consumer)
            {
                _away[consumer] = subscription.AcknowledgedUntil;
            }

            Advance();
            Release();
        }
    }

    private bool TryAppend(T message)
    {
        lock (_gate)
        {
            if (_next >= _freeUntil && !Advance())
            {
                return false;
            }

            _ring[_next & (_ring.Length - 1)] = message;
            _next++;
            _lastAt = _time.GetTimestamp();
            foreach (var subscription in _subscriptions)
            {
                subscription.Signal.Set();
            }

            return true;
        }
    }

    private T Pass(T message) => _codec is null
        ? message
        : JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(message, _codec), _codec)!;

    private LocalSubscription<T> Add(string? consumer, TopicSignal signal, long? from)
    {
        lock (_gate)
        {
            var start = from ?? _next;
            if (consumer is not null)
            {
                if (!_away.TryGetValue(consumer, out var acknowledged))
                {
                    throw new ArgumentException(
                        $"{consumer} is subscribed to {Name} already, or is not declared.", nameof(consumer));
                }

                start = from ?? acknowledged;
            }

            if (start < Math.Max(0, _next - _ring.Length) || start > _next)
            {
                throw TopicErrors.OffsetGone.Fault(
                    $"Topic {Name} keeps offsets {Math.Max(0, _next - _ring.Length)} to {_next}; {start} was asked for.");
            }

            var subscription = new LocalSubscription<T>(this, signal, start, consumer);
            _subscriptions.Add(subscription);
            if (consumer is not null)
            {
                _away.Remove(consumer);
            }

            Advance();
            if (start < _next)
            {
                signal.Set();
            }

            return subscription;
        }
    }

    // The offset up to which nothing unacknowledged is overwritten; kept so that most publications need not look.
    private bool Advance()
    {
        var slowest = _next;
        foreach (var subscription in _subscriptions)
        {
            if (subscription.Consumer is not null)
            {
                slowest = Math.Min(slowest, subscription.AcknowledgedUntil);
            }
        }

        foreach (var acknowledged in _away.Values)
        {
            slowest = Math.Min(slowest, acknowledged);
        }

        _freeUntil = slowest + _ring.Length;
        return _next < _freeUntil;
    }

    private void Release()
    {
        while (_waitingPublishers.TryDequeue(out var publisher))
        {
            publisher.TrySetResult();
        }
    }

    private async ValueTask AppendWhenFreeAsync(T message, CancellationToken cancel)
    {
        while (true)
        {
            var freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                if (_next >= _freeUntil && !Advance())
                {
                    _waitingPublishers.Enqueue(freed);
                }
                else
                {
                    freed.SetResult();
                }
            }

            await freed.Task.WaitAsync(cancel);
            if (TryAppend(message))
            {
                return;
            }
        }
    }

    private DateTimeOffset At(long timestamp) => _time.GetUtcNow() - _time.GetElapsedTime(timestamp);
}
