using System.Diagnostics;
using System.Threading.Channels;
using Beamtime.Core.Topics;

namespace Beamtime.Bench.Records;

/// <summary>
/// <c>topic.process</c>: messages a second published to one lossless subscriber that acknowledges, beside a bare bounded
/// channel of the same capacity.
/// </summary>
internal static class TopicProcess
{
    private const int Messages = 1_000_000;
    private const int Capacity = 8192;

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("topic.process", "messages/s", 0.5, BenchSense.Rate, async (_, cancel) =>
        await Rounds.MeasureAsync(() => RateAsync(PublishAsync, cancel), () => RateAsync(WriteAsync, cancel)));

    private static async Task<double> RateAsync(Func<object, CancellationToken, Task> send, CancellationToken cancel)
    {
        var message = new object();
        var start = Stopwatch.GetTimestamp();
        await Task.Run(() => send(message, cancel), cancel);
        return Messages / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task PublishAsync(object message, CancellationToken cancel)
    {
        var topic = new LocalTopic<object>("bench", Capacity, ["reader"], BenchRoom.Time);
        var signal = new TopicSignal();
        using var subscription = topic.Subscribe("reader", signal);
        var reading = Task.Run(ReadAsync, cancel);
        for (var i = 0; i < Messages; i++)
        {
            await topic.PublishAsync(message, cancel);
        }

        await reading;

        async Task ReadAsync()
        {
            var batch = new object[256];
            for (var received = 0; received < Messages;)
            {
                await signal.WaitAsync(cancel);
                for (int count; (count = subscription.Read(batch)) > 0;)
                {
                    received += count;
                    subscription.AcknowledgeRead();
                }
            }
        }
    }

    private static async Task WriteAsync(object message, CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<object>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        var reading = Task.Run(ReadAsync, cancel);
        for (var i = 0; i < Messages; i++)
        {
            await channel.Writer.WriteAsync(message, cancel);
        }

        await reading;

        async Task ReadAsync()
        {
            for (var received = 0; received < Messages && await channel.Reader.WaitToReadAsync(cancel);)
            {
                while (channel.Reader.TryRead(out _))
                {
                    received++;
                }
            }
        }
    }
}
