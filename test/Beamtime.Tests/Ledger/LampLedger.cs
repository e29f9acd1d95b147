using System.Text.Json.Serialization;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Ledger;

/// <summary>A small domain for the ledger's tests: a lamp that is hung up, switched and described.</summary>
internal abstract record LampEntry;

internal sealed record LampHung(string Place) : LampEntry;

internal sealed record LampSwitched(bool On) : LampEntry;

internal sealed record LampDescribed(string Text) : LampEntry;

internal sealed record LampSwitchedOld(string Position);

internal sealed record Lamp(string Place, bool IsOn, int Switches, string Text, DateTimeOffset ChangedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(LampHung))]
[JsonSerializable(typeof(LampSwitched))]
[JsonSerializable(typeof(LampSwitchedOld))]
[JsonSerializable(typeof(LampDescribed))]
[JsonSerializable(typeof(Lamp))]
internal sealed partial class LampJson : JsonSerializerContext;

internal static class LampLedger
{
    public static readonly Why Why = Why.BySystem("test", "c-1");

    public static readonly EntryTypes<LampEntry> Types = new EntryTypes<LampEntry>()
        .Add("lamp.hung", 1, LampJson.Default.LampHung)
        .Add("lamp.switched", 2, LampJson.Default.LampSwitched)
        .Upcast("lamp.switched", 1, LampJson.Default.LampSwitchedOld, old => new LampSwitched(old.Position == "on"))
        .Add("lamp.described", 1, LampJson.Default.LampDescribed);

    public static readonly StreamKind<Lamp, LampEntry> Kind = Folding(1, 1);

    /// <summary>The kind with another version of its fold, which counts each switch this many times.</summary>
    public static StreamKind<Lamp, LampEntry> Folding(short version, int counts) => new(
        "lamp",
        version,
        (state, entry) => (entry.Data switch
        {
            LampHung hung => new Lamp(hung.Place, false, 0, "", entry.At),
            LampSwitched switched => state! with { IsOn = switched.On, Switches = state.Switches + counts },
            LampDescribed described => state! with { Text = described.Text },
            _ => throw new System.Diagnostics.UnreachableException(),
        }) with { ChangedAt = entry.At },
        Types,
        LampJson.Default.Lamp,
        lamp => new RecordIndex(Name: lamp.Place, Status: lamp.IsOn ? "on" : "off"));

    public static Outcome<IReadOnlyList<LampEntry>> Happens(params LampEntry[] entries) =>
        new Accepted<IReadOnlyList<LampEntry>>(entries);

    public static Outcome<IReadOnlyList<LampEntry>> SwitchOn(Lamp? lamp) => lamp switch
    {
        null => new Refused<IReadOnlyList<LampEntry>>(
            [new ErrorCode("lamp.missing", "There is no lamp.", "Hang one up.").Because("no lamp")]),
        { IsOn: true } => Happens(),
        _ => Happens(new LampSwitched(true)),
    };
}
