using System.Text.Json.Serialization;
using Beamtime.Core.Database;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Workflows;

/// <summary>What the documented workflow is started with.</summary>
/// <param name="Scan">The scan.</param>
internal sealed record Journey(string Scan);

/// <summary>The codec of the documented workflow.</summary>
[JsonSerializable(typeof(Journey))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
internal sealed partial class JourneyJson : JsonSerializerContext;

/// <summary>The batch system of the documented workflow.</summary>
internal interface IBatchSystem
{
    Task<string> SubmitAsync(Guid name, string script, CancellationToken cancel);

    Task<string> StateAsync(string job, CancellationToken cancel);

    Task<string?> FindAsync(Guid name, CancellationToken cancel);

    Task CancelAsync(string job, CancellationToken cancel);
}

/// <summary>The examples of docs/explanation/workflows.md, compiled and run.</summary>
/// <param name="slurm">Where it reconstructs.</param>
/// <param name="copyAsync">Copies a scan and gives its checksum.</param>
/// <param name="registerAsync">Registers a data set.</param>
internal sealed class DocumentedWorkflow(
    IBatchSystem slurm,
    Func<string, CancellationToken, Task<string>> copyAsync,
    Func<DatabaseTransaction, string, CancellationToken, Task> registerAsync)
{
    public static readonly WorkflowMessage<bool> BeamIsBack = new("beam_is_back", JourneyJson.Default.Boolean);

    public static readonly WorkflowKind<Journey, string> Kind = new(
        "journey", 1, JourneyJson.Default.Journey, JourneyJson.Default.String, Tests.Jobs.JobFixture.Kind.Options)
    {
        Timeout = TimeSpan.FromDays(60),
        Messages = [BeamIsBack],
    };

    public async Task<string> RunAsync(WorkflowContext<Journey> workflow, CancellationToken cancel)
    {
        // Anywhere: runs at least once, so it finds what it has done.
        var checksum = await workflow.StepAsync(
            "copy", token => copyAsync(workflow.Input.Scan, token), JourneyJson.Default.String, cancel);

        // In the database: happens exactly once, with its remembering.
        await workflow.StepAsync(
            "register", (transaction, token) => registerAsync(transaction, checksum, token), cancel);

        await workflow.MessageAsync("beam", BeamIsBack, timeout: null, cancel);
        await workflow.EffectAsync(Reconstruction(workflow.Input.Scan), cancel);
        var ends = await workflow.BranchesAsync<bool>(
            "publish",
            [
                new("catalogue", async (branch, token) =>
                {
                    await branch.StepAsync("ingest", _ => Task.CompletedTask, token);
                    return true;
                }),
                new("thumbnail", async (branch, token) =>
                {
                    await branch.StepAsync("draw", _ => throw NoScreen.Fault("no screen"), token);
                    return true;
                }) { Failure = BranchFailure.IsIgnored },
            ],
            cancel);
        if (await workflow.VersionAsync("ask before pruning", newest: 1, cancel) == 1)
        {
            var answer = await workflow.AskAsync(
                "prune?",
                new ChoiceQuestion { Text = "Prune the raw data?", Choices = ["yes", "no"], Otherwise = "no" },
                TimeSpan.FromDays(14),
                cancel);
            if (answer == "no")
            {
                workflow.Label("Kept");
                return $"kept, {ends.Count(e => e.Error is null)} published";
            }
        }

        await workflow.SleepAsync("safety", TimeSpan.FromDays(7), cancel);
        await workflow.StepAsync(
            new Step("prune") { IsNeverRepeated = true }, _ => Task.CompletedTask, cancel);
        return "pruned";
    }

    private static readonly ErrorCode NoScreen = new("test.screen.absent", "No screen.", "None.");

    private Effect<string, string> Reconstruction(string scan) =>
        new("reconstruct", $"reconstruct {scan}", JourneyJson.Default.String, JourneyJson.Default.String)
        {
            StartAsync = (intent, cancel) => slurm.SubmitAsync(intent.Id, intent.Intent, cancel),
            LookAsync = async (job, cancel) => await slurm.StateAsync(job, cancel) switch
            {
                "COMPLETED" => new EffectEnded<string>(job),
                "FAILED" => new EffectFailed<string>(NoScreen.Because($"job {job} failed")),
                _ => new EffectGoesOn<string>(TimeSpan.FromMinutes(1)),
            },
            ReconcileAsync = async (intent, cancel) => await slurm.FindAsync(intent.Id, cancel) is { } job
                ? new FoundOutside(job)
                : new AbsentOutside(),
            CallOffAsync = slurm.CancelAsync,
        };
}
