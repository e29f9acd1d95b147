using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// Announces on named channels that something was committed: the first at once, then at most one in 10 ms per channel.
/// Sent apart from the transaction, because NOTIFY inside it makes commits wait for each other. What is lost here is
/// found by the listeners' poll.
/// </summary>
internal sealed partial class Notifier : IAsyncDisposable
{
    /// <summary>The one PostgreSQL channel; ours is its payload, so that listeners need no LISTEN each.</summary>
    public const string PostgresChannel = "beamtime";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _lastSent = new(StringComparer.Ordinal);
    private readonly HashSet<string> _waiting = new(StringComparer.Ordinal);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly CancellationTokenSource _stopping = new();
    private readonly NpgsqlDataSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _loop;

    public Notifier(NpgsqlDataSource source, TimeProvider time, ILogger log)
    {
        (_source, _time, _log) = (source, time, log);
        _loop = RunAsync(_stopping.Token);
    }

    /// <summary>Announces on a channel; returns at once. Call it after the commit.</summary>
    public void Notify(string channel)
    {
        lock (_lock)
        {
            _waiting.Add(channel);
        }

        _wake.Writer.TryWrite(true);
    }

    public async ValueTask DisposeAsync()
    {
        _wake.Writer.TryComplete();
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (await _wake.Reader.WaitToReadAsync(cancel))
            {
                _wake.Reader.TryRead(out _);
                while (TakeDue() is var (due, pause) && (due.Length > 0 || pause > TimeSpan.Zero))
                {
                    if (due.Length > 0)
                    {
                        await SendAsync(due, cancel);
                    }
                    else
                    {
                        await Task.Delay(pause, _time, cancel);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // What still waits is found by the listeners' poll.
        }
    }

    private (string[] Due, TimeSpan Pause) TakeDue()
    {
        lock (_lock)
        {
            var pause = Interval;
            var due = new List<string>();
            foreach (var channel in _waiting)
            {
                var left = _lastSent.TryGetValue(channel, out var sent)
                    ? Interval - _time.GetElapsedTime(sent)
                    : TimeSpan.Zero;
                if (left <= TimeSpan.Zero)
                {
                    due.Add(channel);
                }
                else if (left < pause)
                {
                    pause = left;
                }
            }

            foreach (var channel in due)
            {
                _waiting.Remove(channel);
                _lastSent[channel] = _time.GetTimestamp();
            }

            return ([.. due], _waiting.Count > 0 ? pause : TimeSpan.Zero);
        }
    }

    private async Task SendAsync(string[] channels, CancellationToken cancel)
    {
        try
        {
            await using var command = _source.CreateCommand("select pg_notify($1, c) from unnest($2) c");
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = PostgresChannel });
            command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = channels });
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (NpgsqlException error)
        {
            NotSent(error, string.Join(", ", channels));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No notification could be sent on {Channels}; listeners find the change by polling")]
    private partial void NotSent(Exception error, string channels);
}
