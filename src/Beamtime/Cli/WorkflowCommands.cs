using System.CommandLine;
using System.Text.Json;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime workflow</c>: work of several steps; what it waits for, and what a person does about it.</summary>
internal static class WorkflowCommands
{
    private static readonly Argument<Guid> Workflow = new("workflow") { Description = "Id of the workflow." };
    private static readonly Argument<string> Step = new("step") { Description = "Name of the step, as show gives it." };
    private static readonly Argument<string> Answer = new("answer") { Description = "The answer." };
    private static readonly Argument<string> Name = new("name") { Description = "Name of the message." };
    private static readonly Argument<string> Body = new("body") { Description = "Body of the message, JSON.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> Kind = new("--kind") { Description = "Only of this kind." };
    private static readonly Option<WorkflowState?> State = new("--state") { Description = "Only in this state." };
    private static readonly Option<Guid?> Correlation = new("--correlation") { Description = "Only what belongs to this." };
    private static readonly Option<Guid?> Parent = new("--parent") { Description = "Only what this workflow waits for." };
    private static readonly Option<int> Limit = new("--limit") { Description = "At most so many, 1 to 1000.", DefaultValueFactory = _ => 100 };
    private static readonly Option<int> Offset = new("--offset") { Description = "Pass over so many.", DefaultValueFactory = _ => 0 };
    private static readonly Option<string?> Reason = new("--reason") { Description = "Why; kept with the workflow." };
    private static readonly Option<string?> Id = new("--id")
    {
        Description = "Id of the message, unique for the workflow; give it to send the same again without harm.",
    };

    private static readonly Option<string?> Done = new("--done")
    {
        Description = "It was done; its result as JSON where it gives one.", Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Found = new("--found") { Description = "It was begun outside, under this id." };
    private static readonly Option<bool> Repeat = new("--repeat") { Description = "It was not done: it is begun again." };
    private static readonly Option<string> ReopenReason = new("--reason") { Description = "Why; kept with the workflow.", Required = true };
    private static readonly Option<string?> Fail = new("--fail")
    {
        Description = "It is given up; why.", Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("workflow", "Look at workflows; cancel, pause, retry, answer and resolve them.")
    {
        CommandRun.OnServer(
            new Command("ls", "List the workflows, newest first.") { Kind, State, Correlation, Parent, Offset, Limit }, ListAsync),
        CommandRun.OnServer(new Command("show", "Show a workflow: steps, moves, messages.") { Workflow }, ShowAsync),
        Verb("cancel", "End a workflow: running steps are told, what was begun is undone.", "is being cancelled"),
        Verb("pause", "Keep a workflow from beginning further steps.", "is paused once its running steps have ended"),
        Verb("resume", "Let a paused workflow go on.", "goes on"),
        Verb("retry", "Have an ended workflow go on where it stopped.", "goes on where it stopped"),
        CommandRun.OnServer(new Command("message", "Send a workflow a message.") { Workflow, Name, Body, Id }, SendAsync),
        CommandRun.OnServer(new Command("answer", "Answer the question of a step.") { Workflow, Step, Answer }, AnswerAsync),
        CommandRun.OnServer(
            new Command("resolve", "Decide over an uncertain step.") { Workflow, Step, Done, Found, Repeat, Fail }, ResolveAsync),
        CommandRun.OnServer(
            new Command("reopen", "Take back what was decided over a step; it is uncertain again.") { Workflow, Step, ReopenReason }, ReopenAsync),
    };

    private static Command Verb(string verb, string description, string done) => CommandRun.OnServer(
        new Command(verb, description) { Workflow, Reason },
        async (run, client, cancel) => Say(run, done, await client.PostAsync<WorkflowView>(
            $"workflows/{run.Arguments.GetValue(Workflow)}/{verb}",
            new WorkflowChangeRequest(run.Arguments.GetValue(Reason)),
            cancel)));

    private static ExitCode Say(CommandRun run, string done, WorkflowView workflow) =>
        run.Print(workflow, console => console.WriteLine($"{workflow.Kind} {workflow.Id} {done}"));

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var page = await client.GetAsync<WorkflowPageView>(
            "workflows" + JobCommands.Query(
                ("kind", run.Arguments.GetValue(Kind)),
                ("state", run.Arguments.GetValue(State)?.ToString()),
                ("correlation", run.Arguments.GetValue(Correlation)?.ToString()),
                ("parent", run.Arguments.GetValue(Parent)?.ToString()),
                ("offset", $"{run.Arguments.GetValue(Offset)}"),
                ("limit", $"{run.Arguments.GetValue(Limit)}")),
            cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumns("workflow", "kind", "key", "state", "since", "why").SimpleBorder();
            foreach (var workflow in page.Items)
            {
                table.AddRow(
                    $"{workflow.Id}",
                    Markup.Escape(workflow.Kind),
                    Markup.Escape(workflow.Key ?? ""),
                    StateOf(workflow),
                    Instant(workflow.Since),
                    Markup.Escape(workflow.Error is { } error && workflow.FinishedAt is not null ? error.Code : workflow.Why ?? ""));
            }

            console.Write(table);
            console.WriteLine($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var report = await client.GetAsync<WorkflowReportView>($"workflows/{run.Arguments.GetValue(Workflow)}", cancel);
        return run.Print(report, _ => Print(run, report));
    }

    private static async Task<ExitCode> SendAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var request = new WorkflowMessageRequest(
            run.Arguments.GetValue(Id) ?? $"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}",
            run.Arguments.GetValue(Name)!,
            Json(run.Arguments.GetValue(Body) ?? "{}"));
        return Say(run, $"was sent {request.Name}, id {request.Id}", await client.PostAsync<WorkflowView>(
            $"workflows/{run.Arguments.GetValue(Workflow)}/messages", request, cancel));
    }

    private static async Task<ExitCode> AnswerAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var request = new WorkflowAnswerRequest(run.Arguments.GetValue(Step)!, run.Arguments.GetValue(Answer)!);
        return Say(run, "was answered and goes on", await client.PostAsync<WorkflowView>(
            $"workflows/{run.Arguments.GetValue(Workflow)}/answer", request, cancel));
    }

    private static async Task<ExitCode> ResolveAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var (done, found, fail) = (run.Arguments.GetResult(Done), run.Arguments.GetResult(Found), run.Arguments.GetResult(Fail));
        StepResolution[] given =
        [
            .. done is null ? Array.Empty<StepResolution>() : [StepResolution.Done],
            .. found is null ? Array.Empty<StepResolution>() : [StepResolution.Found],
            .. run.Arguments.GetValue(Repeat) ? [StepResolution.Repeat] : Array.Empty<StepResolution>(),
            .. fail is null ? Array.Empty<StepResolution>() : [StepResolution.Fail],
        ];
        if (given is not [var how])
        {
            throw new RefusedException(CliErrors.Argument.Because("one of --done, --found, --repeat and --fail says how the step is resolved"));
        }

        var request = new WorkflowResolveRequest(
            run.Arguments.GetValue(Step)!,
            how,
            run.Arguments.GetValue(Done) is { } result ? Json(result) : null,
            run.Arguments.GetValue(Found),
            run.Arguments.GetValue(Fail));
        return Say(run, $"goes on: {request.Step} is resolved", await client.PostAsync<WorkflowView>(
            $"workflows/{run.Arguments.GetValue(Workflow)}/resolve", request, cancel));
    }

    private static async Task<ExitCode> ReopenAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var request = new WorkflowReopenRequest(run.Arguments.GetValue(Step)!, run.Arguments.GetValue(ReopenReason)!);
        return Say(run, $"waits: {request.Step} is uncertain again", await client.PostAsync<WorkflowView>(
            $"workflows/{run.Arguments.GetValue(Workflow)}/reopen", request, cancel));
    }

