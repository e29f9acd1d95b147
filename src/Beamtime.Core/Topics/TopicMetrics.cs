using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics.Redis;

namespace Beamtime.Core.Topics;

/// <summary>How topics fare, looked at when a page of metrics is wanted: publishing itself is not measured.</summary>
internal static class TopicMetrics
{
    private static readonly AreaMeter Meter = new("Topics");

    /// <summary>Messages published.</summary>
    public static readonly Gauge<double> Published = Meter.Sampled(
        "messages", "{message}", "Messages published on the topic: over Redis since it was made, in process since the start.", "topic");

    /// <summary>Messages not acknowledged.</summary>
    public static readonly Gauge<double> Lag = Meter.Sampled(
        "lag", "{message}", "Messages that the slowest consumer has not acknowledged.", "topic");

    /// <summary>How full topics are.</summary>
    public static readonly Gauge<double> Fill = Meter.Sampled(
        "fill", "1", "Share of the room that unacknowledged messages take; at 1 publishers wait.", "topic");

    /// <summary>Messages missed.</summary>
    public static readonly Gauge<double> Skipped = Meter.Sampled(
        "skipped", "{message}", "Messages that present readers which may drop have missed.", "topic");

    /// <summary>Publishers that wait.</summary>
    public static readonly Gauge<double> Waiting = Meter.Sampled(
        "waiting.publishers", "{publisher}", "Publishers that wait for room.", "topic");

    /// <summary>Connections to Redis.</summary>
    public static readonly Gauge<double> Connections = Meter.Sampled(
        "connections", "{connection}", "Times that the link to Redis came up since the process began; more than one tells of outages.");

    /// <summary>Looks at the topics that are open.</summary>
    /// <param name="hub">Where they come from.</param>
    public static void Sample(TopicHub hub)
    {
        if (hub is RedisTopics redis)
        {
            Connections.Record(redis.Link.Connections);
        }

        foreach (var figures in hub.Figures())
        {
            var topic = new KeyValuePair<string, object?>("topic", figures.Topic);
            Published.Record(figures.Published, topic);
            Lag.Record(figures.Lag, topic);
            Fill.Record((double)figures.Lag / figures.Capacity, topic);
            Skipped.Record(figures.Skipped, topic);
            Waiting.Record(figures.Waiting, topic);
        }
    }
}
