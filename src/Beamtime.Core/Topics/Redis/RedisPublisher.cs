using Beamtime.Core.Topics.Spool;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// The one who writes a topic's stream. What was published waits in a ring until every consumer has acknowledged it; a
/// loop appends what is not yet in the stream, one entry at a time, so that an entry that is refused leaves no gap
/// behind which a later one lies. After every new connection, and whenever Redis refuses an entry or no longer has the
/// stream, the loop sees how far the stream goes and continues from there.
/// </summary>
internal sealed partial class RedisPublisher : IRedisPart
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(5);
    private readonly RedisTopics _hub;
    private readonly string _name;
    private readonly string _key;
    private readonly ConsumerMarks _marks;
    private readonly StreamTrim _trim;
    private readonly byte[] _keyBytes;
    private readonly int _capacity;
    private readonly IReadOnlyList<string> _consumers;
    private readonly ILogger _logger;
    private readonly RoleSpool? _spool;
    private readonly CancellationTokenSource _stop = new();
    private readonly TopicSignal _work = new();
    private readonly Task _running;

    // Of all, under the lock.
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private readonly PlaceWatch _watch = new();
    private readonly Dictionary<string, long> _acknowledged = [];
    private MessageRing _ring = new(0);
    private long _sent;
    private long _slowest;
    private long _published;
    private bool _isAttached;
    private FaultException? _stopped;

    // Of the loop alone; the log is read by others once it is attached.
    private readonly List<RingMessage> _batch = [];
    private long _epoch;
    private long _log;
    private long _seenSlowest;
    private long _seenSent;
    private volatile bool _isToLook;

    /// <summary>A publisher that attaches itself to its stream as soon as the link is up.</summary>
    public RedisPublisher(RedisTopics hub, string name, int capacity, IReadOnlyList<string> consumers)
    {
        _hub = hub;
        _name = name;
        _key = RedisTopics.Key(name);
        _marks = new ConsumerMarks(name);
        _trim = new StreamTrim(_keyBytes = RedisTopics.Bytes(_key), capacity);
        _capacity = capacity;
        _consumers = consumers;
        _logger = hub.Log;
        _spool = consumers.Count > 0 ? hub.Spool : null;
        if (_spool is not null)
        {
            _spool.Freed += LetGoOn;
        }

        hub.Add(this);
        _running = RunAsync(_stop.Token);
    }

    /// <inheritdoc/>
    public int EndsAt => 1;

    /// <summary>The newest message of this publisher, with the offset behind it and its epoch.</summary>
    public (RingMessage Message, long Until, long Epoch)? Last
    {
        get
        {
            lock (_gate)
            {
                return _ring.Next > _ring.First ? (_ring[_ring.Next - 1], _ring.Next, _epoch) : null;
            }
        }
    }

    /// <summary>How it fares.</summary>
    public TopicFigures Figures
    {
        get
        {
            lock (_gate)
            {
                var lag = _consumers.Count == 0 ? 0 : _ring.Next - _slowest;
                return new TopicFigures(_name, _published, lag, _capacity, 0, _waiting.Count(w => !w.Task.IsCompleted));
            }
        }
    }

    /// <summary>Takes a message unless the log is full.</summary>
    public bool TryAdd(byte[] body)
    {
        lock (_gate)
        {
            if (_stopped is not null)
            {
                throw _stopped;
            }

            if (!HasRoom())
            {
                return false;
            }

            var message = new RingMessage(body, (_hub.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            if (_isAttached && _spool?.TryAppend(SpooledMessage.Of(_key, _log, _ring.Next, message)) == false)
            {
                return false;
            }

            _published++;
            _ring.Add(message);
            if (_consumers.Count == 0)
            {
                // Nobody must see everything: what Redis did not take in time is dropped, and readers count it.
                _ring.DropBefore(_ring.Next - _capacity);
            }
        }

        _work.Set();
        return true;
    }

    /// <summary>Takes a message; waits while the log is full.</summary>
    public ValueTask AddAsync(byte[] body, CancellationToken cancel) =>
        TryAdd(body) ? ValueTask.CompletedTask : AddWhenFreeAsync(body, cancel);

    /// <summary>Everything up to now lies in Redis.</summary>
    public Task SentAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            return _isAttached && _sent >= _ring.Next ? Task.CompletedTask : _watch.AtAsync(_ring.Next).WaitAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public void OnUp() => _work.Set();

    /// <inheritdoc/>
    public void OnDown()
    {
        LetGoOn();
        _work.Set();
    }

    /// <inheritdoc/>
    public void OnTick()
    {
        _isToLook = true;
        _work.Set();
    }

    /// <summary>Sends what waits while the link is up, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        // What the spool has need not wait for a Redis that is away.
        if (_hub.Link.Now is not null || _spool is null || !_isAttached)
        {
            using var limit = new CancellationTokenSource(FlushLimit, _hub.Time);
            await SentAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_spool is not null)
        {
            _spool.Freed -= LetGoOn;
        }

        _hub.Remove(this);
        _stop.Dispose();
    }

    // While Redis is away no acknowledgement comes through: the spool's bound is what counts then.
    private bool HasRoom() => _consumers.Count == 0
        || _ring.Next < (_isAttached ? _slowest : 0) + _capacity
        || (_isAttached && _spool is not null && _hub.Link.Now is null);

    private async ValueTask AddWhenFreeAsync(byte[] body, CancellationToken cancel)
    {
        while (true)
        {
            var freed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_gate)
            {
                if ((HasRoom() && _spool?.IsFull != true) || _stopped is not null)
                {
                    freed.SetResult();
                }
                else
                {
                    _waiting.Enqueue(freed);
                }
            }

            await freed.Task.WaitAsync(cancel);
            if (TryAdd(body))
            {
                return;
            }
        }
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        var pause = FirstPause;
        var isListening = false;
        while (!cancel.IsCancellationRequested)
        {
            RedisConnection? connection = null;
            try
            {
                connection = await _hub.Link.UpAsync(cancel);
                if (!isListening && _consumers.Count > 0)
                {
                    await _hub.ListenAsync(_marks.Key, Heard, cancel);
                }

                isListening = true;
                await AttachAsync(connection, cancel);
                pause = FirstPause;
                await SendAsync(connection, cancel);
            }
            catch (FaultException stale) when (stale.Reason.Code == TopicErrors.PublisherStale.Code)
            {
                LogStopped(stale.Message);
                Stop(stale);
                return;
            }
            catch (FaultException fault)
            {
                if (connection is { Closed.IsCompleted: false })
                {
                    LogRefused(_name, fault.Reason.Code, fault.Message, pause);
                    await Task.Delay(pause, _hub.Time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
            }
        }
    }

    // Takes up the stream, for the first time and again.
    private async Task AttachAsync(RedisConnection connection, CancellationToken cancel)
    {
        _epoch = await _hub.EpochAsync(cancel);
        if (!_isAttached)
        {
            var kept = await KeptStream.TakeUpAsync(connection, _key, _epoch, _spool, () => OffsetOfClock, cancel);
            Begin(kept, await _marks.ReadAsync(connection, _consumers, cancel));
            await RestoreMarksAsync(connection, cancel);
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
            _trim.BeginAnew();
            await RestoreMarksAsync(connection, cancel);
        }

        foreach (var (consumer, mark) in await _marks.ReadAsync(connection, _consumers, cancel))
        {
            Acknowledge(consumer, mark.Log, mark.Until);
        }

        lock (_gate)
        {
            _sent = fence.IsMade ? first : Math.Clamp(fence.Next, _ring.First, _ring.Next);
            Confirmed();
        }
    }

    private void Begin(KeptStream kept, IReadOnlyList<(string Consumer, ConsumerMark Mark)> marks)
    {
        var ring = kept.Ring;
        lock (_gate)
        {
            foreach (var (consumer, until) in kept.Acknowledged(_consumers, marks))
            {
                _acknowledged[consumer] = until;
            }

            _log = kept.Log;
            // Until now messages were numbered from 0.
            _watch.Shift(ring.Next);
            _trim.OwnFrom = _sent = kept.Sent;
            if (_ring.First > 0)
            {
                // Nobody must see everything, and what was dropped so far counts as skipped.
                ring = new MessageRing(ring.Next + _ring.First);
            }

            for (var offset = _ring.First; offset < _ring.Next; offset++)
            {
                _spool?.AppendAnyway(SpooledMessage.Of(_key, _log, ring.Next, _ring[offset]));
                ring.Add(_ring[offset]);
            }

            _ring = ring;
            _isAttached = true;
            Confirmed();
        }
    }

    private Task RestoreMarksAsync(RedisConnection connection, CancellationToken cancel)
    {
        KeyValuePair<string, long>[] acknowledged;
        lock (_gate)
        {
            acknowledged = [.. _acknowledged];
        }

        return _marks.RestoreAsync(connection, _log, acknowledged, cancel);
    }

    // Ends when it must be seen anew how far the stream goes.
    private async Task SendAsync(RedisConnection connection, CancellationToken cancel)
    {
        while (true)
        {
            var until = Take();
            // Outside the lock: the spool may let others go on in turn.
            _spool?.Drop(_key, _seenSlowest);
            if (until == 0)
            {
                if (_isToLook && !await IsThereAsync(connection, cancel))
                {
                    return;
                }

                await _work.WaitAsync(cancel);
                if (connection.Closed.IsCompleted)
                {
                    return;
                }

                continue;
            }

            var commands = new RedisCommands(1024) { IsTerse = true };
            RedisEntries.Append(commands, _keyBytes, _epoch, new RedisLog(_log, OffsetOfClock), _batch, until);
            _trim.Add(commands, _epoch, Math.Min(_seenSlowest, _seenSent - _capacity));
            var reply = (await connection.SendAsync(commands, cancel))[0];
            if (reply.IsNull || (reply.Kind == RespKind.Error && reply.Bytes.Span.IndexOf("equal or smaller"u8) >= 0))
            {
                return;
            }

            reply.OrThrow();
            lock (_gate)
            {
                _sent = Math.Max(_sent, until);
                Confirmed();
            }
        }
    }

    private void LetGoOn()
    {
        lock (_gate)
        {
            if (HasRoom())
            {
                Release();
            }
        }
    }

    private long OffsetOfClock => _hub.ClockOffset.Ticks / TimeSpan.TicksPerMicrosecond;

    // Now and then, while somebody still has to read: was the stream removed, were acknowledgements not heard?
    private async Task<bool> IsThereAsync(RedisConnection connection, CancellationToken cancel)
    {
        _isToLook = false;
        lock (_gate)
        {
            if (_slowest >= _sent)
            {
                return true;
            }
        }

        var replies = await connection.SendAsync(new RedisCommands().Add("EXISTS", _key).Add("HGETALL", _marks.Key), cancel);
        foreach (var (consumer, mark) in ConsumerMarks.Of(replies[1].OrThrow()))
        {
            Acknowledge(consumer, mark.Log, mark.Until);
        }

        return replies[0].OrThrow().Integer == 1;
    }

    // Copies what goes into the next entry; gives the offset behind it, 0 when there is nothing to send.
    private long Take()
    {
        _batch.Clear();
        lock (_gate)
        {
            _sent = Math.Max(_sent, _ring.First);
            (_seenSlowest, _seenSent) = (_slowest, _sent);
            var end = _consumers.Count == 0 ? _ring.Next : Math.Min(_ring.Next, _slowest + _capacity);
            long bytes = 0;
            var at = _sent;
            while (at < end && _batch.Count < RedisEntries.MostMessages)
            {
                var message = _ring[at];
                bytes += message.Body.Length;
                if (_batch.Count > 0 && bytes > RedisEntries.MostBytes)
                {
                    break;
                }

                _batch.Add(message);
                at++;
            }

            return _batch.Count == 0 ? 0 : at;
        }
    }

    private void Heard(string said)
    {
        if (ConsumerMarks.Heard(said) is var (consumer, log, until))
        {
            Acknowledge(consumer, log, until);
        }
    }

    private void Acknowledge(string consumer, long log, long until)
    {
        lock (_gate)
        {
            if (_isAttached && (log == _log || log == 0) && _acknowledged.TryGetValue(consumer, out var known) && until > known)
            {
                _acknowledged[consumer] = until;
                Confirmed();
                _work.Set();
            }
        }
    }

    // Under the lock: what this lets go of and whom it lets go on.
    private void Confirmed()
    {
        _slowest = _consumers.Count == 0 ? _sent : _acknowledged.Values.Min();
        _ring.DropBefore(Math.Min(Math.Min(_slowest, _sent), _ring.Next - 1));
        if (HasRoom())
        {
            Release();
        }

        _watch.Reached(_sent);
    }

    private void Release()
    {
        while (_waiting.TryDequeue(out var publisher))
        {
            publisher.TrySetResult();
        }
    }

    private void Stop(FaultException reason)
    {
        lock (_gate)
        {
            _stopped = reason;
            Release();
            _watch.Fail(reason);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "This process publishes no more: {Reason}")]
    private partial void LogStopped(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Topic {Topic} cannot publish ({Code}), tries again after {Pause}: {Reason}")]
    private partial void LogRefused(string topic, string code, string reason, TimeSpan pause);
}
