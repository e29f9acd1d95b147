using Beamtime.Core.Workflows;
using static Beamtime.Core.Workflows.WorkflowState;

namespace Beamtime.Tests.Workflows;

public sealed class WorkflowStateTests
{
    // From each state, where it may go; a terminal one only by a person's retry.
    private static readonly Dictionary<WorkflowState, WorkflowState[]> Pictured = new()
    {
        [Scheduled] = [Late, AwaitingSlot, Pending, Paused, Cancelling, Cancelled],
        [Late] = [AwaitingSlot, Pending, Paused, Cancelling, Cancelled],
        [AwaitingRetry] = [AwaitingSlot, Pending, Paused, Cancelling, Cancelled],
        [AwaitingSlot] = [Pending, Paused, Cancelling, Cancelled],
        [Resuming] = [AwaitingSlot, Pending, Paused, Cancelling, Cancelled],
        [Pending] = [Running, Retrying, Scheduled, AwaitingRetry, Paused, Failed, Crashed, Cancelling, Cancelled],
        [Running] = [Scheduled, AwaitingRetry, Paused, Suspended, Completed, Failed, TimedOut, Crashed, Cancelling, Cancelled],
        [Retrying] = [Scheduled, AwaitingRetry, Paused, Suspended, Completed, Failed, TimedOut, Crashed, Cancelling, Cancelled],
        [Paused] = [Resuming, Cancelling, Cancelled],
        [Suspended] = [Resuming, Pending, Paused, Cancelling, Cancelled],
        [Cancelling] = [Cancelled],
        [Cancelled] = [Scheduled],
        [Completed] = [],
        [Failed] = [Scheduled],
        [TimedOut] = [Scheduled],
        [Crashed] = [Scheduled],
    };

    [Fact]
    public void Every_pair_of_workflow_states_is_allowed_or_refused_as_pictured()
    {
        foreach (var from in Enum.GetValues<WorkflowState>())
        {
            foreach (var to in Enum.GetValues<WorkflowState>())
            {
                Assert.True(from.CanBecome(to) == Pictured[from].Contains(to), $"{from} to {to}");
            }
        }
    }

    [Fact]
    public void What_has_ended_goes_on_only_by_a_retry_and_what_completed_never() => Assert.All(
        Enum.GetValues<WorkflowState>().Where(s => s.IsTerminal),
        s => Assert.Equal(s is Completed ? 0 : 1, Enum.GetValues<WorkflowState>().Count(to => s.CanBecome(to))));

    [Fact]
    public void Every_pair_of_step_states_is_allowed_or_refused_as_pictured()
    {
        HashSet<(StepState From, StepState To)> allowed =
        [
            (StepState.Started, StepState.Started),
            (StepState.Started, StepState.Uncertain),
            (StepState.Started, StepState.Finished),
            (StepState.Started, StepState.Failed),
            (StepState.Waiting, StepState.Finished),
            (StepState.Waiting, StepState.Failed),
            (StepState.Uncertain, StepState.Started),
            (StepState.Uncertain, StepState.Uncertain),
            (StepState.Uncertain, StepState.Finished),
            (StepState.Uncertain, StepState.Failed),
            (StepState.Failed, StepState.Started),
            (StepState.Failed, StepState.Waiting),
            (StepState.Finished, StepState.Uncertain),
            (StepState.Failed, StepState.Uncertain),
        ];
        foreach (var from in Enum.GetValues<StepState>())
        {
            foreach (var to in Enum.GetValues<StepState>())
            {
                Assert.True(from.CanBecome(to) == allowed.Contains((from, to)), $"{from} to {to}");
            }
        }
    }
}
