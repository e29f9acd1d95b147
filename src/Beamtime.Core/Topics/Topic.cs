using System.Diagnostics;

namespace Beamtime.Core.Topics;

/// <summary>The newest message of a topic and when it was published.</summary>
/// <typeparam name="T">The topic's messages.</typeparam>
/// <param name="Message">The message.</param>
/// <param name="PublishedAt">When, UTC; readers show its age.</param>
internal sealed record LastValue<T>(T Message, DateTimeOffset PublishedAt);

/// <summary>
/// A bounded log of immutable messages in this process, with a last value. A lossless subscriber sees every message
/// from its offset on, in order; while the slowest of them is a whole capacity behind, publishing waits. A subscriber
/// that may drop never holds anybody up: it skips to the oldest message that is kept.
/// </summary>
/// <typeparam name="T">The topic's messages; immutable, the log keeps the reference.</typeparam>
internal sealed class Topic<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly T?[] _ring;
    private readonly TimeProvider _time;
    private readonly List<Subscription<T>> _subscriptions = [];
    private readonly Queue<TaskCompletionSource> _waitingPublishers = new();
    private long _next;
    private long _freeUntil;
    private long _lastAt;

    /// <summary>An empty topic.</summary>
    /// <param name="name">Its name, dotted, with the beamline: <c>2-bm.points</c>.</param>
    /// <param name="capacity">Messages kept, a power of two.</param>
    /// <param name="time">The clock.</param>
    public Topic(string name, int capacity, TimeProvider time)
    {
        if (!int.IsPow2(capacity))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity), capacity, "Must be a power of two.");
        }

        Name = name;
        _ring = new T?[capacity];
        _time = time;
        _freeUntil = capacity;
    }

    /// <summary>The topic's name.</summary>
    public string Name { get; }

    /// <summary>Messages kept.</summary>
    public int Capacity => _ring.Length;

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

    /// <summary>The newest message; null before the first.</summary>
    public LastValue<T>? Last
    {
        get
        {
            lock (_gate)
            {
                return _next == 0 ? null : new LastValue<T>(_ring[(_next - 1) & (_ring.Length - 1)]!, At(_lastAt));
            }
        }
    }

    /// <summary>Publishes a message; waits while the slowest lossless subscriber is a whole capacity behind.</summary>
    /// <param name="message">The message.</param>
    /// <param name="cancel">Ends the wait; the message is then not published.</param>
    public ValueTask PublishAsync(T message, CancellationToken cancel) =>
        TryPublish(message) ? ValueTask.CompletedTask : PublishWhenFreeAsync(message, cancel);

    /// <summary>Publishes a message unless the log is full for a lossless subscriber.</summary>
    /// <param name="message">The message.</param>
    /// <returns>False when it is full; nothing was published.</returns>
    public bool TryPublish(T message)
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

    /// <summary>Subscribes without loss, from the next message or from an offset that is still kept.</summary>
    /// <param name="signal">Set when there is something to read; one signal may serve several subscriptions.</param>
    /// <param name="from">First offset wanted; null for the next message.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>topic.offset.gone</c>.</exception>
    public Subscription<T> Subscribe(TopicSignal signal, long? from = null) => Add(signal, from, isLossless: true);

    /// <summary>Subscribes with loss: a slow reader skips what was overwritten.</summary>
    /// <param name="signal">Set when there is something to read.</param>
    public Subscription<T> SubscribeLossy(TopicSignal signal) => Add(signal, null, isLossless: false);

    /// <summary>Copies messages from an offset on.</summary>
    internal int Read(Subscription<T> subscription, ref long position, Span<T> into)
    {
        lock (_gate)
        {
            var oldest = Math.Max(0, _next - _ring.Length);
            if (position < oldest)
            {
                if (subscription.IsLossless)
                {
                    throw new UnreachableException($"{Name}: a lossless subscription was overrun.");
                }

                subscription.Skipped += oldest - position;
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

    /// <summary>Ends a subscription; it no longer holds up publishers.</summary>
    internal void Remove(Subscription<T> subscription)
    {
        lock (_gate)
        {
            _subscriptions.Remove(subscription);
            Advance();
            Release();
        }
    }

    private Subscription<T> Add(TopicSignal signal, long? from, bool isLossless)
    {
        lock (_gate)
        {
            var start = from ?? _next;
            if (start < Math.Max(0, _next - _ring.Length) || start > _next)
            {
                throw TopicErrors.OffsetGone.Fault(
                    $"Topic {Name} keeps offsets {Math.Max(0, _next - _ring.Length)} to {_next}; {start} was asked for.");
            }

            var subscription = new Subscription<T>(this, signal, start, isLossless);
            _subscriptions.Add(subscription);
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
            if (subscription.IsLossless)
            {
                slowest = Math.Min(slowest, subscription.AcknowledgedUntil);
            }
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

    private async ValueTask PublishWhenFreeAsync(T message, CancellationToken cancel)
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
            if (TryPublish(message))
            {
                return;
            }
        }
    }

    private DateTimeOffset At(long timestamp) => _time.GetUtcNow() - _time.GetElapsedTime(timestamp);
}
