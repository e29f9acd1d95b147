using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Beamtime.Core.Topics.Spool;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// Topics over Redis, between roles in several processes. The hub has one link for commands; each subscription and
/// each answerer has one of its own, on which it waits. The hub's epoch, higher than that of every hub before it, tells
/// its streams' entries and its questions from those of others.
/// </summary>
internal sealed class RedisTopics : TopicHub
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2);
    private readonly Func<CancellationToken, ValueTask<long>> _nextEpoch;
    private readonly TopicOptions _options;
    private readonly ILogger _log;
    private readonly RedisDialer _dialer;
    private readonly Random _seeds;
    private readonly ConcurrentDictionary<string, Action<string>> _channels = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<IRedisPart, bool> _parts = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private Task<long>? _epoch;
    private readonly Lazy<RedisReplies> _replies;
    private long _clockOffset;
    private bool _isDisposed;

    /// <summary>Opens topics over Redis; does not wait for Redis.</summary>
    /// <param name="options">Where Redis is, and limits.</param>
    /// <param name="nextEpoch">A number higher than any it gave before, from a sequence of the database; waits until it has one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Takes outages.</param>
    /// <param name="seed">Of the jitter between attempts to connect.</param>
    /// <exception cref="Beamtime.Sdk.Errors.RefusedException"><c>redis.url</c>.</exception>
    public RedisTopics(
        TopicOptions options,
        Func<CancellationToken, ValueTask<long>> nextEpoch,
        TimeProvider time,
        ILogger log,
        int seed)
    {
        _options = options;
        _nextEpoch = nextEpoch;
        Time = time;
        _log = log;
        _seeds = new Random(seed);
        _dialer = new RedisDialer(options, time);
        _replies = new Lazy<RedisReplies>(() => new RedisReplies(this, options));
        Link = NewLink(new RedisLinkListener
        {
            OnPush = Pushed,
            PrepareAsync = PrepareAsync,
            OnUp = () => EachPart(static part => part.OnUp()),
            OnDown = () => EachPart(static part => part.OnDown()),
        });
        _timer = time.CreateTimer(_ => EachPart(static part => part.OnTick()), null, Tick, Tick);
    }

    /// <summary>Keeps what publishers of this process have said on this host's disk; null to keep it in memory alone.</summary>
    public RoleSpool? Spool { get; init; }

    /// <summary>The link for commands.</summary>
    internal RedisLink Link { get; }

    /// <summary>The clock of this process.</summary>
    internal TimeProvider Time { get; }

    /// <summary>Redis' clock less this process's.</summary>
    internal TimeSpan ClockOffset => TimeSpan.FromTicks(Interlocked.Read(ref _clockOffset));

    /// <summary>Limits.</summary>
    internal TopicOptions Options => _options;

    /// <summary>Where answers to this process's questions arrive.</summary>
    internal RedisReplies Replies => _replies.Value;

    /// <summary>Takes notes of what the loops meet.</summary>
    internal ILogger Log => _log;

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
        {
            return;
        }

        await _timer.DisposeAsync();
        foreach (var part in _parts.Keys.OrderBy(p => p.EndsAt))
        {
            await part.DisposeAsync();
        }

        await _stop.CancelAsync();
        await Link.DisposeAsync();
    }

    /// <summary>This hub's epoch.</summary>
    /// <param name="cancel">Ends the wait.</param>
    internal Task<long> EpochAsync(CancellationToken cancel)
    {
        lock (_gate)
        {
            _epoch ??= _nextEpoch(_stop.Token).AsTask();
            return _epoch.WaitAsync(cancel);
        }
    }

    /// <summary>A further link, for somebody who waits on it.</summary>
    internal RedisLink NewLink(RedisLinkListener listener)
    {
        lock (_seeds)
        {
            return new RedisLink(_dialer, listener, _seeds.Next(), Time, _log);
        }
    }

    /// <summary>Calls a part when the link comes and goes and now and then, and ends it with the hub.</summary>
    internal void Add(IRedisPart part) => _parts.TryAdd(part, true);

    /// <summary>The part has ended.</summary>
    internal void Remove(IRedisPart part) => _parts.TryRemove(part, out _);

    /// <summary>Listens to a channel, now and after every new connection.</summary>
    /// <param name="channel">Its name.</param>
    /// <param name="heard">Told what is said there; must not throw.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task ListenAsync(string channel, Action<string> heard, CancellationToken cancel)
    {
        _channels[channel] = heard;
        var connection = await Link.UpAsync(cancel);
        (await connection.SendAsync(new RedisCommands().AddPushed("SUBSCRIBE", channel).Add("PING"), cancel))[0].OrThrow();
    }

    /// <inheritdoc/>
    protected override Topic<T> Create<T>(TopicDeclaration<T> declaration) => new RedisTopic<T>(this, declaration);

    /// <inheritdoc/>
    protected override RequestTopic<TRequest, TReply> Create<TRequest, TReply>(
        RequestDeclaration<TRequest, TReply> declaration) => new RedisRequestTopic<TRequest, TReply>(this, declaration);

    private async Task PrepareAsync(RedisConnection connection, CancellationToken cancel)
    {
        var before = Time.GetUtcNow();
        var clock = await connection.AskAsync(cancel, "TIME");
        var now = DateTimeOffset.FromUnixTimeSeconds(clock.Items[0].Integer) + TimeSpan.FromMicroseconds(clock.Items[1].Integer);
        Interlocked.Exchange(ref _clockOffset, (now - (before + ((Time.GetUtcNow() - before) / 2))).Ticks);
        string[] channels = [.. _channels.Keys];
        if (channels.Length > 0)
        {
            var commands = new RedisCommands().AddPushed(["SUBSCRIBE", .. channels]).Add("PING");
            (await connection.SendAsync(commands, cancel))[0].OrThrow();
        }
    }

    private void Pushed(RespValue push)
    {
        if (push.Items is [var kind, var channel, var said] && kind.Bytes.Span.SequenceEqual("message"u8)
            && _channels.TryGetValue(channel.ToString(), out var heard))
        {
            heard(said.ToString());
        }
    }

    private void EachPart(Action<IRedisPart> tell)
    {
        foreach (var part in _parts.Keys)
        {
            tell(part);
        }
    }

    /// <summary>The key of a topic, or of something that belongs to it.</summary>
    internal static string Key(string name, string what = "") =>
        what.Length == 0 ? $"beamtime:{name}" : $"beamtime:{name}:{what}";

    /// <summary>The key of the answers for an asker.</summary>
    internal static string ReplyKey(long asker) => string.Create(CultureInfo.InvariantCulture, $"beamtime:replies:{asker}");

    /// <summary>A key as it is sent.</summary>
    internal static byte[] Bytes(string key) => Encoding.UTF8.GetBytes(key);
}

/// <summary>Something of a hub that wants to know of its link; nothing here may throw or wait.</summary>
internal interface IRedisPart : IAsyncDisposable
{
    /// <summary>Order in which parts end.</summary>
    int EndsAt { get; }

    /// <summary>The link is up.</summary>
    void OnUp();

    /// <summary>The link is down.</summary>
    void OnDown();

    /// <summary>Some seconds have passed.</summary>
    void OnTick();
}
