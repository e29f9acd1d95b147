using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Beamline;

/// <summary>What happens to a beamline state.</summary>
internal abstract record StateEntry;

/// <summary>Somebody defined it, or defined it anew.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Definition">What it is.</param>
internal sealed record StateDefined(string Beamline, StateDefinition Definition) : StateEntry;

/// <summary>Somebody took it out.</summary>
internal sealed record StateRemoved : StateEntry;

/// <summary>Its status is another one.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Name">Its name.</param>
/// <param name="From">The status before.</param>
/// <param name="To">The status now.</param>
/// <param name="Label">What was seen.</param>
internal sealed record StateChanged(string Beamline, string Name, StateStatus From, StateStatus To, string Label) : StateEntry;

/// <summary>A beamline state as its entries tell it.</summary>
internal sealed record StateRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What somebody defined; null for one of the site's file, or one that was taken out.</summary>
    public StateDefinition? Definition { get; init; }

    /// <summary>Its last status.</summary>
    public StateStatus Status { get; init; }

    /// <summary>What was seen then.</summary>
    public string Label { get; init; } = "";

    /// <summary>Since when, UTC.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The stream of states in the ledger.</summary>
    public static readonly StreamKind<StateRecord, StateEntry> Kind = new(
        "beamline_state",
        foldVersion: 1,
        Fold,
        new EntryTypes<StateEntry>()
            .Add("beamline_state.defined", 1, StateJson.Default.StateDefined)
            .Add("beamline_state.removed", 1, StateJson.Default.StateRemoved)
            .Add("beamline_state.changed", 1, StateJson.Default.StateChanged),
        StateJson.Default.StateRecord,
        state => new RecordIndex(state.Beamline, null, state.Name, state.Status.ToString()),
        StateWords.Of);

    /// <summary>The id of a state's stream.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="name">The state.</param>
    public static string IdOf(string beamline, string name) => $"{beamline}.{name}";

    private static StateRecord Fold(StateRecord? state, Entry<StateEntry> entry) => (state, entry.Data) switch
    {
        (_, StateDefined defined) => (state ?? Of(defined.Beamline, defined.Definition.Name)) with { Definition = defined.Definition },
        (_, StateChanged changed) => (state ?? Of(changed.Beamline, changed.Name)) with
        {
            Status = changed.To,
            Label = changed.Label,
            Since = entry.At,
        },
        ({ } before, StateRemoved) => before with { Definition = null, Status = StateStatus.Unknown, Label = "", Since = null },
        _ => throw new InvalidOperationException($"A state cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };

    private static StateRecord Of(string beamline, string name) => new() { Beamline = beamline, Name = name };
}

/// <summary>What a state's and the interlock's entries say on the timeline.</summary>
internal static class StateWords
{
    /// <summary>What one says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(StateEntry entry) => entry switch
    {
        StateDefined { Definition: var definition } => new EntryWords($"{definition.Name} defined over {definition.Address}")
        {
            Details =
            [
                new EntryDetail("kind", definition.Kind.ToString()),
                .. definition.Low is { } low ? [new EntryDetail("low", EntryWords.Number(low))] : (EntryDetail[])[],
                .. definition.High is { } high ? [new EntryDetail("high", EntryWords.Number(high))] : (EntryDetail[])[],
                new EntryDetail("hold", EntryWords.Number(definition.HoldSeconds), "s"),
            ],
        },
        StateRemoved => new EntryWords("removed"),
        StateChanged changed => new EntryWords(
            $"{changed.Name} was {Text(changed.From)} and is {Text(changed.To)}: {changed.Label}")
        {
            IsTrouble = changed.To < StateStatus.Warning && changed.From >= StateStatus.Warning,
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What an entry of the interlock says.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords Of(InterlockEntry entry) => entry switch
    {
        InterlockConfigured { Settings: null } => new EntryWords("set up as the site's file says"),
        InterlockConfigured { Settings: var settings } => new EntryWords(
            $"{(settings.IsEnabled ? "enabled" : "disabled")}, on a loss: {Text(settings.OnLoss)}")
        {
            Details = [.. settings.States.Select(s => new EntryDetail(s.Key, string.Join(" or ", s.Value.Select(Text))))],
        },
        InterlockTripped tripped => new EntryWords($"locked the scan queues: {tripped.Reason}") { IsTrouble = true },
        InterlockHeld held => new EntryWords($"holds {EntryWords.ScanNumber(held.Number)}"),
        InterlockCleared cleared => new EntryWords($"released the scan queues: {cleared.Reason}"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Text<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>JSON of states and of the interlock.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StateDefined))]
[JsonSerializable(typeof(StateRemoved))]
[JsonSerializable(typeof(StateChanged))]
[JsonSerializable(typeof(StateRecord))]
[JsonSerializable(typeof(InterlockConfigured))]
[JsonSerializable(typeof(InterlockTripped))]
[JsonSerializable(typeof(InterlockHeld))]
[JsonSerializable(typeof(InterlockCleared))]
[JsonSerializable(typeof(InterlockRecord))]
[JsonSerializable(typeof(StateCommand))]
[JsonSerializable(typeof(StatesAnswer))]
internal sealed partial class StateJson : JsonSerializerContext;
