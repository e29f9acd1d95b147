using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Steps;

/// <summary>Where a step stands.</summary>
internal enum StepState
{
    /// <summary>Others come before it.</summary>
    Waiting,

    /// <summary>It is being carried out.</summary>
    Running,

    /// <summary>It is carried out.</summary>
    Done,

    /// <summary>It failed, or the scan ended before it; the scan goes on where it still runs.</summary>
    Failed,
}

/// <summary>The allowed moves between states.</summary>
internal static class StepStates
{
    extension(StepState from)
    {
        /// <summary>True when it will not change any more.</summary>
        public bool IsOver => from is StepState.Done or StepState.Failed;

        /// <summary>Whether a step may move to another state.</summary>
        /// <param name="to">The other state.</param>
        public bool CanBecome(StepState to) => (from, to) switch
        {
            (StepState.Waiting, StepState.Running or StepState.Failed) => true,
            (StepState.Running, StepState.Done or StepState.Failed) => true,
            _ => false,
        };
    }
}

/// <summary>What is asked of a scan that runs and takes steps: to move, to trigger and to read, in this order; or to close.</summary>
internal sealed record StepRequest
{
    /// <summary>Targets of the scan's motors, each in its unit.</summary>
    public IReadOnlyDictionary<string, double> Targets { get; init; } = new Dictionary<string, double>();

    /// <summary>Whether devices are triggered: once, or before each reading.</summary>
    public bool Trigger { get; init; }

    /// <summary>How many points are read.</summary>
    [System.ComponentModel.DataAnnotations.Range(0, 1_000_000)]
    public int Reads { get; init; }

    /// <summary>True to close the scan behind the steps that wait.</summary>
    public bool Close { get; init; }
}

/// <summary>A step as REST tells it.</summary>
/// <param name="Index">Its place among the steps of its scan, from 0.</param>
/// <param name="Request">What was asked.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Points">Points of the scan when it ended.</param>
/// <param name="Reasons">Why it failed.</param>
internal sealed record StepAnswer(int Index, StepRequest Request, StepState State, int Points, IReadOnlyList<Reason> Reasons);

/// <summary>A step for a scan, or the wish to see its steps.</summary>
/// <param name="Scan">Number or id of the scan.</param>
/// <param name="Request">The step; null to see all.</param>
internal sealed record StepCommand(string Scan, StepRequest? Request);

/// <summary>The answer to a step command.</summary>
/// <param name="Steps">The step, or all that are kept, oldest first.</param>
internal sealed record StepList(IReadOnlyList<StepAnswer> Steps);
