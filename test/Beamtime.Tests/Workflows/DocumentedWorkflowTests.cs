using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Tests.House;
using Beamtime.Tests.Jobs;

namespace Beamtime.Tests.Workflows;

public sealed class DocumentedWorkflowTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_example_of_the_page_is_compiled()
    {
        var source = Trimmed(Repository.Read("test/Beamtime.Tests/Workflows/DocumentedWorkflow.cs"));
        var blocks = Repository.Read("docs/explanation/workflows.md").Split("```csharp").Skip(1).Select(b => b.Split("```")[0]).ToArray();
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(Trimmed(block), source, StringComparison.Ordinal));

        static string Trimmed(string text) =>
            string.Join('\n', text.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0));
    }

    [Fact]
    public async Task The_workflow_of_the_page_goes_from_its_copy_to_its_prune()
    {
        await using var bench = await WorkflowBench.CreateAsync();
        var slurm = new Slurm();
        var documented = new DocumentedWorkflow(
            slurm,
            (scan, _) => Task.FromResult($"checksum of {scan}"),
            (transaction, checksum, token) => JobFixture.AddEffectAsync(transaction, checksum, token));
        bench.HandleOther(DocumentedWorkflow.Kind, documented.RunAsync);
        var id = (await bench.Jobs.Database.TransactAsync(
            t => bench.Store.StartAsync(t, DocumentedWorkflow.Kind, new WorkflowStart(), new Journey("S00012"), Cancel), Cancel)).Id;
        await bench.RunAllAsync();
        await bench.Desk.SendAsync(id, "1", "beam_is_back", "true", null, Cancel);
        await bench.RunAllAsync();
        Assert.Contains("waits for job 1", (await bench.ShowAsync(id)).Workflow.StateWhy, StringComparison.Ordinal);
        slurm.State = "COMPLETED";
        await bench.PassAsync(TimeSpan.FromMinutes(2));
        await bench.RunAllAsync();
        await bench.Desk.AnswerAsync(id, "prune?", "yes", PersonId.LocalOperator, Cancel);
        await bench.RunAllAsync();
        await bench.PassAsync(TimeSpan.FromDays(8));
        await bench.RunAllAsync();
        var report = await bench.ShowAsync(id);
        Assert.Equal((WorkflowState.Completed, "\"pruned\""), (report.Workflow.State, report.Workflow.Result));
        Assert.Equal(["checksum of S00012"], await bench.Jobs.EffectsAsync());
    }

    private sealed class Slurm : IBatchSystem
    {
        public string State { get; set; } = "RUNNING";

        public Task<string> SubmitAsync(Guid name, string script, CancellationToken cancel) => Task.FromResult("job 1");

        public Task<string> StateAsync(string job, CancellationToken cancel) => Task.FromResult(State);

        public Task<string?> FindAsync(Guid name, CancellationToken cancel) => Task.FromResult<string?>(null);

        public Task CancelAsync(string job, CancellationToken cancel) => Task.CompletedTask;
    }
}
