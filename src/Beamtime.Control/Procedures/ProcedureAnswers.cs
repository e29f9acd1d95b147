using System.Text.Json;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>A procedure as the catalogue tells it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Parameters">What it is given.</param>
/// <param name="Steps">Its steps in one line each.</param>
/// <param name="Closing">Steps that end it in any case.</param>
internal sealed record ProcedureAnswer(
    string Name,
    string Description,
    IReadOnlyList<ProcedureParameter> Parameters,
    IReadOnlyList<string> Steps,
    IReadOnlyList<string> Closing)
{
    /// <summary>The answer for a procedure.</summary>
    /// <param name="procedure">The procedure.</param>
    public static ProcedureAnswer Of(ProcedureDefinition procedure) => new(
        procedure.Name,
        procedure.Description,
        procedure.Parameters,
        [.. procedure.Steps.Select(LineOf)],
        [.. procedure.Closing.Select(LineOf)]);

    private static string LineOf(ProcedureStep step) => string.Join(
        ' ', [step.Kind, step.Target, .. step.Values.Select(v => $"{v.Name}={v.Value}")]);
}

/// <summary>A request to start a procedure.</summary>
internal sealed record ProcedureRunRequest
{
    /// <summary>Parameters by name: numbers, true, false or texts.</summary>
    public IReadOnlyDictionary<string, JsonElement> Parameters { get; init; } = new Dictionary<string, JsonElement>();
}

/// <summary>A request to abort a run.</summary>
internal sealed record ProcedureAbortRequest
{
    /// <summary>Why, in the person's words.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>A request to let a held run go on.</summary>
internal sealed record ProcedureResumeRequest
{
    /// <summary>The step from which it goes on, from 0.</summary>
    public required int Step { get; init; }
}

/// <summary>A run of a procedure as REST tells it.</summary>
/// <param name="Id">The run.</param>
/// <param name="Procedure">The procedure's name.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Parameters">Values of its parameters.</param>
/// <param name="Captures">What it captured.</param>
/// <param name="Steps">Its steps.</param>
/// <param name="UncertainStep">The step of which nobody knows what became of it.</param>
/// <param name="StartedAt">When it began, UTC.</param>
/// <param name="EndedAt">When it was over, UTC.</param>
/// <param name="Reasons">Why it is held or did not complete.</param>
internal sealed record ProcedureRunAnswer(
    Guid Id,
    string Procedure,
    ProcedureState State,
    IReadOnlyDictionary<string, JsonElement> Parameters,
    IReadOnlyDictionary<string, JsonElement> Captures,
    IReadOnlyList<StepRecord> Steps,
    int? UncertainStep,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    IReadOnlyList<Reason> Reasons)
{
    /// <summary>The answer for a run.</summary>
    /// <param name="run">The run.</param>
    public static ProcedureRunAnswer Of(StreamState<ProcedureRecord> run)
    {
        var record = run.State!;
        return new ProcedureRunAnswer(
            Guid.Parse(run.Id),
            record.Procedure,
            record.State,
            record.Parameters,
            record.Captures,
            record.Steps,
            record.UncertainStep,
            record.StartedAt,
            record.EndedAt,
            record.Reasons);
    }
}

/// <summary>A page of runs.</summary>
/// <param name="Items">The runs of this page.</param>
/// <param name="Total">How many there are on all pages.</param>
internal sealed record ProcedureRunPage(IReadOnlyList<ProcedureRunAnswer> Items, long Total);
