using System.Text.Json.Nodes;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Devices;

/// <summary>The schema of <c>devices.yaml</c>; what a device class takes in <c>deviceConfig</c> is the class's own.</summary>
internal static class DeviceSchema
{
    /// <summary>The schema.</summary>
    public static JsonObject Write() => SchemaWords.Document("devices.yaml", SchemaWords.OrNothing(SchemaWords.Map(
        OrIncluded(SchemaWords.Record(
            ("deviceClass!", SchemaWords.Text(".").Meaning("The class of the device, as a plugin names it.")),
            ("enabled!", Flag("Whether it is used.")),
            ("readoutPriority!", SchemaWords.Choice(Names<ReadoutPriority>()).Meaning("When a scan reads it.")),
            ("deviceConfig", Or(SchemaWords.AnyMap(), "What the class takes.")),
            ("connectionTimeout", Seconds().Meaning("How long connecting may take, seconds.")),
            ("description", Or(SchemaWords.Text(), "A line for people.")),
            ("deviceTags", Words("Words to find it by.")),
            ("needs", Words("Devices that must be connected before it.")),
            ("onFailure", SchemaWords.Choice(Names<OnFailure>()).Meaning("What a reading that fails does.")),
            ("readOnly", Flag("Whether nobody may set it.")),
            ("softwareTrigger", Flag("Whether it is triggered by a command.")),
            ("userParameter", Or(SchemaWords.AnyMap(), "What users note about it.")))),
        "^[A-Za-z][A-Za-z0-9_]*$")));

    // Where a value has the tag !include its key is a label, and the devices of other files take its place.
    private static JsonObject OrIncluded(JsonObject device)
    {
        var file = SchemaWords.Text(@"\.ya?ml$").Meaning("With the tag !include: a file of further devices.");
        var files = SchemaWords.List(SchemaWords.Text(@"\.ya?ml$"), least: 1).Meaning("With the tag !include: files of further devices.");
        return new JsonObject { ["oneOf"] = new JsonArray(device, file, files) };
    }

    private static JsonObject Flag(string meaning) => SchemaWords.OneOf(true, false, "true", "false", "True", "False").Meaning(meaning);

    private static JsonObject Or(JsonObject schema, string meaning) => SchemaWords.OrNothing(schema).Meaning(meaning);

    // One word need not be a list.
    private static JsonObject Words(string meaning)
    {
        var words = SchemaWords.List(SchemaWords.Text());
        words["type"] = new JsonArray("array", "string", "number", "boolean", "null");
        return words.Meaning(meaning);
    }

    private static JsonObject Seconds()
    {
        var seconds = SchemaWords.Number(most: 3600);
        seconds["exclusiveMinimum"] = 0;
        return seconds;
    }

    private static IEnumerable<string> Names<T>()
        where T : struct, Enum => Enum.GetNames<T>().Select(n => DeviceFile.ToSnakeCase(n));
}
