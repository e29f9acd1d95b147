using Beamtime.Core.Jobs;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scripts;

namespace Beamtime.Control.Scripts;

/// <summary>Runs server scripts as workflows, where a worker runs beside what asks the scan server.</summary>
/// <param name="catalogue">The scripts.</param>
/// <param name="room">What they reach.</param>
internal sealed class ScriptWork(ScriptCatalogue catalogue, ScriptRoom room)
{
    /// <summary>The kind of the workflow; one a beamline, for a worker knows the scan server of its own only.</summary>
    public WorkflowKind<ScriptInput, ScriptOutcome> Kind { get; } = KindOf(room.Beamline);

    /// <summary>The kind of the workflow of a beamline.</summary>
    /// <param name="beamline">The beamline.</param>
    public static WorkflowKind<ScriptInput, ScriptOutcome> KindOf(string beamline) => new(
        $"script.{beamline}", 1, ScriptJson.Default.ScriptInput, ScriptJson.Default.ScriptOutcome, JobKindOptions.Usual);

    /// <summary>Runs one.</summary>
    /// <param name="flow">What was asked for, and its remembered steps.</param>
    /// <param name="cancel">Stops soon; what is done stays.</param>
    public async Task<ScriptOutcome> RunAsync(WorkflowContext<ScriptInput> flow, CancellationToken cancel)
    {
        var input = flow.Input;
        var script = Made(input);
        try
        {
            return new ScriptOutcome(await script.RunAsync(new RunningScript(flow, room), cancel));
        }
        catch (Exception error) when (error is not (OperationCanceledException or FaultException or RefusedException
            or JobPostponedException or WorkflowParkedException))
        {
            // The edge to a plugin's code: what it throws by mistake it throws again, however often it is tried.
            throw ScriptErrors.Failed.Fault($"{input.Script}: {error.GetType().Name}: {error.Message}", error);
        }
    }

    private ServerScript Made(ScriptInput input)
    {
        if (catalogue.Look(input.Script) is not Accepted<(ScriptDeclaration Script, Plugins.PluginOrigin? Plugin)>(var found)
            || found.Plugin?.Digest != input.Plugin)
        {
            throw ScriptErrors.Changed.Fault($"The script '{input.Script}' is not the one any more that this run began with.");
        }

        return found.Script.Create(
            catalogue.Bind(found.Script, input.Request.Args, input.Request.Parameters).OrThrow());
    }
}
