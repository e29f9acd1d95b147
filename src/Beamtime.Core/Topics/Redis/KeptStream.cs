using Beamtime.Core.Topics.Spool;

namespace Beamtime.Core.Topics.Redis;

/// <summary>What stream and spool keep of a topic when its publisher takes it up for the first time.</summary>
/// <param name="Ring">The messages that the stream keeps, so that it can be filled again should Redis lose it, and behind them those that it has not.</param>
/// <param name="Log">The log that goes on.</param>
/// <param name="Sent">Offset after the last message in the stream.</param>
/// <param name="Oldest">Offset of the oldest message in the stream.</param>
internal sealed record KeptStream(MessageRing Ring, long Log, long Sent, long Oldest)
{
    private const string PageSize = "256";

    /// <summary>Sets the fence and looks.</summary>
    /// <param name="connection">The way to Redis.</param>
    /// <param name="key">The stream.</param>
    /// <param name="epoch">The publisher's epoch.</param>
    /// <param name="spool">What this role has said; null where nothing is spooled.</param>
    /// <param name="offsetOfClock">Redis' clock less this process's, microseconds.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>topic.publisher.stale</c>, or a code of Redis or the spool.</exception>
    public static async Task<KeptStream> TakeUpAsync(
        RedisConnection connection, string key, long epoch, RoleSpool? spool, Func<long> offsetOfClock, CancellationToken cancel)
    {
        IReadOnlyList<SpoolRecord> spooled = [];
        (long Next, long Tag)? end = null;
        if (spool is not null)
        {
            await spool.TakeOverAsync(key, cancel);
            spooled = await spool.ReadAsync(key, int.MaxValue, cancel);
            end = spool.End(key);
        }

        var fence = await StreamFence.SetAsync(
            connection, key, epoch, spooled.Count > 0 ? spooled[0].Sequence : end?.Next ?? 0, cancel);
        var kept = fence.IsMade
            ? new KeptStream(new MessageRing(fence.Next), end?.Tag ?? epoch, fence.Next, fence.Next)
            : await InStreamAsync(connection, key, epoch, fence.Next, offsetOfClock, cancel);
        if (end?.Tag == kept.Log)
        {
            foreach (var record in spooled.Where(r => r.Sequence >= kept.Sent))
            {
                if (record.Sequence == kept.Ring.Next)
                {
                    kept.Ring.Add(SpooledMessage.Read(record));
                }
            }
        }

        return kept;
    }

    /// <summary>The first offset that each consumer still needs: as its mark says, where that is of this log.</summary>
    /// <param name="consumers">The consumers.</param>
    /// <param name="marks">All marks that Redis has.</param>
    public Dictionary<string, long> Acknowledged(
        IReadOnlyList<string> consumers, IReadOnlyList<(string Consumer, ConsumerMark Mark)> marks)
    {
        var acknowledged = consumers.ToDictionary(consumer => consumer, _ => Oldest, StringComparer.Ordinal);
        foreach (var (consumer, mark) in marks.Where(m => (m.Mark.Log == Log || m.Mark.Log == 0) && acknowledged.ContainsKey(m.Consumer)))
        {
            acknowledged[consumer] = mark.Until;
        }

        return acknowledged;
    }

    private static async Task<KeptStream> InStreamAsync(
        RedisConnection connection, string key, long epoch, long next, Func<long> offsetOfClock, CancellationToken cancel)
    {
        var ring = new MessageRing(next);
        var (log, oldest, isFirst) = (epoch, next, true);
        for (var from = "-"; ;)
        {
            var page = await connection.AskAsync(cancel, "XRANGE", key, from, "+", "COUNT", PageSize);
            foreach (var item in page.Items)
            {
                var entry = RedisEntries.Read(item);
                from = "(" + RedisEntries.Id(entry.Epoch, entry.Until);
                if (isFirst || entry.From != ring.Next)
                {
                    ring = new MessageRing(entry.From);
                    oldest = isFirst ? entry.From : oldest;
                    isFirst = false;
                }

                log = entry.Log;
                for (var i = 0; i < entry.Count; i++)
                {
                    ring.Add(new RingMessage(entry.Body(i), entry.PublishedAt - offsetOfClock()));
                }
            }

            if (page.Items.Count == 0)
            {
                break;
            }
        }

        return new KeptStream(ring.Next == next ? ring : new MessageRing(next), log, next, oldest);
    }
}
