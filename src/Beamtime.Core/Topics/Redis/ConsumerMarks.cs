using System.Globalization;

namespace Beamtime.Core.Topics.Redis;

/// <summary>How far each consumer of a topic has come: a hash in Redis, and the channel of the same name on which each says so.</summary>
/// <param name="topic">The topic's name.</param>
internal sealed class ConsumerMarks(string topic)
{
    /// <summary>The hash, and the channel.</summary>
    public string Key { get; } = RedisTopics.Key(topic, "acks");

    /// <summary>Asks for all of them.</summary>
    /// <param name="connection">The way to Redis.</param>
    /// <param name="consumers">Whose; of a topic without any nothing is asked.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<(string Consumer, ConsumerMark Mark)>> ReadAsync(
        RedisConnection connection, IReadOnlyList<string> consumers, CancellationToken cancel) =>
        consumers.Count == 0 ? [] : Of(await connection.AskAsync(cancel, "HGETALL", Key));

    /// <summary>Those of a reply to HGETALL.</summary>
    /// <param name="hash">The reply.</param>
    public static IReadOnlyList<(string Consumer, ConsumerMark Mark)> Of(RespValue hash)
    {
        List<(string, ConsumerMark)> marks = [];
        for (var i = 0; i + 1 < hash.Items.Count; i += 2)
        {
            marks.Add((hash.Items[i].ToString(), ConsumerMark.Read(hash.Items[i + 1])!.Value));
        }

        return marks;
    }

    /// <summary>What a consumer says on the channel; null where it is nothing of the kind.</summary>
    /// <param name="said">Consumer, log and offset.</param>
    public static (string Consumer, long Log, long Until)? Heard(string said) =>
        said.Split(' ') is [var consumer, var log, var until]
        && long.TryParse(log, NumberStyles.None, CultureInfo.InvariantCulture, out var logId)
        && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? (consumer, logId, offset)
            : null;

    /// <summary>
    /// Puts back what Redis has lost: a consumer that is away finds where it was; one that is here has said, or says, more itself.
    /// </summary>
    /// <param name="connection">The way to Redis.</param>
    /// <param name="log">Which log.</param>
    /// <param name="acknowledged">The first offset that each still needs.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task RestoreAsync(
        RedisConnection connection, long log, IReadOnlyList<KeyValuePair<string, long>> acknowledged, CancellationToken cancel)
    {
        if (acknowledged.Count == 0)
        {
            return;
        }

        var commands = new RedisCommands();
        foreach (var (consumer, until) in acknowledged)
        {
            commands.Add("HSETNX", Key, consumer, new ConsumerMark(log, 0, until).ToString());
        }

        foreach (var reply in await connection.SendAsync(commands, cancel))
        {
            reply.OrThrow();
        }
    }
}
