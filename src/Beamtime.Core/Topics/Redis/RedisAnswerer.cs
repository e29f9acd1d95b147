using System.Collections.Concurrent;
using System.Globalization;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Topics.Redis;

/// <summary>A question as it arrives.</summary>
/// <param name="Body">What is asked.</param>
/// <param name="Trace">The asker's span, as W3C's <c>traceparent</c>; null for none.</param>
internal readonly record struct RedisQuestion(ReadOnlyMemory<byte> Body, string? Trace);

/// <summary>Answers a question; never throws.</summary>
/// <param name="question">The question.</param>
/// <param name="abandoned">Its asker gave up.</param>
internal delegate ValueTask<RedisAnswer> RedisAnswering(RedisQuestion question, CancellationToken abandoned);

/// <summary>
/// The one who answers a topic's questions. A question counts as taken when Redis has given it to this answerer, before
/// anything is done about it; one that an earlier answerer took is never given to a later one. Questions known by
/// their id are not begun twice, and an answer is kept until its asker has it, so that it can be sent again.
/// </summary>
internal sealed partial class RedisAnswerer : IRedisPart
{
    private const string Group = "answerer";
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly RedisTopics _hub;
    private readonly string _name;
    private readonly string _key;
    private readonly ILogger _logger;
    private readonly DeadlineWatch _expiries;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, AskerMemory> _askers = [];
    private readonly ConcurrentDictionary<Taken, bool> _unsent = new();
    private long _epoch;

    /// <summary>An answerer that remembers, and serves when it is asked to.</summary>
    public RedisAnswerer(RedisTopics hub, string name)
    {
        _hub = hub;
        _name = name;
        _key = RedisTopics.Key(name, "questions");
        _logger = hub.Log;
        _expiries = new DeadlineWatch(hub.Time);
        hub.Add(this);
    }

    /// <inheritdoc/>
    public int EndsAt => 3;

