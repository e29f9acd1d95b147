using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Topics;

public sealed class RequestTopicTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);
    private readonly FakeClock _clock = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly RequestTopic<int, string> _topic;

    public RequestTopicTests() => _topic = new LocalRequestTopic<int, string>("2-bm.requests", 2, _clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_question_is_answered()
    {
        Serve((n, _) => ValueTask.FromResult($"{n}"));
        Assert.Equal("7", await _topic.AskAsync(7, Deadline, Cancel));
        _clock.Advance(DeadlineWatch.Tick);
        Assert.Equal(0, _clock.Armed);
    }

    [Fact]
    public async Task No_answer_in_time_is_role_unreachable()
    {
        var asking = _topic.AskAsync(7, Deadline, Cancel).AsTask();
        _clock.Advance(Deadline - DeadlineWatch.Tick);
        Assert.False(asking.IsCompleted);
        _clock.Advance(DeadlineWatch.Tick * 2);
        await UnreachableAsync(asking);
    }

    [Fact]
    public async Task A_full_topic_that_nobody_answers_keeps_to_the_deadline()
    {
        Task[] asking = [.. Enumerable.Range(0, 5).Select(n => _topic.AskAsync(n, Deadline, Cancel).AsTask())];
        _clock.Advance(Deadline + DeadlineWatch.Tick);
        foreach (var question in asking)
        {
            await UnreachableAsync(question);
        }

        List<int> asked = [];
        Serve((n, _) =>
        {
            asked.Add(n);
            return ValueTask.FromResult("");
        });
        await _topic.AskAsync(9, Deadline, Cancel).AsTask().Soon();
        Assert.Equal([9], asked);
    }

    [Fact]
    public async Task Answers_begin_in_the_order_asked_and_end_on_their_own()
    {
        List<int> begun = [];
        Dictionary<int, TaskCompletionSource<string>> open = [];
        var all = new TaskCompletionSource();
        Serve((n, _) =>
        {
            begun.Add(n);
            open[n] = new TaskCompletionSource<string>();
            if (n == 2)
            {
                all.SetResult();
            }

            return new ValueTask<string>(open[n].Task);
        });
        var first = _topic.AskAsync(1, Deadline, Cancel).AsTask();
        var second = _topic.AskAsync(2, Deadline, Cancel).AsTask();
        await all.Task.Soon();
        open[2].SetResult("two");
        Assert.Equal("two", await second);
        Assert.False(first.IsCompleted);
        open[1].SetResult("one");
        Assert.Equal("one", await first);
        Assert.Equal([1, 2], begun);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_answerers_fault_is_the_callers_and_answering_goes_on(bool isAtOnce)
    {
        Serve((n, cancel) => n == 1
            ? isAtOnce ? throw TopicErrors.OffsetGone.Fault("gone") : FailLaterAsync()
            : ValueTask.FromResult("well"));
        var fault = await Assert.ThrowsAsync<FaultException>(() => _topic.AskAsync(1, Deadline, Cancel).AsTask().Soon());
        Assert.Equal("gone", fault.Reason.Message);
        Assert.Equal("well", await _topic.AskAsync(2, Deadline, Cancel));
    }

    [Fact]
    public async Task A_caller_that_gives_up_cancels_the_answer()
    {
        var (begun, told) = (new TaskCompletionSource(), new TaskCompletionSource());
        Serve(async (_, abandoned) =>
        {
            var registration = abandoned.Register(told.SetResult);
            begun.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, _clock, abandoned);
            return "";
        });
        using var giveUp = new CancellationTokenSource();
        var asking = _topic.AskAsync(1, Deadline, giveUp.Token).AsTask();
        await begun.Task.Soon();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.Soon());
        await told.Task.Soon();
    }

    private static async Task UnreachableAsync(Task asking)
    {
        var fault = await Assert.ThrowsAsync<FaultException>(() => asking.Soon());
        Assert.Equal("role.unreachable", fault.Reason.Code);
        Assert.Equal(RetryClass.Later, fault.Reason.Retry);
    }

    private static async ValueTask<string> FailLaterAsync()
    {
        await Task.Yield();
        throw TopicErrors.OffsetGone.Fault("gone");
    }

    private void Serve(Func<int, CancellationToken, ValueTask<string>> answer) =>
        _ = _topic.ServeAsync(answer, _stop.Token);
}
