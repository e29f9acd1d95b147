using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Steps;

/// <summary>Answers what is asked of scans that take steps, in the scan server.</summary>
internal sealed class StepReception(OpenSteps open, ScanStore store, ScanOptions options, StepTopics topics, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Commands.ServeAsync(AnswerAsync, cancel);

    private async ValueTask<StepList> AnswerAsync(StepCommand command, CancellationToken cancel)
    {
        if (await store.FindAsync(options.Beamline, command.Scan, cancel) is not { State: { } record } scan)
        {
            throw new RefusedException(ScanErrors.Unknown.Because($"There is no scan '{command.Scan}'."));
        }

        var steps = open.Find(Guid.Parse(scan.Id));
        if (command.Request is null)
        {
            return new StepList(steps?.All ?? []);
        }

        if (record.State.IsOver)
        {
            throw new RefusedException(ScanErrors.Over.Because($"Scan {record.Number} is {record.State} already."));
        }

        if (steps is null)
        {
            throw new RefusedException(StepErrors.None.Because($"Scan {record.Number} takes no steps."));
        }

        var asked = steps.Ask(command.Request);
        return new StepList([await steps.EndOfAsync(asked.Index, Patience, time, cancel)]);
    }
}
