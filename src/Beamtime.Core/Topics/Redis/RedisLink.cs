using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// Keeps one connection to Redis up: when it ends another is made, after pauses that grow from 20 ms to 2 s with
/// full jitter, so that many processes do not come back in the same moment.
/// </summary>
internal sealed partial class RedisLink : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);
    private readonly RedisDialer _dialer;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private volatile TaskCompletionSource<RedisConnection> _current = New();
    private volatile RedisConnection? _up;

    /// <summary>A link that begins to connect at once.</summary>
    /// <param name="dialer">Makes connections.</param>
    /// <param name="listener">Told of what happens.</param>
    /// <param name="seed">Of the jitter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Takes outages.</param>
    public RedisLink(RedisDialer dialer, RedisLinkListener listener, int seed, TimeProvider time, ILogger log)
    {
        _dialer = dialer;
        _random = new Random(seed);
        _time = time;
        _log = log;
        _running = RunAsync(listener, _stop.Token);
    }

    /// <summary>The connection where it is up now.</summary>
    public RedisConnection? Now => _up is { Closed.IsCompleted: false } up ? up : null;

    /// <summary>What the last attempt to connect failed with; null while the link is up.</summary>
    public FaultException? Trouble { get; private set; }

    /// <summary>Times that the link came up.</summary>
    public long Connections { get; private set; }

    /// <summary>The connection, as soon as the link is up.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<RedisConnection> UpAsync(CancellationToken cancel)
    {
        while (true)
        {
            var current = _current;
            var connection = await current.Task.WaitAsync(cancel);
            if (!connection.Closed.IsCompleted)
            {
                return connection;
            }

            // The loop has not yet seen that it ended.
            Interlocked.CompareExchange(ref _current, New(), current);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static TaskCompletionSource<RedisConnection> New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync(RedisLinkListener listener, CancellationToken cancel)
    {
        var attempts = 0;
        while (!cancel.IsCancellationRequested)
        {
            RedisConnection? connection = null;
            try
            {
                connection = await _dialer.ConnectAsync(listener.OnPush, cancel);
                await listener.PrepareAsync(connection, cancel);
                attempts = 0;
                Trouble = null;
                Connections++;
                Offer(connection);
                listener.OnUp();
                Trouble = await connection.Closed.WaitAsync(cancel);
                LogLost(Trouble.Message);
            }
            catch (FaultException fault)
            {
                if (Trouble?.Reason.Code != fault.Reason.Code)
                {
                    LogTrouble(fault.Reason.Code, fault.Message);
                }

                Trouble = fault;
            }
            catch (RefusedException refused)
            {
                Trouble = new FaultException(refused.Reasons[0], refused);
                LogTrouble(Trouble.Reason.Code, refused.Message);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
            }
            finally
            {
                if (connection is not null)
                {
                    Withdraw(connection);
                    await connection.DisposeAsync();
                    listener.OnDown();
                }
            }

            var ceiling = Math.Min(FirstPause.TotalSeconds * Math.Pow(2, attempts++), LongestPause.TotalSeconds);
            await Task.Delay(TimeSpan.FromSeconds(ceiling * _random.NextDouble()), _time, cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _current.TrySetCanceled(cancel);
    }

    private void Offer(RedisConnection connection)
    {
        _up = connection;
        while (true)
        {
            var current = _current;
            if (current.TrySetResult(connection))
            {
                return;
            }

            Interlocked.CompareExchange(ref _current, New(), current);
        }
    }

    private void Withdraw(RedisConnection connection)
    {
        if (_up == connection)
        {
            _up = null;
            var current = _current;
            if (current.Task.IsCompleted)
            {
                Interlocked.CompareExchange(ref _current, New(), current);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The link to Redis is lost and made again: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis cannot be reached ({Code}): {Reason}")]
    private partial void LogTrouble(string code, string reason);
}

/// <summary>What somebody does when a link comes and goes.</summary>
internal sealed record RedisLinkListener
{
    /// <summary>For links that nobody listens to.</summary>
    public static RedisLinkListener None { get; } = new();

    /// <summary>Told what Redis says without being asked; must not throw.</summary>
    public Action<RespValue> OnPush { get; init; } = _ => { };

    /// <summary>First commands on a new connection, before anybody else gets it.</summary>
    public Func<RedisConnection, CancellationToken, Task> PrepareAsync { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>The link is up; must not throw or wait.</summary>
    public Action OnUp { get; init; } = () => { };

    /// <summary>The link is down; must not throw or wait.</summary>
    public Action OnDown { get; init; } = () => { };
}
