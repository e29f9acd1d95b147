using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;

namespace Beamtime.Control.Scans.Batons;

/// <summary>What happens to the baton of a beamline.</summary>
internal abstract record BatonEntry;

/// <summary>Somebody took it.</summary>
/// <param name="Beamline">The beamline.</param>
/// <param name="IsOverride">Whether it was taken from somebody else.</param>
internal sealed record BatonTaken(string Beamline, bool IsOverride) : BatonEntry;

/// <summary>Its holder, or somebody who may, put it down.</summary>
internal sealed record BatonReleased : BatonEntry;

/// <summary>Who has control of a beamline.</summary>
internal sealed record BatonRecord
{
    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>Id of the person who has it; null for nobody.</summary>
    public Guid? Holder { get; init; }

    /// <summary>What for.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when, UTC.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The stream of batons in the ledger; the id is the beamline.</summary>
    public static readonly StreamKind<BatonRecord, BatonEntry> Kind = new(
        "baton",
        foldVersion: 1,
        Fold,
        new EntryTypes<BatonEntry>()
            .Add("baton.taken", 1, BatonJson.Default.BatonTaken)
            .Add("baton.released", 1, BatonJson.Default.BatonReleased),
        BatonJson.Default.BatonRecord,
        baton => new RecordIndex(baton.Beamline, null, null, baton.Holder is null ? "Free" : "Held"),
        Tell);

    private static BatonRecord Fold(BatonRecord? baton, Entry<BatonEntry> entry) => (baton, entry.Data) switch
    {
        (_, BatonTaken taken) => new BatonRecord
        {
            Beamline = taken.Beamline,
            Holder = entry.Why.Who.Value,
            Reason = entry.Why.Reason,
            Since = entry.At,
        },
        ({ } before, BatonReleased) => new BatonRecord { Beamline = before.Beamline },
        _ => throw new InvalidOperationException($"A baton cannot take {entry.Data.GetType().Name} at version {entry.Version}."),
    };

    private static EntryWords Tell(BatonEntry entry) => entry switch
    {
        BatonTaken taken => new EntryWords(taken.IsOverride ? "control was taken from somebody else" : "control was taken"),
        BatonReleased => new EntryWords("control was put down"),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>What is asked about the baton.</summary>
internal sealed record BatonCommand
{
    /// <summary>Whether it is to be taken; otherwise it is put down.</summary>
    public required bool IsTaking { get; init; }

    /// <summary>Id of the person who asks.</summary>
    public required Guid Who { get; init; }

    /// <summary>Whether the person may act against the holder, and wants to.</summary>
    public bool IsOverride { get; init; }

    /// <summary>What for.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>JSON of the baton.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BatonTaken))]
[JsonSerializable(typeof(BatonReleased))]
[JsonSerializable(typeof(BatonRecord))]
[JsonSerializable(typeof(BatonCommand))]
internal sealed partial class BatonJson : JsonSerializerContext;
