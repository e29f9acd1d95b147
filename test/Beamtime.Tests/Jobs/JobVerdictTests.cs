using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Jobs;

public sealed class JobVerdictTests
{
    private static readonly ErrorCode Passing = new("test.disk.busy", "Busy.", "Wait.", RetryClass.Later);
    private static readonly ErrorCode Lasting = new("test.disk.absent", "Absent.", "Mount it.");

    [Fact]
    public void A_fault_that_passes_is_retried_below_its_ceiling()
    {
        var retried = Assert.IsType<Retried>(On(Passing.Fault("busy"), attempt: 3, draw: 0.5));
        Assert.Equal(TimeSpan.FromSeconds(2), retried.Delay);
        Assert.Equal("test.disk.busy", retried.Reason.Code);
    }

    [Fact]
    public void A_fault_that_lasts_buries_at_once()
    {
        Assert.Equal("test.disk.absent", Assert.IsType<Buried>(On(Lasting.Fault("absent"))).Reason.Code);
    }

    [Fact]
    public void What_left_no_trace_is_repeated_at_once_and_then_pauses_like_the_rest()
    {
        var safe = new ErrorCode("test.link.refused", "Refused.", "Wait.", RetryClass.Safe);
        Assert.Equal(TimeSpan.Zero, Assert.IsType<Retried>(On(safe.Fault("refused"), attempt: 1)).Delay);
        Assert.Equal(TimeSpan.FromSeconds(1), Assert.IsType<Retried>(On(safe.Fault("refused"), attempt: 2)).Delay);
    }

    [Fact]
    public void The_last_attempt_buries_with_its_own_error()
    {
        Assert.Equal("busy", Assert.IsType<Buried>(On(Passing.Fault("busy"), attempt: 5)).Reason.Message);
    }

    [Fact]
    public void A_refusal_keeps_every_reason_and_buries_only_if_all_last()
    {
        var both = Assert.IsType<Retried>(On(new RefusedException(Lasting.Because("absent"), Passing.Because("busy"))));
        Assert.Equal("absent; busy", both.Reason.Message);
        Assert.IsType<Buried>(On(new RefusedException(Lasting.Because("absent"), Lasting.Because("gone"))));
    }

    [Fact]
    public void An_unexpected_exception_is_retried_under_a_code_of_its_own()
    {
        Assert.Equal("jobs.handler.failed", Assert.IsType<Retried>(On(new InvalidOperationException("odd"))).Reason.Code);
    }

    [Fact]
    public void A_cancelled_handler_is_handed_back_only_when_its_worker_stops()
    {
        Assert.IsType<HandedBack>(On(new OperationCanceledException(), isStopping: true));
        Assert.IsType<Retried>(On(new OperationCanceledException(), isStopping: false));
    }

    [Fact]
    public void A_lost_lease_leaves_nothing_to_write()
    {
        Assert.IsType<Abandoned>(On(JobErrors.LeaseLost.Fault("lost")));
    }

    private static JobVerdict On(Exception exception, int attempt = 1, double draw = 0.5, bool isStopping = false) =>
        JobVerdict.On(
            exception,
            new ClaimedJob(default, "test", null, "{}", attempt, 5, 1, 0, default, null)
            {
                Queue = "default",
                Rank = default,
                IsAdmitted = false,
            },
            new JobKindOptions { Backoff = new Backoff(TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1)) },
            isStopping,
            draw);
}
