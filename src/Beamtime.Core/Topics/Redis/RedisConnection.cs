using System.Net.Sockets;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// One connection to Redis. Commands of many callers go out in one stream, what gathers while the socket is busy in one
/// write; replies come in the order of the commands. At most <see cref="MostInFlight"/> batches wait for their replies,
/// further callers wait. When the connection ends everything that waits ends with <c>redis.lost</c>.
/// </summary>
internal sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>Batches that may wait for their replies.</summary>
    public const int MostInFlight = 256;

    private const int UsualBuffer = 64 * 1024;
    private readonly string _name;
    private readonly Stream _stream;
    private readonly Action<RespValue> _onPush;
    private readonly TimeSpan _replyTimeout;
    private readonly int _replyLimit;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _places = new(MostInFlight);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<FaultException> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _watch;
    private Task _loops = Task.CompletedTask;

    // Of the callers and the writer, under the lock.
    private readonly Lock _gate = new();
    private readonly Queue<Batch> _waiting = new();
    private readonly TopicSignal _hasBytes = new();
    private byte[] _out = new byte[UsualBuffer];
    private int _outLength;
    private FaultException? _reason;

    /// <summary>A connection over an open stream; <see cref="Start"/> makes it live.</summary>
    /// <param name="name">The address, for messages.</param>
    /// <param name="stream">The stream; ended with the connection.</param>
    /// <param name="onPush">Told what Redis says without being asked; must not throw.</param>
    /// <param name="replyTimeout">How long a reply may take.</param>
    /// <param name="replyLimit">Bytes that a reply may have.</param>
    /// <param name="time">The clock.</param>
    public RedisConnection(
        string name, Stream stream, Action<RespValue> onPush, TimeSpan replyTimeout, int replyLimit, TimeProvider time)
    {
        _name = name;
        _stream = stream;
        _onPush = onPush;
        _replyTimeout = replyTimeout;
        _replyLimit = replyLimit;
        _time = time;
    }

    /// <summary>Ends with the reason when the connection has ended.</summary>
    public Task<FaultException> Closed => _closed.Task;

    /// <summary>Begins to read and write.</summary>
    public void Start()
    {
        _loops = Task.WhenAll(WriteLoopAsync(), ReadLoopAsync());
        var second = TimeSpan.FromSeconds(1);
        _watch = _time.CreateTimer(static c => ((RedisConnection)c!).LookForSilence(), this, second, second);
    }

    /// <summary>Sends commands and waits for their replies, in their order; an error is a reply as well.</summary>
    /// <param name="commands">The commands; not used any more.</param>
    /// <param name="cancel">Ends the wait; the commands may be carried out all the same.</param>
    /// <exception cref="FaultException"><c>redis.lost</c> when the connection has ended: whether they were carried out is unknown.</exception>
    public async ValueTask<RespValue[]> SendAsync(RedisCommands commands, CancellationToken cancel)
    {
        await _places.WaitAsync(cancel);
        return await PostAsync(commands).WaitAsync(cancel);
    }

    /// <summary>Sends one command and gives its reply.</summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="words">Name and arguments.</param>
    /// <exception cref="FaultException">The reply is an error, or <c>redis.lost</c>.</exception>
    public async ValueTask<RespValue> AskAsync(CancellationToken cancel, params string[] words) =>
        (await SendAsync(RedisCommands.Of(words), cancel))[0].OrThrow();

    /// <summary>Ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(RedisErrors.Lost.Fault($"The connection to {_name} was closed."));
        await _loops;
        _stop.Dispose();
    }

    private Task<RespValue[]> PostAsync(RedisCommands commands)
    {
        var batch = new Batch(commands.Count, commands.IsTerse, _time.GetTimestamp(), _replyTimeout + commands.Blocks);
        lock (_gate)
        {
            if (_reason is not null)
            {
                return Task.FromException<RespValue[]>(_reason);
            }

            var bytes = commands.Bytes;
            if (_outLength + bytes.Length > _out.Length)
            {
                Array.Resize(ref _out, Math.Max(_out.Length * 2, _outLength + bytes.Length));
            }

            bytes.CopyTo(_out.AsSpan(_outLength));
            _outLength += bytes.Length;
            _waiting.Enqueue(batch);
        }

        _hasBytes.Set();
        return batch.Task;
    }

    private async Task WriteLoopAsync()
    {
        var spare = new byte[UsualBuffer];
        try
        {
            while (true)
            {
                await _hasBytes.WaitAsync(_stop.Token);
                int length;
                lock (_gate)
                {
                    (_out, spare, length, _outLength) = (spare, _out, _outLength, 0);
                }

                if (length > 0)
                {
                    await _stream.WriteAsync(spare.AsMemory(0, length), _stop.Token);
                    if (spare.Length > UsualBuffer * 16)
                    {
                        spare = new byte[UsualBuffer];
                    }
                }
            }
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            await EndAsync(RedisErrors.Lost.Fault($"The connection to {_name} ended: {error.Message}", error));
        }
    }

    private async Task ReadLoopAsync()
    {
        try
        {
            var scanner = new RespScanner(_replyLimit);
            var buffer = new byte[UsualBuffer];
            var (begin, end) = (0, 0);
            while (true)
            {
                if (begin == end)
                {
                    (begin, end) = (0, 0);
                }
                else if (end == buffer.Length)
                {
                    var larger = begin > buffer.Length / 2 ? buffer : new byte[buffer.Length * 2];
                    buffer.AsSpan(begin, end - begin).CopyTo(larger);
                    (buffer, begin, end) = (larger, 0, end - begin);
                }

                var count = await _stream.ReadAsync(buffer.AsMemory(end), _stop.Token);
                if (count == 0)
                {
                    await EndAsync(RedisErrors.Lost.Fault($"{_name} closed the connection."));
                    return;
                }

                end += count;
                while (begin < end && scanner.TryFind(buffer.AsSpan(begin, end - begin), out var length))
                {
                    Take(buffer.AsSpan(begin, length));
                    begin += length;
                }

                if (begin == end && buffer.Length > UsualBuffer * 64)
                {
                    buffer = new byte[UsualBuffer];
                }
            }
        }
        catch (FaultException fault)
        {
            await EndAsync(fault);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            await EndAsync(RedisErrors.Lost.Fault($"The connection to {_name} ended: {error.Message}", error));
        }
    }

    private void Take(ReadOnlySpan<byte> reply)
    {
        if (reply[0] == '>')
        {
            _onPush(RespParser.Parse(reply.ToArray()));
            return;
        }

        Batch? batch;
        lock (_gate)
        {
            _waiting.TryPeek(out batch);
        }

        if (batch is null)
        {
            throw RedisErrors.Protocol.Fault($"{_name} sent a reply that nobody waits for.");
        }

        var isOfNoInterest = batch.IsTerse && reply[0] is not ((byte)'-' or (byte)'!' or (byte)'_') && !reply.StartsWith("$-1"u8);
        if (batch.Take(isOfNoInterest ? RespValue.Of(default(ReadOnlyMemory<byte>)) : RespParser.Parse(reply.ToArray())))
        {
            lock (_gate)
            {
                _waiting.Dequeue();
            }

            _places.Release();
            batch.Complete();
        }
    }

    // Called by the timer; must not throw.
    private void LookForSilence()
    {
        Batch? oldest;
        lock (_gate)
        {
            _waiting.TryPeek(out oldest);
        }

        if (oldest is not null && _time.GetElapsedTime(oldest.SentAt) > oldest.Allowed)
        {
            _ = EndAsync(RedisErrors.Lost.Fault($"{_name} did not answer within {oldest.Allowed.TotalSeconds:0.###} s."));
        }
    }

    private async Task EndAsync(FaultException reason)
    {
        Batch[] waiting;
        lock (_gate)
        {
            if (_reason is not null)
            {
                return;
            }

            _reason = reason;
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        if (_watch is not null)
        {
            await _watch.DisposeAsync();
        }

        await _stop.CancelAsync();
        await _stream.DisposeAsync();
        foreach (var batch in waiting)
        {
            batch.Fail(reason);
        }

        _places.Release(MostInFlight);
        _closed.TrySetResult(reason);
    }

    private sealed class Batch(int count, bool isTerse, long sentAt, TimeSpan allowed)
    {
        private readonly RespValue[] _replies = new RespValue[count];
        private readonly TaskCompletionSource<RespValue[]> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _taken;

        public bool IsTerse => isTerse;

        public long SentAt => sentAt;

        public TimeSpan Allowed => allowed;

        public Task<RespValue[]> Task => _done.Task;

        public bool Take(RespValue reply)
        {
            _replies[_taken++] = reply;
            return _taken == count;
        }

        public void Complete() => _done.TrySetResult(_replies);

        public void Fail(FaultException reason) => _done.TrySetException(reason);
    }
}
