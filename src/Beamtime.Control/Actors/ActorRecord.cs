using System.Text.Json.Serialization;
using Beamtime.Control.Beamline;
using Beamtime.Control.Scripts;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Actors;

/// <summary>What an actor looks at and what it does.</summary>
internal sealed record ActorDefinition
{
    /// <summary>The states that it looks at, each with the statuses that count.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<StateStatus>> When { get; init; }

    /// <summary>True where any of the states is enough; else all must be so.</summary>
    public bool Any { get; init; }

    /// <summary>The server script that is run.</summary>
    public required string Script { get; init; }

    /// <summary>Its arguments, and the queue.</summary>
    public ScriptRequest Request { get; init; } = new();

    /// <summary>How long it does not act again after it has, s.</summary>
    public double RestSeconds { get; init; } = 60;
}

/// <summary>What happens to an actor.</summary>
internal abstract record ActorEntry;

/// <summary>Somebody defined it, or defined it anew.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="Name">Its name.</param>
/// <param name="Definition">What it is.</param>
internal sealed record ActorDefined(string Beamline, string Name, ActorDefinition Definition) : ActorEntry;

/// <summary>Somebody switched it on or off.</summary>
/// <param name="IsOn">Whether it acts from now on.</param>
internal sealed record ActorSwitched(bool IsOn) : ActorEntry;

/// <summary>Somebody took it out.</summary>
internal sealed record ActorRemoved : ActorEntry;

/// <summary>It has acted.</summary>
/// <param name="Run">The run of its script.</param>
/// <param name="State">The state that brought its condition about.</param>
/// <param name="Label">What was seen of that.</param>
internal sealed record ActorActed(Guid Run, string State, string Label) : ActorEntry;

/// <summary>Its condition came about, and it could not act.</summary>
/// <param name="State">The state that brought it about.</param>
/// <param name="Reasons">Every reason.</param>
internal sealed record ActorFailed(string State, IReadOnlyList<Reason> Reasons) : ActorEntry;

/// <summary>An actor as its entries tell it.</summary>
internal sealed record ActorRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is; null once it was taken out.</summary>
    public ActorDefinition? Definition { get; init; }

    /// <summary>Id of the person who defined it last, in whose name it acts.</summary>
    public Guid Who { get; init; }

    /// <summary>Whether it acts.</summary>
    public bool IsOn { get; init; }

    /// <summary>Since when it is as it is, UTC: what came about before does not count.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>When it acted last, UTC.</summary>
    public DateTimeOffset? ActedAt { get; init; }

    /// <summary>The run of its script then.</summary>
    public Guid? Run { get; init; }

    /// <summary>Why it could not act last; empty when it could.</summary>
    public IReadOnlyList<Reason> Reasons { get; init; } = [];

    /// <summary>The stream of actors in the ledger.</summary>
    public static readonly StreamKind<ActorRecord, ActorEntry> Kind = new(
        "actor",
        foldVersion: 1,
        Fold,
        new EntryTypes<ActorEntry>()
            .Add("actor.defined", 1, ActorJson.Default.ActorDefined)
            .Add("actor.switched", 1, ActorJson.Default.ActorSwitched)
            .Add("actor.removed", 1, ActorJson.Default.ActorRemoved)
            .Add("actor.acted", 1, ActorJson.Default.ActorActed)
            .Add("actor.failed", 1, ActorJson.Default.ActorFailed),
        ActorJson.Default.ActorRecord,
        actor => new RecordIndex(
            actor.Beamline, null, actor.Name, actor.Definition is null ? "Removed" : actor.IsOn ? "On" : "Off"),
        Tell);

    /// <summary>The id of an actor's stream.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="name">The actor.</param>
    public static string IdOf(string beamline, string name) => $"{beamline}.{name}";

    private static ActorRecord Fold(ActorRecord? actor, Entry<ActorEntry> entry) => (actor, entry.Data) switch
    {
        (_, ActorDefined defined) => (actor ?? new ActorRecord { Beamline = defined.Beamline, Name = defined.Name }) with
        {
            Definition = defined.Definition, Who = entry.Why.Who.Value, IsOn = true, Since = entry.At, Reasons = [],
        },
        ({ } before, ActorSwitched switched) => before with { IsOn = switched.IsOn, Since = entry.At },
        ({ } before, ActorRemoved) => before with { Definition = null, IsOn = false },
        ({ } before, ActorActed acted) => before with { ActedAt = entry.At, Run = acted.Run, Reasons = [] },
        ({ } before, ActorFailed failed) => before with { Reasons = failed.Reasons },
        _ => throw new InvalidOperationException($"An actor cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };

    private static EntryWords Tell(ActorEntry entry) => entry switch
    {
        ActorDefined defined => new EntryWords($"defined: runs {defined.Definition.Script}")
        {
            Details =
            [
                .. defined.Definition.When.Select(w => new EntryDetail(
                    w.Key, string.Join(" or ", w.Value.Select(s => s.ToString().ToLowerInvariant())))),
                new EntryDetail("rest", EntryWords.Number(defined.Definition.RestSeconds), "s"),
            ],
        },
        ActorSwitched switched => new EntryWords(switched.IsOn ? "switched on" : "switched off"),
        ActorRemoved => new EntryWords("removed"),
        ActorActed acted => new EntryWords($"acted: {acted.Label}") { Details = [new EntryDetail("run", acted.Run.ToString())] },
        ActorFailed failed => new EntryWords($"could not act: {failed.Reasons[0].Message}")
        {
            IsTrouble = true,
            Details = [.. failed.Reasons.Select(r => new EntryDetail(r.Code, r.Message))],
        },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>Actors as REST tells them.</summary>
/// <param name="Actors">The actors, by name.</param>
internal sealed record ActorList(IReadOnlyList<ActorRecord> Actors);

/// <summary>JSON of actors.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ActorDefined))]
[JsonSerializable(typeof(ActorSwitched))]
[JsonSerializable(typeof(ActorRemoved))]
[JsonSerializable(typeof(ActorActed))]
[JsonSerializable(typeof(ActorFailed))]
[JsonSerializable(typeof(ActorRecord))]
internal sealed partial class ActorJson : JsonSerializerContext;
