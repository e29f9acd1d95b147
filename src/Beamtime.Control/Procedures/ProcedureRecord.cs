using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>What happens to a run of a procedure.</summary>
internal abstract record ProcedureEntry;

/// <summary>It was accepted and begins; nothing has been done yet.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Procedure">The procedure's name.</param>
/// <param name="Parameters">Values of all parameters.</param>
/// <param name="StepsHash">Hash over the steps with those values.</param>
/// <param name="Steps">The steps in one line each; the closing ones last.</param>
/// <param name="ClosingFrom">Index of the first closing step.</param>
internal sealed record ProcedureStarted(
    string Beamline,
    string Procedure,
    IReadOnlyDictionary<string, JsonElement> Parameters,
    string StepsHash,
    IReadOnlyList<StepOutline> Steps,
    int ClosingFrom) : ProcedureEntry;

/// <summary>A step as it is known at the start.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Target">What it acts on.</param>
/// <param name="Title">What it is for.</param>
internal sealed record StepOutline(string Kind, string Target, string Title);

/// <summary>A step begins: recorded before any effect.</summary>
/// <param name="Step">Its index.</param>
/// <param name="Wanted">The values that it works with, in one line.</param>
internal sealed record StepStarted(int Step, string Wanted) : ProcedureEntry;

/// <summary>A step ended.</summary>
/// <param name="Step">Its index.</param>
/// <param name="State">Passed, failed or uncertain.</param>
/// <param name="Captured">What it captured.</param>
/// <param name="Value">The value that it read; null for none.</param>
/// <param name="Evidence">What was seen, for people.</param>
/// <param name="WaitedSeconds">How long it took, s.</param>
/// <param name="Reasons">Why it failed.</param>
internal sealed record StepEnded(
    int Step,
    StepState State,
    IReadOnlyDictionary<string, JsonElement> Captured,
    JsonElement? Value,
    string Evidence,
    double WaitedSeconds,
    IReadOnlyList<Reason> Reasons) : ProcedureEntry;

/// <summary>The program ended while it ran.</summary>
/// <param name="Reason">Why it is held.</param>
internal sealed record ProcedureHeld(Reason Reason) : ProcedureEntry;

/// <summary>An operator lets it go on.</summary>
/// <param name="Step">The step from which it goes on.</param>
internal sealed record ProcedureResumed(int Step) : ProcedureEntry;

/// <summary>It is over.</summary>
/// <param name="State">How.</param>
/// <param name="Reasons">Why it did not complete.</param>
internal sealed record ProcedureEnded(ProcedureState State, IReadOnlyList<Reason> Reasons) : ProcedureEntry;

/// <summary>A step of a run.</summary>
internal sealed record StepRecord
{
    /// <summary>Its index, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Its kind.</summary>
    public required string Kind { get; init; }

    /// <summary>What it acts on.</summary>
    public required string Target { get; init; }

    /// <summary>What it is for.</summary>
    public required string Title { get; init; }

    /// <summary>True for a step that ends the procedure in any case.</summary>
    public required bool IsClosing { get; init; }

    /// <summary>Where it stands.</summary>
    public required StepState State { get; init; }

    /// <summary>The values that it works with; null before it began.</summary>
    public string? Wanted { get; init; }

    /// <summary>When it began, UTC.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The value that it read.</summary>
    public JsonElement? Value { get; init; }

    /// <summary>What was seen.</summary>
    public string? Evidence { get; init; }

    /// <summary>How long it took, s.</summary>
    public double? WaitedSeconds { get; init; }

    /// <summary>Why it failed.</summary>
    public IReadOnlyList<Reason> Reasons { get; init; } = [];
}

