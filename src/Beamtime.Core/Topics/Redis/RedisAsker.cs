using System.Globalization;
using System.Threading.Channels;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// This process's questions on one topic. A question's id is the hub's epoch and a number that counts up. While the
/// link is down its deadline does not run; when it is up again the question is asked again under the same id, and its
/// deadline begins anew.
/// </summary>
internal sealed class RedisAsker
{
    private readonly RedisTopics _hub;
    private readonly byte[] _key;
    private readonly bool _isTraced;
    private readonly Channel<byte> _places;
    private readonly DeadlineWatch _deadlines;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, Question> _open = [];
    private long _next = 1;
    private long _knownEpoch;
    private long _asker;
    private bool _isUp;

    /// <summary>An asker of a topic.</summary>
    public RedisAsker(RedisTopics hub, string name, int capacity, bool isTraced)
    {
        _hub = hub;
        Name = name;
        _isTraced = isTraced;
        _key = RedisTopics.Bytes(RedisTopics.Key(name, "questions"));
        _places = Channel.CreateBounded<byte>(capacity);
        _deadlines = new DeadlineWatch(hub.Time);
        hub.Replies.Add(this);
    }

    /// <summary>The topic's name.</summary>
    public string Name { get; }

    /// <summary>Asks and waits for the answer.</summary>
    public async ValueTask<RedisAnswer> AskAsync(byte[] body, TimeSpan deadline, CancellationToken cancel)
    {
        using var span = _isTraced ? Tracing.Ask(Name) : null;
        _asker = await _hub.EpochAsync(cancel);
        if (!_places.Writer.TryWrite(0))
        {
            await WaitForPlaceAsync(deadline, cancel);
        }

        var question = new Question(this, body, deadline);
        try
        {
            lock (_gate)
            {
                question.Number = _next++;
                _open.Add(question.Number, question);
                _deadlines.Add(question, _isUp ? deadline : _hub.Options.Patience);
                if (_isUp)
                {
                    Send(question);
                }
            }

            return await question.Task.WaitAsync(cancel);
        }
        finally
        {
            lock (_gate)
            {
                _deadlines.Remove(question);
                _open.Remove(question.Number);
                if (!question.IsAnswered && question.WasSent && _isUp)
                {
                    SendEnd(question);
                }
            }

            _places.Reader.TryRead(out _);
        }
    }

    /// <summary>Questions can be asked: those that are open go out, again where they were out before.</summary>
    public void Up()
    {
        lock (_gate)
        {
            _isUp = true;
            foreach (var question in _open.Values)
            {
                _deadlines.Remove(question);
                _deadlines.Add(question, question.Allowed);
                Send(question);
            }
        }
    }

    /// <summary>The link is down: open questions wait for it.</summary>
    public void Down()
    {
        lock (_gate)
        {
            if (!_isUp)
            {
                return;
            }

            _isUp = false;
            foreach (var question in _open.Values)
            {
                _deadlines.Remove(question);
                _deadlines.Add(question, _hub.Options.Patience);
            }
        }
    }

    /// <summary>An answer has arrived.</summary>
    public void Take(long number, long epoch, RedisAnswer answer)
    {
        lock (_gate)
        {
            _knownEpoch = epoch;
            if (_open.TryGetValue(number, out var question))
            {
                question.IsAnswered = true;
                question.TrySetResult(answer);
            }
        }
    }

    private async ValueTask WaitForPlaceAsync(TimeSpan deadline, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(deadline, _hub.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            await _places.Writer.WriteAsync(0, either.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw Unreachable(deadline);
        }
    }

    // Under the lock, so that questions go out in the order of their numbers.
    private void Send(Question question)
    {
        var header = string.Create(
            CultureInfo.InvariantCulture,
            $"{_asker} {question.Number} {_open.Keys.First()} {(long)question.Allowed.TotalMilliseconds} {_knownEpoch} {(question.WasSent ? 1 : 0)}");
        question.WasSent = true;
        var commands = new RedisCommands(128 + question.Body.Length) { IsTerse = true };
        commands.Begin(7 + (question.Correlation is null ? 0 : 2) + (question.Trace is null ? 0 : 2));
        commands.Word("XADD"u8);
        commands.Word(_key);
        commands.Word("*"u8);
        commands.Word("ask"u8);
        commands.Word(header);
        commands.Word("b"u8);
        commands.Word(question.Body);
        if (question.Correlation is { } correlation)
        {
            commands.Word("c"u8);
            commands.Word(correlation);
        }

        if (question.Trace is { } trace)
        {
            commands.Word("t"u8);
            commands.Word(trace);
        }

        _ = SendAsync(commands, question);
    }

    private void SendEnd(Question question)
    {
        var commands = new RedisCommands { IsTerse = true };
        commands.Begin(7);
        commands.Word("XADD"u8);
        commands.Word(_key);
        commands.Word("*"u8);
        commands.Word("end"u8);
        commands.Word(string.Create(CultureInfo.InvariantCulture, $"{_asker} {question.Number}"));
        commands.Word("b"u8);
        commands.Word(""u8);
        _ = SendAsync(commands, null);
    }

    // Never throws. A lost connection is nothing to tell: the question is asked again on the next one.
    private async Task SendAsync(RedisCommands commands, Question? question)
    {
        if (_hub.Link.Now is not { } connection)
        {
            return;
        }

        try
        {
            (await connection.SendAsync(commands, CancellationToken.None))[0].OrThrow();
        }
        catch (FaultException fault)
        {
            if (fault.Reason.Code != RedisErrors.Lost.Code && fault.Reason.Code != RedisErrors.Protocol.Code)
            {
                question?.TrySetException(fault);
            }
        }
    }

    private FaultException Unreachable(TimeSpan waited) => TopicErrors.RoleUnreachable.Fault(
        $"No answer on {Name} within {waited.TotalSeconds:0.###} s{(_isUp ? "" : "; Redis is away")}.");

    private sealed class Question(RedisAsker asker, byte[] body, TimeSpan allowed)
        : TaskCompletionSource<RedisAnswer>(TaskCreationOptions.RunContinuationsAsynchronously), IExpiring
    {
        public byte[] Body => body;

        public TimeSpan Allowed => allowed;

        public string? Correlation { get; } = Telemetry.Correlation.Current;

        public string? Trace { get; } = asker._isTraced && Tracing.IsOn ? Tracing.Parent : null;

        public long Number { get; set; }

        public bool WasSent { get; set; }

        public bool IsAnswered { get; set; }

        public DeadlineEntry Deadline { get; } = new();

        public void Expire(TimeSpan deadline) => TrySetException(asker.Unreachable(deadline));
    }
}
