using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Workflows;

/// <summary>How a person decides over an uncertain step.</summary>
internal enum StepResolution
{
    /// <summary>It was done, and gave this.</summary>
    Done,

    /// <summary>It was begun outside, under this id: the workflow waits for its end.</summary>
    Found,

    /// <summary>It was not done: it is begun again.</summary>
    Repeat,

    /// <summary>It is given up.</summary>
    Fail,
}

/// <summary>What people do with workflows: cancel, pause, resume, retry, send messages, answer questions, resolve doubts.</summary>
/// <param name="database">The database.</param>
/// <param name="store">The workflows.</param>
/// <param name="kinds">What is known of their kinds here.</param>
internal sealed class WorkflowDesk(BeamtimeDatabase database, WorkflowStore store, WorkflowKinds kinds)
{
    private const int LongestBody = 64 * 1024;
    private const int LongestName = 200;
    private const string Later = "later:";

    /// <summary>Asks for a workflow's end: running steps are told, what is to be undone is undone, then it is cancelled.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="by">Who asks; null for the program.</param>
    /// <param name="why">Why.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<WorkflowId>> CancelAsync(WorkflowId id, PersonId? by, string? why, CancellationToken cancel)
    {
        if (await store.ShowAsync(id, cancel) is not { } report)
        {
            return Refuse(NotFound(id));
        }

        var grace = kinds.GraceOf(report.Workflow.Kind, report.Workflow.Version);
        return await MoveAsync(
            id, "select workflow_cancel($1, $2, $3, $4)", [StepMemory.Interval(grace), Person(by), Text(why)], "be cancelled", cancel);
    }

    /// <summary>Keeps a workflow from beginning further steps; what runs comes to its end.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="why">Why.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<WorkflowId>> PauseAsync(WorkflowId id, PersonId? by, string? why, CancellationToken cancel) =>
        MoveAsync(id, "select workflow_pause($1, $2, $3)", [Person(by), Text(why)], "be paused", cancel);

    /// <summary>Lets a paused workflow go on.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="why">Why.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<WorkflowId>> ResumeAsync(WorkflowId id, PersonId? by, string? why, CancellationToken cancel) =>
        MoveAsync(id, "select workflow_resume($1, $2, $3)", [Person(by), Text(why)], "be resumed", cancel);

    /// <summary>Has an ended workflow that did not complete go on where it stopped, with all its attempts before it.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="by">Who asks.</param>
    /// <param name="why">Why.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Outcome<WorkflowId>> RetryAsync(WorkflowId id, PersonId? by, string? why, CancellationToken cancel) =>
        MoveAsync(id, "select workflow_retry($1, $2, $3)", [Person(by), Text(why ?? "retried")], "be retried", cancel);

