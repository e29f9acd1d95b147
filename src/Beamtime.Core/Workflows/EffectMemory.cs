namespace Beamtime.Core.Workflows;

/// <summary>The SQL of a running workflow's effects.</summary>
/// <param name="memory">Its steps.</param>
internal sealed class EffectMemory(StepMemory memory)
{
    // An effect keeps its id for good, unless it is known to have ended badly or was called off.
    private static readonly string Intend = $"""
        {StepMemory.HeldFirst}
        insert into workflow_steps as step (
            workflow, name, place, kind, scope, state, attempt, fence, intent, effect, intended_at, started_at)
        select held.id, $3, $4, $5, $6, 'Started', 1, $2, $7, $8, lease_clock(), lease_clock() from held {StepMemory.GoesOn}
        on conflict (workflow, name) do update set
            state = 'Started', attempt = step.attempt + 1, fence = excluded.fence, intent = excluded.intent,
            effect = coalesce(step.effect, excluded.effect), intended_at = excluded.intended_at, external = null,
            started_at = excluded.started_at, finished_at = null, retry_at = null, due_at = null, resolved_by = null,
            has_ended = false
        where step.state <> 'Finished'
        returning effect
        """;

    private static readonly string Attach = $"""
        {StepMemory.HeldFirst}
        update workflow_steps set state = 'Started', external = $4, error = null, due_at = null
        from held where workflow = held.id and name = $3 and state in ('Started', 'Uncertain')
        """;

    private static readonly string GoOn = $"""
        {StepMemory.HeldFirst}
        update workflow_steps set state = 'Started', due_at = lease_clock() + $4, finished_at = null, retry_at = null
        from held where workflow = held.id and name = $3 and state in ('Started', 'Uncertain', 'Failed')
        returning due_at
        """;

    private static readonly string Overdue = $"""
        {StepMemory.HeldFirst}
        select intended_at + $4 <= lease_clock() from workflow_steps, held where workflow = held.id and name = $3
        """;

    /// <summary>Records what is wanted, before anything is begun.</summary>
    /// <param name="place">The step.</param>
    /// <param name="intent">What is wanted, as JSON.</param>
    /// <param name="id">What a new effect is to be known by.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>What it is known by; null where it has ended, or the hold is lost.</returns>
    public async Task<Guid?> IntendAsync(StepPlace place, string intent, Guid id, CancellationToken cancel)
    {
        await using var command = memory.Placed(Intend, place);
        command.Parameters.Add(StepMemory.Json(intent));
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancel) as Guid?;
    }

    /// <summary>Records what the outside calls it.</summary>
    /// <param name="name">The step.</param>
    /// <param name="external">The outside's id.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>False where it has ended, or the hold is lost.</returns>
    public async Task<bool> AttachAsync(string name, string external, CancellationToken cancel)
    {
        await using var command = memory.Named(Attach, name);
        command.Parameters.Add(new() { Value = external });
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Records when it is looked at again.</summary>
    /// <param name="name">The step.</param>
    /// <param name="after">From now.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The instant; null where it has ended, or the hold is lost.</returns>
    public async Task<DateTimeOffset?> GoOnAsync(string name, TimeSpan after, CancellationToken cancel)
    {
        await using var command = memory.Named(GoOn, name);
        command.Parameters.Add(StepMemory.Interval(after));
        return (await StepMemory.InstantAsync(command, cancel)).At;
    }

    /// <summary>Whether the outside has had the time to show it.</summary>
    /// <param name="name">The step.</param>
    /// <param name="within">How long it may take.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<bool> IsOverdueAsync(string name, TimeSpan within, CancellationToken cancel)
    {
        await using var command = memory.Named(Overdue, name);
        command.Parameters.Add(StepMemory.Interval(within));
        return await command.ExecuteScalarAsync(cancel) is bool isOverdue ? isOverdue : throw memory.Lost();
    }
}
