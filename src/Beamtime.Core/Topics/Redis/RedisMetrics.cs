using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Topics.Redis;

/// <summary>What passes between roles over Redis; each is labelled with the topic.</summary>
internal sealed class RedisMetrics : IDisposable
{
    private readonly AreaMeter _meter = new("Redis");
    private readonly ConcurrentDictionary<string, long> _lag = new(StringComparer.Ordinal);
    private readonly Counter<long> _published;
    private readonly UpDownCounter<long> _waiting;
    private readonly Counter<long> _connected;

    /// <summary>Opens the meter.</summary>
    public RedisMetrics()
    {
        _published = _meter.Counter("published", "{message}", "Messages published by this process.", "topic");
        _waiting = _meter.UpDown("waiting", "{publisher}", "Publishers that wait for a consumer, or for room in the spool.", "topic");
        _connected = _meter.Counter("connected", "{connection}", "Times that the link to Redis came up; more than one tells of outages.");
        _meter.Asked(
            "lag",
            "{message}",
            "Messages that the slowest consumer has not acknowledged.",
            () => _lag.Select(l => new Measurement<double>(l.Value, new KeyValuePair<string, object?>("topic", l.Key))),
            "topic");
    }

    /// <summary>A message was published.</summary>
    /// <param name="topic">Its topic.</param>
    public void Published(string topic) => _published.Add(1, Topic(topic));

    /// <summary>A publisher begins or ends to wait.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="change">1 or -1.</param>
    public void Waiting(string topic, int change) => _waiting.Add(change, Topic(topic));

    /// <summary>The link has come up.</summary>
    public void Connected() => _connected.Add(1);

    /// <summary>How far the slowest consumer is behind.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="messages">How many messages.</param>
    public void Lag(string topic, long messages) => _lag[topic] = messages;

    /// <summary>This process publishes no more on a topic.</summary>
    /// <param name="topic">The topic.</param>
    public void Forget(string topic) => _lag.TryRemove(topic, out _);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Topic(string topic) => new("topic", topic);
}
