using System.Collections.Concurrent;
using System.Diagnostics;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Beamtime.Tests.Telemetry;

namespace Beamtime.Tests.Topics.Conformance;

/// <summary>What every request topic does, wherever its questions go.</summary>
public sealed class RequestConformanceTests : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.5);
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private TopicHub? _hub;
    private Task _serving = Task.CompletedTask;

    public static TheoryData<string> Hub => Hubs.All;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_hub is not null)
        {
            await _hub.DisposeAsync();
        }

        _stop.Dispose();
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_question_is_answered(string kind)
    {
        var topic = await OpenAsync(kind);
        Serve(topic, (n, _) => ValueTask.FromResult($"{n}"));
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal($"{i}", await topic.AskAsync(i, Deadline, Cancel).AsTask().Soon());
        }
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task Many_questions_at_once_get_their_own_answers(string kind)
    {
        var topic = await OpenAsync(kind);
        Serve(topic, async (n, cancel) =>
        {
            await Task.Yield();
            cancel.ThrowIfCancellationRequested();
            return $"{n}";
        });
        var asked = Enumerable.Range(0, 500).Select(async n => Assert.Equal($"{n}", await topic.AskAsync(n, Deadline, Cancel)));
        await Task.WhenAll(asked).Soon();
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_question_waits_for_the_one_who_answers(string kind)
    {
        var topic = await OpenAsync(kind);
        var asking = topic.AskAsync(7, Deadline, Cancel).AsTask();
        Serve(topic, (n, _) => ValueTask.FromResult($"{n}"));
        Assert.Equal("7", await asking.Soon());
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task No_answer_in_time_is_role_unreachable(string kind)
    {
        var topic = await OpenAsync(kind);
        var asking = topic.AskAsync(7, Short, Cancel).AsTask();
        await PassAsync(asking);
        await UnreachableAsync(asking);
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_full_topic_that_nobody_answers_keeps_to_the_deadline(string kind)
    {
        var topic = await OpenAsync(kind);
        Task[] asking = [.. Enumerable.Range(0, 5).Select(n => topic.AskAsync(n, Short, Cancel).AsTask())];
        await PassAsync(Task.WhenAll(asking));
        foreach (var question in asking)
        {
            await UnreachableAsync(question);
        }

        ConcurrentQueue<int> asked = [];
        Serve(topic, (n, _) =>
        {
            asked.Enqueue(n);
            return ValueTask.FromResult("");
        });
        await topic.AskAsync(9, Deadline, Cancel).AsTask().Soon();
        Assert.Contains(9, asked);
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task Answers_begin_in_the_order_asked_and_end_on_their_own(string kind)
    {
        var topic = await OpenAsync(kind);
        ConcurrentQueue<int> begun = [];
        ConcurrentDictionary<int, TaskCompletionSource<string>> open = [];
        var all = new TaskCompletionSource();
        Serve(topic, (n, _) =>
        {
            begun.Enqueue(n);
            open[n] = new TaskCompletionSource<string>();
            if (n == 2)
            {
                all.SetResult();
            }

            return new ValueTask<string>(open[n].Task);
        });
        var first = topic.AskAsync(1, Deadline, Cancel).AsTask();
        var second = topic.AskAsync(2, Deadline, Cancel).AsTask();
        await all.Task.Soon();
        open[2].SetResult("two");
        Assert.Equal("two", await second.Soon());
        Assert.False(first.IsCompleted);
        open[1].SetResult("one");
        Assert.Equal("one", await first.Soon());
        Assert.Equal([1, 2], begun);
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task The_answerers_fault_and_refusal_are_the_callers_and_answering_goes_on(string kind)
    {
        var topic = await OpenAsync(kind);
        var unreachable = TopicErrors.RoleUnreachable;
        Serve(topic, async (n, _) =>
        {
            if (n == 3)
            {
                await Task.Yield();
            }

            return n switch
            {
                1 => throw unreachable.Fault("far"),
                2 or 3 => throw new RefusedException(TopicErrors.OffsetGone.Because("one"), unreachable.Because("two")),
                _ => "well",
            };
        });
        var fault = await Assert.ThrowsAsync<FaultException>(() => topic.AskAsync(1, Deadline, Cancel).AsTask().Soon());
        Assert.Equal(unreachable.Because("far"), fault.Reason);
        foreach (var question in new[] { 2, 3 })
        {
            var refused = await Assert.ThrowsAsync<RefusedException>(
                () => topic.AskAsync(question, Deadline, Cancel).AsTask().Soon());
            Assert.Equal([TopicErrors.OffsetGone.Because("one"), unreachable.Because("two")], refused.Reasons);
        }

        Assert.Equal("well", await topic.AskAsync(4, Deadline, Cancel));
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task The_answerers_cancellation_is_the_callers(string kind)
    {
        var topic = await OpenAsync(kind);
        Serve(topic, (_, _) => throw new OperationCanceledException());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => topic.AskAsync(1, Deadline, Cancel).AsTask().Soon());
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_caller_that_gives_up_cancels_the_answer(string kind)
    {
        var topic = await OpenAsync(kind);
        var (begun, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        Serve(topic, async (_, abandoned) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, abandoned).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            told.SetResult();
            throw new OperationCanceledException(abandoned);
        });
        using var giveUp = new CancellationTokenSource();
        var asking = topic.AskAsync(1, Deadline, giveUp.Token).AsTask();
        await begun.Task.Soon();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.Soon());
        await told.Task.Soon();
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task What_a_question_is_asked_for_goes_on_where_it_is_answered(string kind)
    {
        using var spans = new GatheredSpans();
        var topic = await OpenAsync(kind);
        (string? Correlation, string? Span) seen = default;
        Serve(topic, async (n, _) =>
        {
            await Task.Yield();
            seen = (Correlation.Current, Tracing.Parent);
            return n == 1 ? throw TopicErrors.RoleUnreachable.Fault("far") : $"{n}";
        });
        using (Correlation.Begin("the request"))
        using (var outer = Tracing.Begin("request", ActivityKind.Server, spans.TraceParent))
        {
            await topic.AskAsync(7, Deadline, Cancel).AsTask().Soon();
            var asked = await spans.WaitForAsync(s => s.DisplayName == $"ask {topic.Name}", Cancel);
            var answered = await spans.WaitForAsync(s => s.DisplayName == $"answer {topic.Name}", Cancel);
            Assert.Equal((outer!.SpanId, asked.SpanId), (asked.ParentSpanId, answered.ParentSpanId));
            Assert.Equal(("the request", answered.Id), seen);
            await Assert.ThrowsAsync<FaultException>(() => topic.AskAsync(1, Deadline, Cancel).AsTask().Soon());
            var failed = await spans.WaitForAsync(s => s.DisplayName == $"answer {topic.Name}" && s.Status == ActivityStatusCode.Error, Cancel);
            Assert.Equal("far", failed.StatusDescription);
        }

        // What was put in force for one answer is not in force for the next.
        await topic.AskAsync(8, Deadline, Cancel).AsTask().Soon();
        Assert.Equal((null, null), seen);
    }

    private static async Task UnreachableAsync(Task asking)
    {
        var fault = await Assert.ThrowsAsync<FaultException>(() => asking.Soon());
        Assert.Equal("role.unreachable", fault.Reason.Code);
        Assert.Equal(RetryClass.Later, fault.Reason.Retry);
    }

    // Over Redis the deadline passes by itself; in process the clock stands.
    private async Task PassAsync(Task asking)
    {
        _clock.Advance(Short + (2 * DeadlineWatch.Tick));
        await asking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<RequestTopic<int, string>> OpenAsync(string kind)
    {
        _hub = await Hubs.OpenAsync(kind, kind.StartsWith("Redis", StringComparison.Ordinal) ? TimeProvider.System : _clock);
        return _hub.Open(Hubs.Requests(Hubs.Name(), 2));
    }

    private void Serve(RequestTopic<int, string> topic, Func<int, CancellationToken, ValueTask<string>> answer) =>
        _serving = topic.ServeAsync(answer, _stop.Token);
}
