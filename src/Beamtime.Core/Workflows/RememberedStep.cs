using Beamtime.Core.Jobs;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Workflows;

/// <summary>What is remembered of a step, as it stood when this run began.</summary>
internal sealed record RememberedStep
{
    /// <summary>The columns, of <c>workflow_steps s</c> with the child's workflow as <c>c</c>.</summary>
    public const string Columns = """
        s.name, s.kind, s.scope, s.place, s.state, s.failures, s.result, s.error, s.retry_at is null, s.due_at,
        s.due_at <= lease_clock(), s.effect, s.external, s.child, c.state, c.result, c.error, s.resolved_by is not null, s.has_ended
        """;

    /// <summary>Its name with that of its branch before it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>The branch it belongs to; empty for the workflow itself.</summary>
    public required string Scope { get; init; }

    /// <summary>Its place among the steps of its branch, from 1; 0 has none.</summary>
    public required int Place { get; init; }

    /// <summary>Where it stands.</summary>
    public required StepState State { get; init; }

    /// <summary>Failed attempts since a person last retried it.</summary>
    public required int Failures { get; init; }

    /// <summary>Its result as JSON, once finished.</summary>
    public string? Result { get; init; }

    /// <summary>Why its last failed attempt failed.</summary>
    public Reason? Error { get; init; }

    /// <summary>Whether its failure is for good.</summary>
    public required bool IsFinal { get; init; }

    /// <summary>The instant that it waits for.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Whether that has come.</summary>
    public bool IsDue { get; init; }

    /// <summary>What an effect is known by outside, from before it was begun.</summary>
    public Guid? Effect { get; init; }

    /// <summary>What the outside calls the effect.</summary>
    public string? External { get; init; }

    /// <summary>The workflow that it waits for.</summary>
    public WorkflowId? Child { get; init; }

    /// <summary>Where that stands.</summary>
    public WorkflowState? ChildState { get; init; }

    /// <summary>What that returned.</summary>
    public string? ChildResult { get; init; }

    /// <summary>Why that failed.</summary>
    public Reason? ChildError { get; init; }

    /// <summary>Whether nothing of an effect goes on outside: it was refused there, or has ended badly.</summary>
    public bool HasEnded { get; init; }

    /// <summary>Whether a person has decided over it.</summary>
    public bool IsResolved { get; init; }

    /// <summary>The step of a row.</summary>
    /// <param name="row">A row of <see cref="Columns"/>.</param>
    public static RememberedStep Read(NpgsqlDataReader row) => new()
    {
        Name = row.GetString(0),
        Kind = Enum.Parse<StepKind>(row.GetString(1)),
        Scope = row.GetString(2),
        Place = row.GetInt32(3),
        State = Enum.Parse<StepState>(row.GetString(4)),
        Failures = row.GetInt32(5),
        Result = row.IsDBNull(6) ? null : row.GetString(6),
        Error = row.IsDBNull(7) ? null : JobsJson.Read(row.GetString(7)),
        IsFinal = row.GetString(4) == nameof(StepState.Failed) && row.GetBoolean(8),
        DueAt = row.IsDBNull(9) ? null : row.GetFieldValue<DateTimeOffset>(9),
        IsDue = !row.IsDBNull(10) && row.GetBoolean(10),
        Effect = row.IsDBNull(11) ? null : row.GetGuid(11),
        External = row.IsDBNull(12) ? null : row.GetString(12),
        Child = row.IsDBNull(13) ? null : new WorkflowId(row.GetGuid(13)),
        ChildState = row.IsDBNull(14) ? null : Enum.Parse<WorkflowState>(row.GetString(14)),
        ChildResult = row.IsDBNull(15) ? null : row.GetString(15),
        ChildError = row.IsDBNull(16) ? null : JobsJson.Read(row.GetString(16)),
        IsResolved = row.GetBoolean(17),
        HasEnded = row.GetBoolean(18),
    };
}