    /// <summary>Answers questions until cancelled.</summary>
    /// <param name="answer">Gives the answer; never throws.</param>
    /// <param name="cancel">Ends answering.</param>
    public async Task ServeAsync(RedisAnswering answer, CancellationToken cancel)
    {
        _epoch = await _hub.EpochAsync(cancel);
        await using var link = _hub.NewLink(RedisLinkListener.None);
        var isFirst = true;
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            RedisConnection? connection = null;
            try
            {
                connection = await link.UpAsync(cancel);
                await MakeGroupAsync(connection, cancel);
                if (isFirst)
                {
                    await ForgetTakenAsync(connection, cancel);
                    isFirst = false;
                }

                // What was given to this answerer on a connection that ended, before what is new.
                List<string> done = [];
                while (await ReadAsync(connection, "0", done, answer, cancel))
                {
                }

                while (true)
                {
                    await ReadAsync(connection, ">", done, answer, cancel);
                }
            }
            catch (FaultException fault)
            {
                var isGroupGone = fault.Message.Contains("NOGROUP", StringComparison.Ordinal);
                if (connection is { Closed.IsCompleted: false } && !isGroupGone)
                {
                    LogRefused(_name, fault.Reason.Code, fault.Message);
                    await Task.Delay(Pause, _hub.Time, cancel);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void OnUp()
    {
        foreach (var taken in _unsent.Keys)
        {
            Send(taken);
        }
    }

    /// <inheritdoc/>
    public void OnDown()
    {
    }

    /// <inheritdoc/>
    public void OnTick()
    {
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _hub.Remove(this);
        return ValueTask.CompletedTask;
    }

    private async Task MakeGroupAsync(RedisConnection connection, CancellationToken cancel)
    {
        var reply = (await connection.SendAsync(RedisCommands.Of("XGROUP", "CREATE", _key, Group, "0", "MKSTREAM"), cancel))[0];
        if (reply.Kind == RespKind.Error && !reply.Bytes.Span.StartsWith("BUSYGROUP"u8))
        {
            throw RedisErrors.Of(reply);
        }
    }

    // Questions that an earlier answerer took: whether it acted is unknown, so nobody takes them again.
    private async Task ForgetTakenAsync(RedisConnection connection, CancellationToken cancel)
    {
        while (true)
        {
            var pending = await connection.AskAsync(cancel, "XPENDING", _key, Group, "-", "+", "256");
            if (pending.Items.Count == 0)
            {
                break;
            }

            var commands = new RedisCommands();
            Done(commands, [.. pending.Items.Select(p => p.Items[0].ToString())]);
            foreach (var reply in await connection.SendAsync(commands, cancel))
            {
                reply.OrThrow();
            }
        }

        var consumers = await connection.AskAsync(cancel, "XINFO", "CONSUMERS", _key, Group);
        foreach (var consumer in consumers.Items.Select(c => c.Field("name"u8).ToString()).Where(c => c != Me))
        {
            await connection.AskAsync(cancel, "XGROUP", "DELCONSUMER", _key, Group, consumer);
        }
    }

    private string Me => _epoch.ToString(CultureInfo.InvariantCulture);

    // What was read before is removed with the same round trip.
    private async Task<bool> ReadAsync(
        RedisConnection connection,
        string from,
        List<string> done,
        RedisAnswering answer,
        CancellationToken cancel)
    {
        var commands = new RedisCommands { Blocks = Block };
        if (done.Count > 0)
        {
            Done(commands, done);
            done.Clear();
        }

        commands.Add(
            "XREADGROUP",
            "GROUP",
            Group,
            Me,
            "COUNT",
            "64",
            "BLOCK",
            ((long)Block.TotalMilliseconds).ToString(CultureInfo.InvariantCulture),
            "STREAMS",
            _key,
            from);
        var replies = await connection.SendAsync(commands, cancel);
        foreach (var reply in replies)
        {
            reply.OrThrow();
        }

        if (replies[^1].IsNull)
        {
            return false;
        }

        var items = replies[^1].Items[1].Items;
        foreach (var item in items)
        {
            var id = item.Items[0];
            done.Add(id.ToString());
            if (item.Items[1].Items is { Count: >= 4 } fields && (fields[0], fields[1], fields[3]) is var (kind, header, body))
            {
                // What the asker does it for goes on here.
                using var correlation = Correlation.BeginOrKeep(More(fields, "c"u8));
                Take(RedisEntries.Id(id.Bytes.Span).Epoch, kind.ToString(), header.ToString(), new RedisQuestion(body.Bytes, More(fields, "t"u8)), answer);
            }
        }

        return items.Count > 0;
    }

    // A field behind those that every entry has.
    private static string? More(IReadOnlyList<RespValue> fields, ReadOnlySpan<byte> name)
    {
        for (var at = 4; at + 1 < fields.Count; at += 2)
        {
            if (fields[at].Bytes.Span.SequenceEqual(name))
            {
                return fields[at + 1].ToString();
            }
        }

        return null;
    }

    private void Done(RedisCommands commands, IReadOnlyList<string> ids)
    {
        commands.Add(["XACK", _key, Group, .. ids]);
        commands.Add(["XDEL", _key, .. ids]);
    }

    private void Take(
        long askedAt,
        string kind,
        string header,
        RedisQuestion question,
        RedisAnswering answer)
    {
        var parts = header.Split(' ');
        var numbers = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                LogStrange(_name, header);
                return;
            }
        }

        switch (kind, numbers)
        {
            case ("end", [var asker, var number]):
                Abandon(asker, number);
                break;
            case ("ask", [var asker, var number, var oldest, var allowed, var known, var again]):
                Begin(new Taken(this, asker, number, TimeSpan.FromMilliseconds(allowed)), oldest, askedAt, again == 1 && known != _epoch, question, answer);
                break;
            default:
                LogStrange(_name, header);
                break;
        }
    }

    private void Begin(
        Taken taken,
        long oldest,
        long askedAt,
        bool isInDoubt,
        RedisQuestion question,
        RedisAnswering answer)
    {
        Taken? known;
        lock (_gate)
        {
            if (!_askers.TryGetValue(taken.Asker, out var memory))
            {
                _askers[taken.Asker] = memory = new AskerMemory();
            }

            foreach (var had in memory.ForgetBefore(oldest))
            {
                _expiries.Remove(had);
                _unsent.TryRemove(had, out _);
            }

            if (taken.Number < memory.Oldest)
            {
                return;
            }

            if (!memory.Questions.TryGetValue(taken.Number, out known))
            {
                var late = _hub.Time.GetUtcNow() + _hub.ClockOffset - DateTimeOffset.FromUnixTimeMilliseconds(askedAt);
                if (late > taken.Allowed)
                {
                    return;
                }

                memory.Questions.Add(taken.Number, taken);
                _expiries.Add(taken, taken.Allowed + _hub.Options.Patience);
            }
        }

        if (known is not null)
        {
            if (known.Answer is not null)
            {
                Send(known);
            }
        }
        else if (isInDoubt)
        {
            Answered(taken, RedisAnswer.Of(_name, TopicErrors.RoleUnreachable.Fault(
                $"The role that answers {_name} was started again since this was asked; whether it had acted is unknown.")));
        }
        else
        {
            var begun = answer(question, taken.Abandoned.Token);
            if (begun.IsCompletedSuccessfully)
            {
                Answered(taken, begun.GetAwaiter().GetResult());
            }
            else
            {
                _ = AnswerLaterAsync(taken, begun);
            }
        }
    }

    private async Task AnswerLaterAsync(Taken taken, ValueTask<RedisAnswer> answer) => Answered(taken, await answer);

    private void Answered(Taken taken, RedisAnswer answer)
    {
        taken.Answer = answer;
        Send(taken);
    }

    private void Abandon(long asker, long number)
    {
        Taken? taken;
        lock (_gate)
        {
            if (!_askers.TryGetValue(asker, out var memory) || !memory.Questions.TryGetValue(number, out taken))
            {
                return;
            }
        }

        taken.Abandoned.Cancel();
    }

    private void Send(Taken taken)
    {
        _unsent[taken] = true;
        _ = SendAsync(taken, taken.Answer!.Value);
    }

    // Never throws. What could not be sent is sent when the link is up, or when it is asked again.
    private async Task SendAsync(Taken taken, RedisAnswer answer)
    {
        if (_hub.Link.Now is not { } connection)
        {
            return;
        }

        var commands = new RedisCommands(128 + answer.Body.Length) { IsTerse = true };
        commands.Begin(8);
        commands.Word("XADD"u8);
        commands.Word(RedisTopics.ReplyKey(taken.Asker));
        commands.Word("NOMKSTREAM"u8);
        commands.Word("*"u8);
        commands.Word("re"u8);
        commands.Word(string.Create(CultureInfo.InvariantCulture, $"{_name} {taken.Number} {_epoch} {answer.Kind}"));
        commands.Word("b"u8);
        commands.Word(answer.Body.Span);
        try
        {
            if (!(await connection.SendAsync(commands, CancellationToken.None))[0].OrThrow().IsNull)
            {
                _unsent.TryRemove(taken, out _);
            }
        }
        catch (FaultException fault)
        {
            LogRefused(_name, fault.Reason.Code, fault.Message);
        }
    }

    private void Forget(Taken taken)
    {
        lock (_gate)
        {
            if (taken.Answer is null)
            {
                // Still being answered; it is asked again at most until then.
                _expiries.Add(taken, taken.Allowed + _hub.Options.Patience);
                return;
            }

            _askers[taken.Asker].Questions.Remove(taken.Number);
            _unsent.TryRemove(taken, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Questions on {Topic} meet trouble with Redis ({Code}): {Reason}")]
    private partial void LogRefused(string topic, string code, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Questions on {Topic} have the entry '{Header}' that nobody here has written")]
    private partial void LogStrange(string topic, string header);

    private sealed class AskerMemory
    {
        public SortedDictionary<long, Taken> Questions { get; } = [];

        public long Oldest { get; private set; }

        public List<Taken> ForgetBefore(long number)
        {
            List<Taken> had = [];
            Oldest = Math.Max(Oldest, number);
            while (Questions.Count > 0 && Questions.First() is { Value: var oldest } && oldest.Number < number && oldest.Answer is not null)
            {
                Questions.Remove(oldest.Number);
                had.Add(oldest);
            }

            return had;
        }
    }

    private sealed class Taken(RedisAnswerer answerer, long asker, long number, TimeSpan allowed) : IExpiring
    {
        public long Asker => asker;

        public long Number => number;

        public TimeSpan Allowed => allowed;

        public RedisAnswer? Answer { get; set; }

        public CancellationTokenSource Abandoned { get; } = new();

        public DeadlineEntry Deadline { get; } = new();

        public void Expire(TimeSpan deadline) => answerer.Forget(this);
    }
}