    private static void Print(CommandRun run, WorkflowReportView report)
    {
        var workflow = report.Summary;
        run.Say($"{workflow.Id}  {workflow.Kind} version {workflow.Version}  {StateOf(workflow)} since {Instant(workflow.Since)}");
        Line("key", workflow.Key);
        Line("why", workflow.Why);
        Line("due", workflow.FinishedAt is null && report.DueAt is { Year: < 2100 } due ? Instant(due) : null);
        Line("time is up", workflow.DeadlineAt is { } deadline ? Instant(deadline) : null);
        Line("worker", report.Worker);
        Line("runs", $"{workflow.Runs}");
        Line("parent", workflow.Parent?.ToString());
        Line("correlation", workflow.Correlation?.ToString());
        Line("error", workflow.Error is { } error ? $"{error.Code}: {error.Message}" : null);
        Line("remedy", workflow.Error?.Remedy);
        Line("input", report.Input.GetRawText());
        Line("result", report.Result?.GetRawText());
        run.Say("steps");
        foreach (var step in report.Steps)
        {
            run.Say($"  {step.Name,-32} {step.Kind,-12} {step.State,-10} {About(step)}".TrimEnd());
        }

        run.Say("moves");
        foreach (var move in report.Moves)
        {
            run.Say($"  {Instant(move.At)} {move.Label ?? $"{move.State}",-14} {move.ByName ?? move.By?.ToString(),-12} {move.Why}".TrimEnd());
        }

        foreach (var message in report.Messages)
        {
            var state = message.Refused is { } refused ? refused.Message : message.TakenBy is { } step ? $"taken by {step}" : "waits";
            run.Say($"message {message.Name} {message.Id}: {state}");
        }

        void Line(string name, string? value)
        {
            if (value is not null)
            {
                run.Say($"  {name,-12} {value}");
            }
        }
    }

    private static string About(StepView step) => string.Join("  ", new[]
    {
        step.Attempt > 1 ? $"attempt {step.Attempt}" : null,
        step.External is { } external ? $"outside {external}" : null,
        step.Child is { } child ? $"workflow {child}" : null,
        step is { Kind: StepKind.Input, State: StepState.Waiting, Intent: { } asked } ? asked.GetRawText() : null,
        step.DueAt is { } due ? $"until {Instant(due)}" : null,
        step.RetryAt is { } retry && step.State == StepState.Failed ? $"again {Instant(retry)}" : null,
        step.Error is { } error ? $"{error.Code}: {error.Message}" : null,
    }.Where(part => part is not null));

    private static string StateOf(WorkflowView workflow) => workflow.Label ?? $"{workflow.State}";

    private static string Instant(DateTimeOffset at) => $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z";

    private static JsonElement Json(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException mistake)
        {
            throw new RefusedException(CliErrors.Argument.Because($"'{text}' is no JSON: {mistake.Message}"));
        }
    }
}
