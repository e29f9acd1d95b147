namespace Beamtime.Core.Topics.Redis;

/// <summary>How a publisher takes up its stream, for the first time and again.</summary>
internal sealed partial class RedisPublisher
{
    private const string PageSize = "256";

    private async Task AttachAsync(RedisConnection connection, CancellationToken cancel)
    {
        _epoch = await _hub.EpochAsync(cancel);
        if (!_isAttached)
        {
            await AttachFirstAsync(connection, cancel);
            return;
        }

        long first;
        lock (_gate)
        {
            first = _ring.First;
        }

        var fence = await StreamFence.SetAsync(connection, _key, _epoch, first, cancel);
        if (fence.IsMade)
        {
            _trimmed = 0;
            await RestoreMarksAsync(connection, cancel);
        }

        var marks = _consumers.Count == 0 ? RespValue.Null : await connection.AskAsync(cancel, "HGETALL", AcksKey);
        foreach (var (consumer, mark) in Marks(marks))
        {
            Acknowledge(consumer, mark.Log, mark.Until);
        }

        lock (_gate)
        {
            _sent = fence.IsMade ? first : Math.Clamp(fence.Next, _ring.First, _ring.Next);
            Confirmed();
        }
    }

    private async Task AttachFirstAsync(RedisConnection connection, CancellationToken cancel)
    {
        var spooled = _spool is null ? [] : await _spool.ReadAsync(_key, int.MaxValue, cancel);
        var end = _spool?.End(_key);
        var fence = await StreamFence.SetAsync(
            connection, _key, _epoch, spooled.Count > 0 ? spooled[0].Sequence : end?.Next ?? 0, cancel);
        var (ring, log, oldest) = await KeptAsync(connection, fence, cancel);
        log = fence.IsMade && end is not null ? end.Value.Tag : log;
        var sent = ring.Next;
        if (end?.Tag == log)
        {
            foreach (var record in spooled.Where(r => r.Sequence >= sent))
            {
                if (record.Sequence == ring.Next)
                {
                    ring.Add(SpooledMessage.Read(record));
                }
            }
        }

        var marks = _consumers.Count == 0 ? RespValue.Null : await connection.AskAsync(cancel, "HGETALL", AcksKey);
        lock (_gate)
        {
            foreach (var consumer in _consumers)
            {
                _acknowledged[consumer] = oldest;
            }

            foreach (var (consumer, mark) in Marks(marks).Where(m => m.Mark.Log == log || m.Mark.Log == 0))
            {
                if (_acknowledged.ContainsKey(consumer))
                {
                    _acknowledged[consumer] = mark.Until;
                }
            }

            _log = log;
            // Until now messages were numbered from 0.
            for (var i = 0; i < _watched.Count; i++)
            {
                _watched[i] = (_watched[i].Until + ring.Next, _watched[i].Done);
            }

            _ownFrom = _sent = sent;
            if (_ring.First > 0)
            {
                // Nobody must see everything, and what was dropped so far counts as skipped.
                ring = new MessageRing(ring.Next + _ring.First);
            }

            for (var offset = _ring.First; offset < _ring.Next; offset++)
            {
                _spool?.AppendAnyway(SpooledMessage.Of(_key, log, ring.Next, _ring[offset]));
                ring.Add(_ring[offset]);
            }

            _ring = ring;
            _isAttached = true;
            Confirmed();
        }

        await RestoreMarksAsync(connection, cancel);
    }

    // What the stream keeps, so that it can be filled again should Redis lose it.
    private async Task<(MessageRing Ring, long Log, long Oldest)> KeptAsync(
        RedisConnection connection, StreamFence fence, CancellationToken cancel)
    {
        var ring = new MessageRing(fence.Next);
        var (log, oldest, isFirst) = (_epoch, fence.Next, true);
        for (var from = "-"; !fence.IsMade;)
        {
            var page = await connection.AskAsync(cancel, "XRANGE", _key, from, "+", "COUNT", PageSize);
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
                    ring.Add(new RingMessage(entry.Body(i), entry.PublishedAt - OffsetOfClock));
                }
            }

            if (page.Items.Count == 0)
            {
                break;
            }
        }

        return (ring.Next == fence.Next ? ring : new MessageRing(fence.Next), log, oldest);
    }

    // A consumer that is away finds where it was; one that is here has said, or says, more itself.
    private async Task RestoreMarksAsync(RedisConnection connection, CancellationToken cancel)
    {
        var commands = new RedisCommands();
        lock (_gate)
        {
            foreach (var (consumer, until) in _acknowledged)
            {
                commands.Add("HSETNX", AcksKey, consumer, new ConsumerMark(_log, 0, until).ToString());
            }
        }

        if (commands.Count > 0)
        {
            foreach (var reply in await connection.SendAsync(commands, cancel))
            {
                reply.OrThrow();
            }
        }
    }
}
