using System.Globalization;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// One reader of a topic over Redis. A loop waits on a connection of its own and fills a bounded buffer; another sends
/// acknowledgements, the newest only when several gathered.
/// </summary>
/// <typeparam name="T">The topic's messages.</typeparam>
internal sealed partial class RedisSubscription<T> : Subscription<T>, IRedisPart
    where T : class
{
    private const int MostBuffered = 1024;
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly RedisTopics _hub;
    private readonly RedisTopic<T> _topic;
    private readonly TopicSignal _signal;
    private readonly Reading _reading;
    private readonly int _room;
    private readonly string _key;
    private readonly RedisLink _link;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _stopMarking = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TopicSignal _hasRoom = new();
    private readonly TopicSignal _hasMark = new();
    private readonly Task _receiving;
    private readonly Task _marking;

    // Of all, under the lock.
    private readonly Lock _gate = new();
    private readonly Queue<(T Message, long Offset)> _buffer = new();
    private readonly List<(long From, long Epoch)> _epochs = [];
    private long _position;
    private long _acknowledged;
    private long _skipped;
    private long _log;
    private FaultException? _failure;
    private bool _isMarkDue;
    private bool _isEnding;

    // Of the receiving loop alone.
    private string _after = "0-0";
    private long _expected = -1;
    private bool _isLocated;
    private bool _hasReceived;

    /// <summary>A subscription that begins at once.</summary>
    public RedisSubscription(RedisTopics hub, RedisTopic<T> topic, TopicSignal signal, Reading reading)
    {
        _hub = hub;
        _topic = topic;
        _signal = signal;
        _reading = reading;
        _logger = hub.Log;
        _key = RedisTopics.Key(topic.Name);
        _room = reading.Consumer is null ? topic.Capacity : Math.Min(topic.Capacity, MostBuffered);
        if (reading.From is { } from)
        {
            _position = _acknowledged = from;
        }
        else if (reading.Known is { } known)
        {
            _position = _acknowledged = known.Until;
        }

        _link = hub.NewLink(RedisLinkListener.None);
        hub.Add(this);
        _receiving = ReceiveAsync(_stop.Token);
        _marking = reading.Consumer is null ? Task.CompletedTask : MarkAsync(_stopMarking.Token);
    }

    /// <inheritdoc/>
    public int EndsAt => 2;

    /// <inheritdoc/>
    public override long Skipped => Interlocked.Read(ref _skipped);

    /// <inheritdoc/>
    public override long Position => Interlocked.Read(ref _position);

    /// <inheritdoc/>
    public override long AcknowledgedUntil => Interlocked.Read(ref _acknowledged);

    /// <inheritdoc/>
    public override Task ReadyAsync(CancellationToken cancel) => _ready.Task.WaitAsync(cancel);

    /// <inheritdoc/>
    public override int Read(Span<T> into)
    {
        var count = 0;
        lock (_gate)
        {
            while (count < into.Length && _buffer.TryDequeue(out var next))
            {
                into[count++] = next.Message;
                _position = next.Offset + 1;
            }

            if (count == 0 && _failure is not null)
            {
                throw _failure;
            }
        }

        if (count > 0)
        {
            _hasRoom.Set();
        }

        return count;
    }

    /// <inheritdoc/>
    public override void Acknowledge(long until)
    {
        lock (_gate)
        {
            if (_reading.Consumer is null || until <= _acknowledged)
            {
                return;
            }

            _acknowledged = until;
            _isMarkDue = true;
        }

        _hasMark.Set();
    }

    /// <summary>Ends reading at once; the last acknowledgement is still sent.</summary>
    public override void Dispose()
    {
        lock (_gate)
        {
            if (_isEnding)
            {
                return;
            }

            _isEnding = true;
            if (_reading.Consumer is { } consumer)
            {
                _topic.Remove(consumer, _acknowledged > 0 ? Mark() : null);
            }
        }

        _stop.Cancel();
        _hasMark.Set();
        _ = EndAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Dispose();
        if (_hub.Link.Now is null)
        {
            await _stopMarking.CancelAsync();
        }

        await _marking.WaitAsync(_hub.Options.ReplyTimeout, _hub.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stopMarking.CancelAsync();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public void OnUp()
    {
        // Redis may have come back without what it knew.
        lock (_gate)
        {
            _isMarkDue |= _reading.Consumer is not null && _acknowledged > 0;
        }

        _hasMark.Set();
    }

    /// <inheritdoc/>
    public void OnDown()
    {
    }

    /// <inheritdoc/>
    public void OnTick()
    {
    }

    private async Task EndAsync()
    {
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _marking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _link.DisposeAsync();
        _hub.Remove(this);
    }

    private async Task ReceiveAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            RedisConnection? connection = null;
            try
            {
                connection = await _link.UpAsync(cancel);
                if (!_isLocated)
                {
                    await LocateAsync(connection, cancel);
                    _isLocated = true;
                    _ready.TrySetResult();
                }

                while (true)
                {
                    await ReadEntriesAsync(connection, cancel);
                }
            }
            catch (FaultException fault) when (fault.IsOfRedis())
            {
                if (connection is { Closed.IsCompleted: false })
                {
                    LogRefused(_topic.Name, fault.Reason.Code, fault.Message);
                    await Task.Delay(Pause, _hub.Time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            catch (FaultException fault)
            {
                lock (_gate)
                {
                    _failure = fault;
                }

                _ready.TrySetResult();
                _signal.Set();
                return;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
            }
        }
    }

    private async Task LocateAsync(RedisConnection connection, CancellationToken cancel)
    {
        var replies = await connection.SendAsync(
            new RedisCommands()
                .Add("XINFO", "STREAM", _key)
                .Add("HGET", RedisTopics.Key(_topic.Name, "acks"), _reading.Consumer ?? ""),
            cancel);
        var isMissing = replies[0].Kind == RespKind.Error && replies[0].Bytes.Span.IndexOf("no such key"u8) >= 0;
        var (epoch, next) = isMissing ? (0, 0) : RedisEntries.Id(replies[0].OrThrow().Field("last-generated-id"u8).Bytes.Span);
        if (_reading.Consumer is null)
        {
            _after = RedisEntries.Id(epoch, next);
            _expected = next;
            Interlocked.Exchange(ref _position, next);
            return;
        }

        if (_reading.From is { } from)
        {
            if (from < Math.Max(0, next - _topic.Capacity) || from > next)
            {
                throw TopicErrors.OffsetGone.Fault(
                    $"Topic {_topic.Name} keeps offsets {Math.Max(0, next - _topic.Capacity)} to {next}; {from} was asked for.");
            }

            _expected = from;
            return;
        }

        if ((ConsumerMark.Read(replies[1].OrThrow()) is { } stored && !(_reading.Known?.Until > stored.Until) ? stored : _reading.Known)
            is { } mark)
        {
            _after = RedisEntries.Id(mark.Epoch, mark.Until);
            _expected = mark.Until;
            lock (_gate)
            {
                _log = mark.Log;
                _epochs.Add((0, mark.Epoch));
                _acknowledged = Math.Max(_acknowledged, mark.Until);
                _position = Math.Max(_position, mark.Until);
            }
        }
    }

    private async Task ReadEntriesAsync(RedisConnection connection, CancellationToken cancel)
    {
        while (_reading.Consumer is not null && IsFull())
        {
            await _hasRoom.WaitAsync(cancel);
        }

        var commands = new RedisCommands { Blocks = Block };
        commands.Add(
            "XREAD",
            "COUNT",
            RedisEntries.FewestAtOnce.ToString(CultureInfo.InvariantCulture),
            "BLOCK",
            ((long)Block.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            "STREAMS",
            _key,
            _after);
        var reply = (await connection.SendAsync(commands, cancel))[0].OrThrow();
        if (reply.IsNull)
        {
            return;
        }

        foreach (var item in reply.Field(RedisTopics.Bytes(_key)).Items)
        {
            Take(RedisEntries.Read(item));
        }

        _signal.Set();
    }

    private bool IsFull()
    {
        lock (_gate)
        {
            return _buffer.Count >= _room;
        }
    }

    private void Take(RedisEntry entry)
    {
        lock (_gate)
        {
            if (entry.Log != _log)
            {
                Adopt(entry);
            }

            if (_expected < 0)
            {
                _expected = entry.From;
            }

            if (entry.From > _expected)
            {
                Skip(entry);
            }

            if (_epochs.Count == 0 || _epochs[^1].Epoch != entry.Epoch)
            {
                _epochs.Add((Math.Max(entry.From, _expected), entry.Epoch));
            }

            for (var i = (int)Math.Max(0, _expected - entry.From); i < entry.Count; i++)
            {
                Enqueue(_topic.Decode(entry.Body(i)), entry.From + i);
            }

            _after = RedisEntries.Id(entry.Epoch, entry.Until);
            _expected = Math.Max(_expected, entry.Until);
            _hasReceived = true;
        }
    }

    // All was lost, and the publisher began anew. Who has read of the old log cannot know what it missed.
    private void Adopt(RedisEntry entry)
    {
        if (_log != 0)
        {
            if (_reading.Consumer is not null && _hasReceived)
            {
                throw TopicErrors.OffsetGone.Fault(
                    $"Topic {_topic.Name} was begun anew by the publisher with epoch {entry.Epoch}; offset {_expected} was due.");
            }

            _expected = entry.From;
            _epochs.Clear();
            _acknowledged = _position = entry.From;
        }

        _log = entry.Log;
    }

    private void Skip(RedisEntry entry)
    {
        if (_reading.Consumer is not null)
        {
            throw TopicErrors.OffsetGone.Fault(
                $"Topic {_topic.Name} has offset {entry.From} where {_expected} was due.");
        }

        _skipped += entry.From - _expected;
        _expected = entry.From;
    }

    private void Enqueue(T message, long offset)
    {
        _buffer.Enqueue((message, offset));
        if (_reading.Consumer is null && _buffer.Count > _room)
        {
            _buffer.Dequeue();
            _skipped++;
        }
    }

    // Under the lock. Reading goes on behind the id made of this; an epoch too low only makes it read more.
    private ConsumerMark Mark()
    {
        while (_epochs.Count > 1 && _epochs[1].From < _acknowledged)
        {
            _epochs.RemoveAt(0);
        }

        var epoch = _epochs.Count > 0 && _epochs[0].From < _acknowledged ? _epochs[0].Epoch : 0;
        return new ConsumerMark(_log, epoch, _acknowledged);
    }

    private async Task MarkAsync(CancellationToken cancel)
    {
        var key = RedisTopics.Key(_topic.Name, "acks");
        while (true)
        {
            ConsumerMark mark;
            bool isDue;
            lock (_gate)
            {
                (isDue, _isMarkDue) = (_isMarkDue, false);
                if (!isDue && _isEnding)
                {
                    return;
                }

                mark = Mark();
            }

            if (!isDue)
            {
                await _hasMark.WaitAsync(cancel);
                continue;
            }

            try
            {
                var connection = await _hub.Link.UpAsync(cancel);
                var commands = new RedisCommands { IsTerse = true };
                commands.Add("HSET", key, _reading.Consumer!, mark.ToString());
                commands.Add(
                    "PUBLISH", key, string.Create(CultureInfo.InvariantCulture, $"{_reading.Consumer} {mark.Log} {mark.Until}"));
                foreach (var reply in await connection.SendAsync(commands, cancel))
                {
                    reply.OrThrow();
                }
            }
            catch (FaultException fault)
            {
                lock (_gate)
                {
                    _isMarkDue = true;
                }

                LogRefused(_topic.Name, fault.Reason.Code, fault.Message);
                await Task.Delay(Pause, _hub.Time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Topic {Topic} cannot be read ({Code}), tries again: {Reason}")]
    private partial void LogRefused(string topic, string code, string reason);
}
