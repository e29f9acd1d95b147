using System.Text.Json;
using Beamtime.Cli;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Workflows;
using Beamtime.Tests.Jobs;
using Beamtime.Tests.Roles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Workflows;

public sealed class WorkflowApiTests(RunningHost host) : IClassFixture<RunningHost>
{
    private static readonly WorkflowKind<Errand, Finding> Kind = new(
        "asked", 1, ErrandJson.Default.Errand, FindingJson.Default.Finding, JobFixture.Kind.Options)
    {
        Messages = [WorkflowBench.Go],
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_workflow_is_listed_shown_answered_sent_messages_resolved_cancelled_and_retried_over_rest()
    {
        var id = await StartAsync();
        await using var worker = Work(async (workflow, cancel) =>
        {
            var answer = await workflow.AskAsync(
                "angle", new NumberQuestion { Text = "Which tilt?", Unit = "deg", Maximum = 5 }, timeout: null, cancel);
            var message = await workflow.MessageAsync("go", WorkflowBench.Go, timeout: null, cancel);
            await workflow.EffectAsync(
                new Effect<Errand, Finding>("submit", new Errand(1), ErrandJson.Default.Errand, FindingJson.Default.Finding)
                {
                    StartAsync = (_, _) => throw new TimeoutException("No answer."),
                    LookAsync = (job, _) => Task.FromResult<EffectLook<Finding>>(new EffectEnded<Finding>(new Finding(job))),
                },
                cancel);
            return new Finding($"{answer} {message.Text}");
        });
        var asked = await StandsAsync(id, "suspended");
        Assert.Equal("deg", asked.GetProperty("steps")[0].GetProperty("intent").GetProperty("unit").GetString());
        await RefusedAsync(await host.PostAsync($"workflows/{id}/answer", """{"step": "angle", "answer": "9"}"""), "workflows.input.invalid");
        Assert.Equal(202, (await host.PostAsync($"workflows/{id}/answer", """{"step": "angle", "answer": "1.5"}""")).Status);
        await RefusedAsync(await host.PostAsync($"workflows/{id}/messages", """{"id": "1", "name": "stop", "body": {}}"""), "workflows.message.invalid", 202);
        Assert.Equal(202, (await host.PostAsync($"workflows/{id}/messages", """{"id": "2", "name": "go", "body": {"Text": "west"}}""")).Status);
        var doubt = await UntilAsync(id, r => r.GetProperty("steps").EnumerateArray().Any(s => s.GetProperty("state").GetString() == "uncertain"));
        Assert.Equal("workflows.step.uncertain", doubt.GetProperty("steps")[2].GetProperty("error").GetProperty("code").GetString());
        await RefusedAsync(
            await host.PostAsync($"workflows/{id}/resolve", """{"step": "submit", "how": "repeat", "external": "x"}"""), "workflows.request.invalid");
        await RefusedAsync(await host.PostAsync($"workflows/{id}/resume", "{}"), "workflows.state.forbids");

        Assert.Equal(202, (await host.PostAsync($"workflows/{id}/cancel", """{"why": "wrong sample"}""")).Status);
        var cancelled = await StandsAsync(id, "cancelled");
        Assert.Contains(cancelled.GetProperty("moves").EnumerateArray(), m => m.TryGetProperty("why", out var why) && why.GetString() == "wrong sample");
        Assert.Equal(202, (await host.PostAsync($"workflows/{id}/retry", "{}")).Status);
        await UntilAsync(id, r => r.GetProperty("summary").GetProperty("state").GetString() == "suspended");
        Assert.Equal(202, (await host.PostAsync($"workflows/{id}/resolve", """{"step": "submit", "how": "found", "external": "job 7"}""")).Status);
        var completed = await StandsAsync(id, "completed");
        Assert.Equal("1.5 west", completed.GetProperty("result").GetProperty("Text").GetString());
        Assert.Equal("job 7", completed.GetProperty("steps")[2].GetProperty("external").GetString());

        var page = await host.GetAsync("workflows?kind=asked&state=Completed");
        Assert.Contains(page.GetProperty("items").EnumerateArray(), w => w.GetProperty("id").GetString() == id);
        await RefusedAsync(await host.PostAsync($"workflows/{Guid.Empty}/cancel", "{}"), "workflows.workflow.not_found", 404);
    }

    [Fact]
    public async Task The_command_line_does_the_same()
    {
        var id = await StartAsync();
        await using var worker = Work(async (workflow, cancel) => new Finding(await workflow.AskAsync(
            "prune", new ChoiceQuestion { Text = "Prune now?", Choices = ["yes", "no"] }, timeout: null, cancel)));
        await StandsAsync(id, "suspended");
        Assert.Equal(ExitCode.Done, await CliAsync("ls", "--state", "Suspended"));
        Assert.Equal(ExitCode.Done, await CliAsync("show", id));
        Assert.Equal(ExitCode.Done, await CliAsync("pause", id, "--reason", "lunch"));
        Assert.Equal(ExitCode.Done, await CliAsync("resume", id));
        await StandsAsync(id, "suspended");
        Assert.Equal(ExitCode.Refused, await CliAsync("answer", id, "prune", "perhaps"));
        Assert.Equal(ExitCode.Refused, await CliAsync("resolve", id, "prune"));
        Assert.Equal(ExitCode.Refused, await CliAsync("resolve", id, "prune", "--repeat"));
        Assert.Equal(ExitCode.Done, await CliAsync("cancel", id, "--reason", "later"));
        await StandsAsync(id, "cancelled");
        Assert.Equal(ExitCode.Done, await CliAsync("retry", id));
        await StandsAsync(id, "suspended");
        Assert.Equal(ExitCode.Done, await CliAsync("message", id, "go", """{"Text": "unread"}"""));
        Assert.Equal(ExitCode.Done, await CliAsync("answer", id, "prune", "yes"));
        await StandsAsync(id, "completed");
    }

    private static Task RefusedAsync((int Status, JsonElement Answer) answer, string code, params int[] others)
    {
        // A server that does not know the kind takes a message on trust.
        if (!others.Contains(answer.Status) || answer.Status == 404)
        {
            Assert.Equal(code, answer.Answer.GetProperty("reasons")[0].GetProperty("code").GetString());
        }

        return Task.CompletedTask;
    }

    private async Task<ExitCode> CliAsync(params string[] words) =>
        (ExitCode)await CommandTree.RunAsync(["workflow", .. words, "--server", $"{host.Host.Address}"]);

    private async Task<string> StartAsync()
    {
        var services = host.Host.Services;
        return (await services.GetRequiredService<BeamtimeDatabase>().TransactAsync(
            t => services.GetRequiredService<WorkflowStore>().StartAsync(t, Kind, key: null, new Errand(1), correlation: null, Cancel),
            Cancel)).Id.ToString();
    }

    private RunningWorker Work(WorkflowHandler<Errand, Finding> handler)
    {
        var services = host.Host.Services;
        var database = services.GetRequiredService<BeamtimeDatabase>();
        var handlers = new JobHandlers();
        new WorkflowRunner(database, services.GetRequiredService<JobQueue>(), new WorkflowKinds(), seed: 1, TimeProvider.System)
            .Add(handlers, Kind, handler);
        return new RunningWorker(new JobWorker(
            database,
            handlers,
            new JobWorkerOptions { Name = "asked", Seed = 1, Poll = TimeSpan.FromMilliseconds(20) },
            services.GetRequiredService<JobMetrics>(),
            TimeProvider.System,
            NullLoggerFactory.Instance));
    }

    private Task<JsonElement> StandsAsync(string id, string state) =>
        UntilAsync(id, r => r.GetProperty("summary").GetProperty("state").GetString() == state);

    private async Task<JsonElement> UntilAsync(string id, Func<JsonElement, bool> until)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(JobFixture.Deadline);
        while (true)
        {
            var report = await host.GetAsync($"workflows/{id}");
            if (until(report))
            {
                return report;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }
}
