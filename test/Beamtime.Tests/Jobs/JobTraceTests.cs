using System.Collections.Concurrent;
using System.Diagnostics;
using Beamtime.Core.Jobs;
using Beamtime.Core.Telemetry;
using Beamtime.Tests.Telemetry;

namespace Beamtime.Tests.Jobs;

/// <summary>A job belongs to the trace and to the correlation of what enqueued it.</summary>
public sealed class JobTraceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_id_is_followed_from_the_request_through_a_job_to_the_job_that_this_one_enqueues()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var seen = new ConcurrentQueue<(int Number, string? Correlation)>();
        var done = new TaskCompletionSource<JobId>(TaskCreationOptions.RunContinuationsAsynchronously);
        JobId first;
        using (Correlation.Begin(id.ToString()))
        {
            first = await fixture.EnqueueAsync(1);
        }

        fixture.Run(async (job, _) =>
        {
            seen.Enqueue((job.Arguments.Number, Correlation.Current));
            if (job.Arguments.Number == 1)
            {
                done.SetResult(await fixture.EnqueueAsync(2));
            }
        });
        var second = await done.Task.WaitAsync(JobFixture.Deadline, Cancel);
        while (seen.Count < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }

        Assert.Equal([(1, id.ToString()), (2, id.ToString())], seen);
        Assert.Equal(id, (await fixture.GetAsync(first)).Correlation);
        Assert.Equal(id, (await fixture.GetAsync(second)).Correlation);
    }

    [Fact]
    public async Task A_job_that_nobody_s_request_set_off_is_its_own_correlation()
    {
        await using var fixture = await JobFixture.CreateAsync();
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = await fixture.EnqueueAsync();
        fixture.Run((_, _) =>
        {
            seen.SetResult(Correlation.Current);
            return Task.CompletedTask;
        });
        Assert.Equal(id.Value.ToString(), await seen.Task.WaitAsync(JobFixture.Deadline, Cancel));
    }

    [Fact]
    public async Task An_attempt_is_a_span_of_the_trace_that_enqueued_the_job_and_says_when_it_fails()
    {
        await using var fixture = await JobFixture.CreateAsync();
        using var spans = new GatheredSpans();
        using (var request = Tracing.Begin("request", ActivityKind.Server, spans.TraceParent))
        {
            Assert.NotNull(request);
            await fixture.EnqueueAsync(1);
        }

        Activity.Current = null;
        var attempts = 0;
        fixture.Run(new JobHandlers { TraceOf = new JobTraces(fixture.Database.Source).FindAsync }.Add(
            JobFixture.Kind,
            (_, _) => Interlocked.Increment(ref attempts) == 1 ? throw new InvalidOperationException("it broke") : Task.CompletedTask));
        var failed = await spans.WaitForAsync(s => s.DisplayName == "job errand" && s.Status == ActivityStatusCode.Error, Cancel);
        var succeeded = await spans.WaitForAsync(s => s.DisplayName == "job errand" && s.Status == ActivityStatusCode.Unset, Cancel);
        var root = await spans.WaitForAsync(s => s.DisplayName == "request", Cancel);
        Assert.Equal(spans.Root, root.ParentSpanId);
        Assert.Equal((root.SpanId, root.SpanId), (failed.ParentSpanId, succeeded.ParentSpanId));
        Assert.Equal("it broke", failed.StatusDescription);
    }

    [Fact]
    public async Task Without_a_trace_nothing_is_noted()
    {
        await using var fixture = await JobFixture.CreateAsync();
        await fixture.EnqueueAsync();
        await using var ask = fixture.Database.Source.CreateCommand("select count(*) from job_traces");
        Assert.Equal(0L, await ask.ExecuteScalarAsync(Cancel));
    }
}
