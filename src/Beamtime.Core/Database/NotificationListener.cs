using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// Hears what <see cref="Notifier"/> announces, over one connection that is opened at the first subscription and again
/// whenever it is lost. After each loss every subscriber is woken once, because something may have been missed.
/// </summary>
internal sealed partial class NotificationListener : IAsyncDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<NotificationSubscription, bool> _subscriptions = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _connectionString;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private Task? _loop;

    public NotificationListener(NpgsqlConnectionStringBuilder connection, TimeProvider time, ILogger log)
    {
        _connectionString = new NpgsqlConnectionStringBuilder(connection.ConnectionString)
        {
            Pooling = false,
            KeepAlive = 30,
            ApplicationName = "beamtime listener",
        }.ConnectionString;
        (_time, _log) = (time, log);
    }

    /// <summary>Begins to hear a channel; dispose it to stop.</summary>
    public NotificationSubscription Subscribe(string channel) => Add(channel, isPrefix: false);

    /// <summary>Begins to hear every channel whose name begins so; dispose it to stop.</summary>
    public NotificationSubscription SubscribeAll(string prefix) => Add(prefix, isPrefix: true);

    private NotificationSubscription Add(string channel, bool isPrefix)
    {
        var subscription = new NotificationSubscription(channel, isPrefix, _time, s => _subscriptions.TryRemove(s, out _));
        _subscriptions[subscription] = true;
        lock (_lock)
        {
            _loop ??= RunAsync(_stopping.Token);
        }

        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_loop is not null)
        {
            await _loop;
        }

        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        var pause = ShortestPause;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(_connectionString);
                connection.Notification += (_, received) => Raise(received.Payload);
                await connection.OpenAsync(cancel);
                await using (var listen = new NpgsqlCommand($"listen {Notifier.PostgresChannel}", connection))
                {
                    await listen.ExecuteNonQueryAsync(cancel);
                }

                pause = ShortestPause;
                Raise(null);
                while (true)
                {
                    await connection.WaitAsync(cancel);
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException error)
            {
                Lost(error, pause.TotalSeconds);
            }

            try
            {
                await Task.Delay(pause, _time, cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private void Raise(string? channel)
    {
        foreach (var (subscription, _) in _subscriptions)
        {
            if (channel is null || subscription.Hears(channel))
            {
                subscription.Raise();
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection for notifications was lost; trying again in {Seconds} s")]
    private partial void Lost(Exception error, double seconds);
}

/// <summary>A flag that a notification raises and a wait lowers, so that none between two waits is missed.</summary>
/// <param name="channel">The channel it hears.</param>
/// <param name="isPrefix">Whether it hears every channel whose name begins so.</param>
/// <param name="time">Clock of the fallback.</param>
/// <param name="leave">Ends the subscription.</param>
internal sealed class NotificationSubscription(
    string channel, bool isPrefix, TimeProvider time, Action<NotificationSubscription> leave)
    : IDisposable
{
    private readonly Channel<bool> _flag = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public string Channel { get; } = channel;

    public bool Hears(string announced) =>
        isPrefix ? announced.StartsWith(Channel, StringComparison.Ordinal) : announced == Channel;

    public void Raise() => _flag.Writer.TryWrite(true);

    /// <summary>Waits for a notification or for as long as a poll may take; true when there was a notification.</summary>
    public async Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancel)
    {
        if (_flag.Reader.TryRead(out _))
        {
            return true;
        }

        using var deadline = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            return await _flag.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Dispose() => leave(this);
}