/// <summary>A run of a procedure as its entries tell it.</summary>
internal sealed record ProcedureRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>The procedure's name.</summary>
    public required string Procedure { get; init; }

    /// <summary>Where it stands.</summary>
    public required ProcedureState State { get; init; }

    /// <summary>Who started it.</summary>
    public required Guid Who { get; init; }

    /// <summary>Values of all parameters.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Parameters { get; init; }

    /// <summary>Hash over the steps with those values.</summary>
    public required string StepsHash { get; init; }

    /// <summary>Its steps; the closing ones last.</summary>
    public required IReadOnlyList<StepRecord> Steps { get; init; }

    /// <summary>What steps captured, by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Captures { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was over, UTC.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Index of the step of which nobody knows what became of it, while it is held.</summary>
    public int? UncertainStep { get; init; }

    /// <summary>Why it is held or did not complete.</summary>
    public IReadOnlyList<Reason> Reasons { get; init; } = [];

    /// <summary>The stream of procedures in the ledger.</summary>
    public static readonly StreamKind<ProcedureRecord, ProcedureEntry> Kind = new(
        "procedure",
        foldVersion: 1,
        Fold,
        new EntryTypes<ProcedureEntry>()
            .Add("procedure.started", 1, ProcedureJson.Default.ProcedureStarted)
            .Add("procedure.step_started", 1, ProcedureJson.Default.StepStarted)
            .Add("procedure.step_ended", 1, ProcedureJson.Default.StepEnded)
            .Add("procedure.held", 1, ProcedureJson.Default.ProcedureHeld)
            .Add("procedure.resumed", 1, ProcedureJson.Default.ProcedureResumed)
            .Add("procedure.ended", 1, ProcedureJson.Default.ProcedureEnded),
        ProcedureJson.Default.ProcedureRecord,
        run => new RecordIndex(run.Beamline, null, run.Procedure, run.State.ToString()),
        ProcedureWords.Of);

    private static ProcedureRecord Fold(ProcedureRecord? run, Entry<ProcedureEntry> entry) => (run, entry.Data) switch
    {
        (null, ProcedureStarted started) => new ProcedureRecord
        {
            Beamline = started.Beamline,
            Procedure = started.Procedure,
            State = ProcedureState.Running,
            Who = entry.Why.Who.Value,
            Parameters = started.Parameters,
            StepsHash = started.StepsHash,
            StartedAt = entry.At,
            Steps = [.. started.Steps.Select((s, i) => new StepRecord
            {
                Index = i,
                Kind = s.Kind,
                Target = s.Target,
                Title = s.Title,
                IsClosing = i >= started.ClosingFrom,
                State = StepState.Pending,
            })],
        },
        ({ } before, StepStarted started) => before.With(started.Step, step => step with
        {
            State = StepState.Started,
            Wanted = started.Wanted,
            StartedAt = entry.At,
            EndedAt = null,
            Value = null,
            Evidence = null,
            WaitedSeconds = null,
            Reasons = [],
        }),
        ({ } before, StepEnded ended) => before.With(ended.Step, step => step with
        {
            State = ended.State,
            EndedAt = entry.At,
            Value = ended.Value,
            Evidence = ended.Evidence,
            WaitedSeconds = ended.WaitedSeconds,
            Reasons = ended.Reasons,
        }) with
        {
            Captures = new Dictionary<string, JsonElement>([.. before.Captures.ExceptBy(ended.Captured.Keys, c => c.Key), .. ended.Captured]),
        },
        ({ } before, ProcedureHeld held) => before.Become(ProcedureState.Held) with
        {
            Reasons = [held.Reason],
            UncertainStep = before.Steps.FirstOrDefault(s => s.State is StepState.Started or StepState.Uncertain)?.Index,
            Steps = [.. before.Steps.Select(s => s.State == StepState.Started ? s with { State = StepState.Uncertain } : s)],
        },
        ({ } before, ProcedureResumed) => before.Become(ProcedureState.Running) with { Reasons = [], UncertainStep = null },
        ({ } before, ProcedureEnded ended) => before.Become(ended.State) with { EndedAt = entry.At, Reasons = ended.Reasons },
        _ => throw new InvalidOperationException($"A procedure cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };

    private ProcedureRecord With(int index, Func<StepRecord, StepRecord> change) => State == ProcedureState.Running
        ? this with { Steps = [.. Steps.Select(s => s.Index == index ? change(s) : s)] }
        : throw new InvalidOperationException($"A procedure that is {State} has no steps to do.");

    private ProcedureRecord Become(ProcedureState to) => State.CanBecome(to)
        ? this with { State = to }
        : throw new InvalidOperationException($"A procedure that is {State} cannot become {to}.");
}

/// <summary>JSON of procedures.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProcedureStarted))]
[JsonSerializable(typeof(StepStarted))]
[JsonSerializable(typeof(StepEnded))]
[JsonSerializable(typeof(ProcedureHeld))]
[JsonSerializable(typeof(ProcedureResumed))]
[JsonSerializable(typeof(ProcedureEnded))]
[JsonSerializable(typeof(ProcedureRecord))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(string))]
internal sealed partial class ProcedureJson : JsonSerializerContext;
