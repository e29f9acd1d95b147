using Beamtime.Core.Workflows;

namespace Beamtime.Tests.Workflows;

public sealed class WorkflowStateTests
{
    [Fact]
    public void Every_pair_of_workflow_states_is_allowed_or_refused_as_pictured()
    {
        HashSet<(WorkflowState From, WorkflowState To)> allowed =
        [
            (WorkflowState.Running, WorkflowState.Succeeded),
            (WorkflowState.Running, WorkflowState.Failed),
            (WorkflowState.Running, WorkflowState.Cancelled),
            (WorkflowState.Failed, WorkflowState.Running),
        ];
        foreach (var from in Enum.GetValues<WorkflowState>())
        {
            foreach (var to in Enum.GetValues<WorkflowState>())
            {
                Assert.True(from.CanBecome(to) == allowed.Contains((from, to)), $"{from} to {to}");
            }
        }
    }

    [Fact]
    public void Every_pair_of_step_states_is_allowed_or_refused_as_pictured()
    {
        HashSet<(StepState From, StepState To)> allowed =
        [
            (StepState.Started, StepState.Started),
            (StepState.Started, StepState.Finished),
            (StepState.Started, StepState.Failed),
            (StepState.Failed, StepState.Started),
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
