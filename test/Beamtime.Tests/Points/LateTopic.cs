using Beamtime.Core.Topics;

namespace Beamtime.Tests.Points;

/// <summary>A topic whose messages are published and arrive later, as those of another connection may.</summary>
/// <param name="inner">The topic.</param>
internal sealed class LateTopic<T>(Topic<T> inner) : Topic<T>
    where T : class
{
    private TopicSignal? _reader;

    /// <summary>While true, nothing arrives.</summary>
    public bool IsLate
    {
        get;
        set
        {
            Volatile.Write(ref field, value);
            _reader?.Set();
        }
    }

    public override string Name => inner.Name;

    public override int Capacity => inner.Capacity;

    public override ValueTask<LastValue<T>?> LastAsync(CancellationToken cancel) => inner.LastAsync(cancel);

    public override ValueTask PublishAsync(T message, CancellationToken cancel) => inner.PublishAsync(message, cancel);

    public override bool TryPublish(T message) => inner.TryPublish(message);

    public override Subscription<T> Subscribe(string consumer, TopicSignal signal, long? from = null)
    {
        _reader = signal;
        return new LateSubscription(this, inner.Subscribe(consumer, signal, from));
    }

    public override Subscription<T> SubscribeLossy(TopicSignal signal) => inner.SubscribeLossy(signal);

    private sealed class LateSubscription(LateTopic<T> topic, Subscription<T> inner) : Subscription<T>
    {
        public override long Skipped => inner.Skipped;

        public override long Position => inner.Position;

        public override long AcknowledgedUntil => inner.AcknowledgedUntil;

        public override int Read(Span<T> into) => topic.IsLate ? 0 : inner.Read(into);

        public override void Acknowledge(long until) => inner.Acknowledge(until);

        public override void Dispose() => inner.Dispose();
    }
}
