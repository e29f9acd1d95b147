using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// The stream on which answers to this process's questions arrive, whatever they were asked on. It is made before the
/// first question goes out and made again should Redis lose it; then everything that is not answered is asked again.
/// </summary>
internal sealed partial class RedisReplies : IRedisPart
{
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly RedisTopics _hub;
    private readonly ILogger _logger;
    private readonly RedisLink _link;
    private readonly ConcurrentDictionary<string, RedisAsker> _askers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private readonly Lock _gate = new();
    private bool _isMade;
    private bool _isLinkUp;

    /// <summary>Begins to listen.</summary>
    public RedisReplies(RedisTopics hub, TopicOptions options)
    {
        _hub = hub;
        _logger = hub.Log;
        // A process that died leaves its stream behind; Redis removes it.
        Expiry = ((long)(TimeSpan.FromHours(1) + options.Patience).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        _link = hub.NewLink(RedisLinkListener.None);
        hub.Add(this);
        if (hub.Link.Now is not null)
        {
            OnUp();
        }

        _running = RunAsync(_stop.Token);
    }

    /// <inheritdoc/>
    public int EndsAt => 4;

    private string Expiry { get; }

    /// <summary>Gives an asker its answers, and tells it when questions can be asked.</summary>
    public void Add(RedisAsker asker)
    {
        lock (_gate)
        {
            _askers[asker.Name] = asker;
            if (_isMade && _isLinkUp)
            {
                asker.Up();
            }
        }
    }

    /// <inheritdoc/>
    public void OnUp() => Change(isLinkUp: true, _isMade);

    /// <inheritdoc/>
    public void OnDown() => Change(isLinkUp: false, _isMade);

    /// <inheritdoc/>
    public void OnTick()
    {
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _link.DisposeAsync();
        _hub.Remove(this);
        _stop.Dispose();
    }

    private void Change(bool isLinkUp, bool isMade)
    {
        lock (_gate)
        {
            (_isLinkUp, _isMade) = (isLinkUp, isMade);
            foreach (var asker in _askers.Values)
            {
                if (isLinkUp && isMade)
                {
                    asker.Up();
                }
                else
                {
                    asker.Down();
                }
            }
        }
    }

    private async Task RunAsync(CancellationToken cancel)
    {
        var key = RedisTopics.ReplyKey(await _hub.EpochAsync(cancel));
        var after = "0-0";
        while (!cancel.IsCancellationRequested)
        {
            RedisConnection? connection = null;
            try
            {
                connection = await _link.UpAsync(cancel);
                while (true)
                {
                    if (await MakeAsync(connection, key, cancel))
                    {
                        after = "0-0";
                        Change(_isLinkUp, isMade: true);
                    }

                    for (string? read; (read = await ReadAsync(connection, key, after, cancel)) is not null;)
                    {
                        after = read;
                    }
                }
            }
            catch (FaultException fault)
            {
                if (connection is { Closed.IsCompleted: false })
                {
                    LogRefused(fault.Reason.Code, fault.Message);
                    await Task.Delay(Pause, _hub.Time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
            }
        }
    }

    // True when the stream was missing.
    private async Task<bool> MakeAsync(RedisConnection connection, string key, CancellationToken cancel)
    {
        var isThere = await connection.AskAsync(cancel, "PEXPIRE", key, Expiry);
        if (isThere.Integer == 1)
        {
            return false;
        }

        var replies = await connection.SendAsync(
            new RedisCommands()
                .Add("XGROUP", "CREATE", key, "made", "0", "MKSTREAM")
                .Add("XGROUP", "DESTROY", key, "made")
                .Add("PEXPIRE", key, Expiry),
            cancel);
        foreach (var reply in replies)
        {
            reply.OrThrow();
        }

        return true;
    }

    // Reads once and removes what was read before; null when nothing came.
    private async Task<string?> ReadAsync(RedisConnection connection, string key, string after, CancellationToken cancel)
    {
        var (time, sequence) = RedisEntries.Id(Encoding.UTF8.GetBytes(after));
        var commands = new RedisCommands { Blocks = Block };
        commands.Add("XTRIM", key, "MINID", RedisEntries.Id(time, sequence + 1));
        commands.Add("XREAD", "COUNT", "64", "BLOCK", ((long)Block.TotalMilliseconds).ToString(CultureInfo.InvariantCulture), "STREAMS", key, after);
        var replies = await connection.SendAsync(commands, cancel);
        replies[0].OrThrow();
        if (replies[1].OrThrow().IsNull)
        {
            return null;
        }

        foreach (var item in replies[1].Items[1].Items)
        {
            after = item.Items[0].ToString();
            Take(item.Items[1].Items);
        }

        return after;
    }

    // re: topic, number, answerer's epoch, kind; b: what was answered
    private void Take(IReadOnlyList<RespValue> fields)
    {
        if (fields.Count != 4)
        {
            return;
        }

        var parts = fields[1].ToString().Split(' ');
        if (parts.Length == 4 && _askers.TryGetValue(parts[0], out var asker)
            && Utf8Parser.TryParse(Encoding.UTF8.GetBytes(parts[1]), out long number, out _)
            && Utf8Parser.TryParse(Encoding.UTF8.GetBytes(parts[2]), out long epoch, out _))
        {
            asker.Take(number, epoch, new RedisAnswer(parts[3][0], fields[3].Bytes));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Answers cannot be read ({Code}), tries again: {Reason}")]
    private partial void LogRefused(string code, string reason);
}
