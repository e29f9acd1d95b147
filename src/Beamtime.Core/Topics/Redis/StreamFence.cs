using System.Globalization;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// Makes a publisher the one that may write its stream: the stream's last id is set to the publisher's epoch, so that
/// Redis refuses everything of an older one. A stream that is missing is made.
/// </summary>
/// <param name="IsMade">The stream was missing.</param>
/// <param name="Epoch">Epoch of the last entry's publisher, or of the fence.</param>
/// <param name="Next">Offset after the last message in the stream.</param>
internal readonly record struct StreamFence(bool IsMade, long Epoch, long Next)
{
    // One step for Redis, so that two publishers that begin together cannot both go through.
    private const string Script = """
        if redis.call('EXISTS', KEYS[1]) == 0 then
          redis.call('XGROUP', 'CREATE', KEYS[1], 'fence', '0', 'MKSTREAM')
          redis.call('XGROUP', 'DESTROY', KEYS[1], 'fence')
          redis.call('XSETID', KEYS[1], ARGV[1] .. '-' .. ARGV[2])
          return {1, ARGV[1] .. '-' .. ARGV[2]}
        end
        local info = redis.call('XINFO', 'STREAM', KEYS[1])
        local last
        for i = 1, #info, 2 do
          if info[i] == 'last-generated-id' then last = info[i + 1] end
        end
        local epoch, sequence = string.match(last, '^(%d+)-(%d+)$')
        if tonumber(epoch) < tonumber(ARGV[1]) then
          redis.call('XSETID', KEYS[1], ARGV[1] .. '-' .. sequence)
        end
        return {0, last}
        """;

    /// <summary>Sets the fence.</summary>
    /// <param name="connection">The way to Redis.</param>
    /// <param name="key">The stream.</param>
    /// <param name="epoch">The publisher's epoch.</param>
    /// <param name="next">Offset with which the stream goes on where it is missing.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>topic.publisher.stale</c>, or a code of Redis.</exception>
    public static async Task<StreamFence> SetAsync(
        RedisConnection connection, string key, long epoch, long next, CancellationToken cancel)
    {
        var reply = await connection.AskAsync(
            cancel,
            "EVAL",
            Script,
            "1",
            key,
            epoch.ToString(CultureInfo.InvariantCulture),
            next.ToString(CultureInfo.InvariantCulture));
        var (last, sequence) = RedisEntries.Id(reply.Items[1].Bytes.Span);
        return last > epoch
            ? throw TopicErrors.PublisherStale.Fault(
                $"{key} is written by the publisher with epoch {last}; this one has {epoch}.")
            : new StreamFence(reply.Items[0].Integer == 1, last, sequence);
    }
}