    /// <summary>Sends a workflow a message; the same id and body again is the same message.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="message">The message's id, unique for the workflow.</param>
    /// <param name="name">Its name.</param>
    /// <param name="body">Its body as JSON.</param>
    /// <param name="by">Who sends it; null for the program.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<WorkflowId>> SendAsync(
        WorkflowId id, string message, string name, string body, PersonId? by, CancellationToken cancel)
    {
        if (await store.ShowAsync(id, cancel) is not { } report)
        {
            return Refuse(NotFound(id));
        }

        List<Reason> reasons =
        [
            .. new[] { ("id", message), ("name", name) }
                .Where(p => p.Item2.Length is 0 or > LongestName)
                .Select(p => WorkflowErrors.MessageInvalid.Because($"its {p.Item1} is empty or longer than {LongestName} characters")),
        ];
        if (System.Text.Encoding.UTF8.GetByteCount(body) > LongestBody)
        {
            reasons.Add(WorkflowErrors.MessageInvalid.Because($"its body is longer than {LongestBody} bytes"));
        }
        else if (JsonMistake(body) is { } mistake)
        {
            reasons.Add(WorkflowErrors.MessageInvalid.Because($"its body is no JSON: {mistake}"));
        }
        else if (kinds.Mistake(report.Workflow.Kind, report.Workflow.Version, name, body) is { } misfit)
        {
            reasons.Add(WorkflowErrors.MessageInvalid.Because(misfit));
        }

        return reasons.Count > 0
            ? new Refused<WorkflowId>(reasons)
            : await MoveAsync(
                id,
                "select workflow_tell($1, $2, $3, $4, $5)",
                [Text(message), Text(name), StepMemory.Json(body), Person(by)],
                "be sent a message",
                cancel);
    }

    /// <summary>Answers the question of a step.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="step">The step.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="by">Who answers.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<WorkflowId>> AnswerAsync(
        WorkflowId id, string step, string answer, PersonId? by, CancellationToken cancel)
    {
        if (await FindStepAsync(id, step, cancel) is not { } found)
        {
            return Refuse(StepNotFound(id, step));
        }

        if (found is not { Kind: StepKind.Input, Intent: { } asked })
        {
            return Refuse(WorkflowErrors.StepNotFound.Because($"Step {step} of workflow {id} asks nobody."));
        }

        return Question.Read(asked).Mistakes(answer) is { Count: > 0 } mistakes
            ? new Refused<WorkflowId>(mistakes)
            : await DecideAsync(
                id,
                step,
                StepState.Waiting,
                "done",
                JsonSerializer.Serialize(answer, WorkflowsJson.Default.String),
                external: null,
                by,
                $"{step} was answered",
                cancel);
    }

    /// <summary>Decides over an uncertain step.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="step">The step.</param>
    /// <param name="how">How.</param>
    /// <param name="value">Done: its result as JSON; found: the outside's id; fail: why. Else nothing.</param>
    /// <param name="by">Who decides.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<WorkflowId>> ResolveAsync(
        WorkflowId id, string step, StepResolution how, string? value, PersonId? by, CancellationToken cancel)
    {
        if (await FindStepAsync(id, step, cancel) is not { } found)
        {
            return Refuse(StepNotFound(id, step));
        }

        if (how == StepResolution.Found && (found.Kind != StepKind.Effect || value is not { Length: > 0 }))
        {
            return Refuse(WorkflowErrors.RequestInvalid.Because(
                $"Only an effect is found outside, by the id that it has there; step {step} is {found.Kind}."));
        }

        if (how == StepResolution.Done && JsonMistake(value ?? "null") is { } mistake)
        {
            return Refuse(WorkflowErrors.RequestInvalid.Because($"The result of {step} is no JSON: {mistake}"));
        }

        var json = how switch
        {
            StepResolution.Done => value ?? "null",
            StepResolution.Fail => JobsJson.Write(
                WorkflowErrors.GivenUp.Because(value is { Length: > 0 } ? $"{step}: {value}" : $"{step} was given up by a person.")),
            _ => null,
        };
        return await DecideAsync(
            id,
            step,
            StepState.Uncertain,
            how.ToString().ToLowerInvariant(),
            json,
            how == StepResolution.Found ? value : null,
            by,
            $"{step} was resolved: {how.ToString().ToLowerInvariant()}",
            cancel);
    }

    /// <summary>Takes back what a person decided over a step, which is uncertain again and waits for the next decision.</summary>
    /// <param name="id">The workflow.</param>
    /// <param name="step">The step.</param>
    /// <param name="by">Who takes it back.</param>
    /// <param name="why">Why; kept with the workflow.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<WorkflowId>> ReopenAsync(
        WorkflowId id, string step, PersonId? by, string? why, CancellationToken cancel) => string.IsNullOrWhiteSpace(why)
        ? Refuse(WorkflowErrors.RequestInvalid.Because($"no reason is given for reopening {step}"))
        : await FindStepAsync(id, step, cancel) is null
            ? Refuse(StepNotFound(id, step))
            : await MoveAsync(
                id, "select workflow_reopen($1, $2, $3, $4)", [Text(step), Person(by), Text(why)], $"have {step} reopened", cancel);

    private static Reason NotFound(WorkflowId id) => WorkflowErrors.NotFound.Because($"There is no workflow {id}.");

    private static Reason StepNotFound(WorkflowId id, string step) =>
        WorkflowErrors.StepNotFound.Because($"Workflow {id} has begun no step {step}.");

    private static Refused<WorkflowId> Refuse(Reason reason) => new([reason]);

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Person(PersonId? who) =>
        new() { Value = who?.Value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };

    private static string? JsonMistake(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return null;
        }
        catch (JsonException mistake)
        {
            return mistake.Message;
        }
    }

    private async Task<StepRecord?> FindStepAsync(WorkflowId id, string step, CancellationToken cancel) =>
        (await store.ShowAsync(id, cancel))?.Steps.FirstOrDefault(s => s.Name == step);

    private Task<Outcome<WorkflowId>> DecideAsync(
        WorkflowId id,
        string step,
        StepState from,
        string how,
        string? json,
        string? external,
        PersonId? by,
        string why,
        CancellationToken cancel) => MoveAsync(
            id,
            "select workflow_decide($1, $2, $3, $4, $5, $6, $7, $8)",
            [Text(step), Text(from.ToString()), Text(how), StepMemory.Json(json), Text(external), Person(by), Text(why)],
            from == StepState.Waiting ? "be answered" : "be resolved",
            cancel);

    private async Task<Outcome<WorkflowId>> MoveAsync(
        WorkflowId id, string sql, IReadOnlyList<NpgsqlParameter> parameters, string what, CancellationToken cancel)
    {
        await using var transaction = await database.BeginAsync(cancel);
        string answer;
        await using (var command = transaction.Command(sql, id.Value))
        {
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(parameter);
            }

            answer = (string)(await command.ExecuteScalarAsync(cancel))!;
        }

        if (answer == "accepted")
        {
            await using (var queue = transaction.Command("select queue from jobs where id = $1", id.Value))
            {
                transaction.NotifyAfterCommit(JobQueue.ChannelOf((string)(await queue.ExecuteScalarAsync(cancel))!));
            }

            transaction.NotifyAfterCommit(WorkflowWatch.Told);
            await transaction.CommitAsync(cancel);
        }

        return answer switch
        {
            "accepted" or "repeated" => new Accepted<WorkflowId>(id),
            "missing" => Refuse(NotFound(id)),
            "full" => Refuse(WorkflowErrors.MessagesFull.Because($"A thousand messages wait for workflow {id}.")),
            "differs" => Refuse(WorkflowErrors.MessageDiffers.Because($"Workflow {id} was sent another message with this id.")),
            "runs" => Refuse(WorkflowErrors.StateForbids.Because(
                $"Workflow {id} runs and may have read the result already.", "Pause it, and ask again once it is paused.")),
            "undecided" => Refuse(WorkflowErrors.StateForbids.Because(
                $"No person has decided over this step of workflow {id}, or it goes on since.",
                "Only what a person resolved can be reopened; 'beamtime workflow show' tells how each step stands.")),
            _ when answer.StartsWith(Later, StringComparison.Ordinal) => Refuse(WorkflowErrors.StepUsed.Because(
                $"After it workflow {id} has begun {answer[Later.Length..]}.")),
            "ended" => Refuse(WorkflowErrors.StateForbids.Because($"Workflow {id} has ended and cannot {what}.")),
            _ => Refuse(WorkflowErrors.StateForbids.Because($"Workflow {id}, or its step, is {answer} and cannot {what}.")),
        };
    }
}
