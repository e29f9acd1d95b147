using System.Text.Json.Nodes;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Beamline;

/// <summary>The schema of <c>beamline.yaml</c>; whether the devices that it names exist is known only where they are.</summary>
internal static class BeamlineSchema
{
    /// <summary>The schema.</summary>
    public static JsonObject Write() => SchemaWords.Document("beamline.yaml", SchemaWords.Record(
        ("staleness", SchemaWords.Time().Meaning("Age at which a value is no longer believed; 100 ms to 5 min.")),
        ("poll", SchemaWords.Time().Meaning("How often signals are read; at most half of staleness.")),
        ("enclosures", SchemaWords.Map(SchemaWords.Record(
            ("permit!", SchemaWords.Text().Meaning("Address of the permit.")),
            ("permitted_when!", Bit()),
            ("description", SchemaWords.Text().Meaning("A line for people."))))),
        ("beam", SchemaWords.Map(BeamSignal())),
        ("plans", SchemaWords.Map(SchemaWords.Record(
            ("enclosures", Names("Enclosures that must be permitted.")),
            ("beam!", SchemaWords.Choice("required", "not_required").Meaning("Whether the beam must be there.")),
            ("drives", Names("Devices that the plan moves.")),
            ("devices", Names("Devices that must be usable."))))),
        ("writable", Names("Addresses that procedures may write.")),
        ("rights", SchemaWords.Map(SchemaWords.Record(
            ("devices", Names("Devices that the role may have moved by scans, as names or patterns with *."))))
            .Meaning("Which devices a role may use; a role that is not named may use all.")),
        ("states", SchemaWords.Map(BeamlineState())),
        ("interlock", SchemaWords.Record(
            ("enabled", SchemaWords.Flag().Meaning("Whether it acts; true when not said.")),
            ("on_loss", SchemaWords.Choice("lock", "pause", "restart")
                .Meaning("What becomes of what runs when a state is lost: nothing, held until it is back, or run anew then.")),
            ("states", SchemaWords.Map(SchemaWords.List(SchemaWords.Choice("valid", "warning", "invalid", "unknown")))
                .Meaning("The states that it looks at, each with the statuses that are accepted."))))));

    private static JsonObject BeamlineState()
    {
        var state = SchemaWords.Record(
            ("kind!", SchemaWords.Choice("within_limits", "permit").Meaning("What the state is made of.")),
            ("signal", SchemaWords.Text().Meaning("Address of the signal that must lie within limits.")),
            ("low", SchemaWords.Number().Meaning("The lowest value, in the signal's unit.")),
            ("high", SchemaWords.Number().Meaning("The highest value, in the signal's unit.")),
            ("tolerance", SchemaWords.Number().Meaning("Closer than this to a limit is a warning; 0.1 when not said.")),
            ("permit", SchemaWords.Text().Meaning("The enclosure, shutter or permit that must say yes.")),
            ("hold", SchemaWords.Time().Meaning("How long it must be better without interruption before it counts as better.")),
            ("description", SchemaWords.Text().Meaning("A line for people.")));
        state["oneOf"] = new JsonArray(Kind("within_limits", "signal", "permit"), Kind("permit", "permit", "signal"));
        return state;
    }

    private static JsonObject BeamSignal()
    {
        var signal = SchemaWords.Record(
            ("kind!", SchemaWords.Choice("shutter", "permit").Meaning("What the signal tells.")),
            ("address!", SchemaWords.Text().Meaning("Address of the signal.")),
            ("open_when", Bit()),
            ("permitted_when", Bit()),
            ("device", SchemaWords.Text().Meaning("The device that moves it.")),
            ("description", SchemaWords.Text().Meaning("A line for people.")));
        signal["oneOf"] = new JsonArray(
            Kind("shutter", "open_when", "permitted_when"), Kind("permit", "permitted_when", "open_when"));
        return signal;
    }

    private static JsonObject Kind(string kind, string needed, string refused) => new()
    {
        ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = kind } },
        ["required"] = new JsonArray(needed),
        ["not"] = new JsonObject { ["required"] = new JsonArray(refused) },
    };

    private static JsonObject Bit() => SchemaWords.OneOf(0, 1, "0", "1").Meaning("The value that is good: 0 or 1.");

    private static JsonObject Names(string meaning) => SchemaWords.OrNothing(SchemaWords.List(SchemaWords.Text())).Meaning(meaning);
}
