using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Bench.Records;

/// <summary>
/// <c>topic.redis</c>: messages a second published over Redis to one lossless subscriber on another hub, read and
/// acknowledged, beside <c>redis-benchmark</c> appending entries of the same bytes by one client that pipelines 16.
/// </summary>
internal static class TopicRedis
{
    private const int Messages = 100_000;
    private const int Capacity = 8192;
    private const int Warm = 1000;
    private static readonly string Text = new('x', 118);

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("topic.redis", "messages/s", 0.3, BenchSense.Rate, async (room, cancel) =>
    {
        await using var server = await RedisProcess.StartAsync(room.NewFolder("redis"), cancel);
        long epoch = 0;
        var options = new TopicOptions { Url = server.Url };
        await using var writing = Hub();
        await using var reading = Hub();
        return await Rounds.MeasureAsync(
            () => OursAsync(writing, reading, $"bench{++epoch}", cancel), () => RawAsync(server.Socket, cancel));

        RedisTopics Hub() => new(
            options, _ => ValueTask.FromResult(Interlocked.Increment(ref epoch)), BenchRoom.Time, NullLogger.Instance, 1);
    });

    private static async Task<double> OursAsync(RedisTopics writing, RedisTopics reading, string name, CancellationToken cancel)
    {
        var declaration = new TopicDeclaration<string>(name, Capacity, TopicRedisJson.Default.String, "scans.read", "reader");
        var topic = writing.Open(declaration);
        var signal = new TopicSignal();
        using var subscription = reading.Open(declaration).Subscribe("reader", signal);
        // Both sides have found their places before the clock starts.
        var warm = ReadAsync(Warm);
        await PublishAsync(Warm);
        await warm;
        var start = Stopwatch.GetTimestamp();
        var receiving = Task.Run(() => ReadAsync(Warm + Messages), cancel);
        await Task.Run(() => PublishAsync(Messages), cancel);
        await receiving;
        var connection = await reading.Link.UpAsync(cancel);
        var end = (Warm + Messages).ToString(CultureInfo.InvariantCulture);
        while (!(await connection.AskAsync(cancel, "HGET", $"beamtime:{name}:acks", "reader")).ToString()
            .EndsWith(end, StringComparison.Ordinal))
        {
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await connection.AskAsync(cancel, "DEL", $"beamtime:{name}");
        return Messages / seconds;

        async Task PublishAsync(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await topic.PublishAsync(Text, cancel);
            }
        }

        async Task ReadAsync(int until)
        {
            var batch = new string[256];
            while (subscription.Position < until)
            {
                await signal.WaitAsync(cancel);
                while (subscription.Read(batch) > 0)
                {
                    subscription.AcknowledgeRead();
                }
            }
        }
    }

    private static async Task<double> RawAsync(string socket, CancellationToken cancel)
    {
        var printed = await Child.RunAsync(
            [
                "redis-benchmark", "-s", socket, "-c", "1", "-P", "16", "-n", Messages.ToString(CultureInfo.InvariantCulture), "--csv",
                "XADD", "raw", "*", "h", "1 1763643232123456", "m", $"\"{Text}\"",
            ],
            cancel);
        await Child.RunAsync(["redis-cli", "-s", socket, "DEL", "raw"], cancel);
        var last = printed.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1].Split("\",\"");
        return double.Parse(last[1].Trim('"'), CultureInfo.InvariantCulture);
    }
}

/// <summary>Writes and reads what the bench publishes.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class TopicRedisJson : JsonSerializerContext;
