using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>Devices of a configuration as JSON, under the keys of the file; what has its default is left out.</summary>
internal static class DeviceEntryJson
{
    private static readonly JsonSerializerOptions Form = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A device without its name.</summary>
    /// <param name="entry">The device.</param>
    public static JsonObject Write(DeviceEntry entry)
    {
        var json = new JsonObject
        {
            ["deviceClass"] = entry.DeviceClass,
            ["enabled"] = entry.Enabled,
            ["readoutPriority"] = DeviceFile.ToSnakeCase(entry.ReadoutPriority.ToString()),
        };
        Add("deviceConfig", entry.DeviceConfig.Count > 0, () => Plain(entry.DeviceConfig));
        Add("connectionTimeout", entry.ConnectionTimeout != TimeSpan.FromSeconds(5), () => entry.ConnectionTimeout.TotalSeconds);
        Add("description", entry.Description.Length > 0, () => entry.Description);
        Add("deviceTags", entry.DeviceTags.Count > 0, () => Words(entry.DeviceTags));
        Add("needs", entry.Needs.Count > 0, () => Words(entry.Needs));
        Add("onFailure", entry.OnFailure != OnFailure.Retry, () => DeviceFile.ToSnakeCase(entry.OnFailure.ToString()));
        Add("readOnly", entry.ReadOnly, () => true);
        Add("softwareTrigger", entry.SoftwareTrigger, () => true);
        Add("userParameter", entry.UserParameter.Count > 0, () => Plain(entry.UserParameter));
        return json;

        void Add(string key, bool isGiven, Func<JsonNode?> value)
        {
            if (isGiven)
            {
                json[key] = value();
            }
        }
    }

    /// <summary>Devices by name.</summary>
    /// <param name="entries">The devices.</param>
    public static JsonObject Write(IEnumerable<DeviceEntry> entries) =>
        new(entries.Select(e => KeyValuePair.Create(e.Name, (JsonNode?)Write(e))));

    /// <summary>The text of a document.</summary>
    /// <param name="json">The document.</param>
    public static string Text(JsonObject json) => json.ToJsonString(Form);

    /// <summary>Reads devices by name, with every mistake.</summary>
    /// <param name="json">A map from name to device.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="reasons">Takes all mistakes, those of needs included.</param>
    /// <returns>The devices in the order of need.</returns>
    public static IReadOnlyList<DeviceEntry> ReadAll(JsonElement json, string source, List<Reason> reasons) =>
        DeviceFile.Read(Entries(json, source, reasons), reasons);

    /// <summary>Reads devices by name, with every mistake of each alone.</summary>
    /// <param name="json">A map from name to device.</param>
    /// <param name="source">What to call it in messages.</param>
    /// <param name="reasons">Takes all mistakes.</param>
    public static IReadOnlyList<DeviceEntry> ReadEach(JsonElement json, string source, List<Reason> reasons) =>
        [.. Entries(json, source, reasons).Select(e => DeviceEntryReader.Read(e, reasons)).OfType<DeviceEntry>()];

    private static IReadOnlyCollection<YamlEntry> Entries(JsonElement json, string source, List<Reason> reasons)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            reasons.Add(DeviceErrors.ConfigurationInvalid.Because($"{source}: a map from names to devices is expected"));
            return [];
        }

        return Node(json, new YamlMark(source)) is YamlMap map ? map.Entries : [];
    }

    private static YamlNode Node(JsonElement json, YamlMark mark) => json.ValueKind switch
    {
        JsonValueKind.Object => new YamlMap(
            [
                .. json.EnumerateObject()
                    .GroupBy(p => p.Name, StringComparer.Ordinal)
                    .Select(p => new YamlEntry(p.Key, Node(p.Last().Value, mark), mark)),
            ],
            mark),
        JsonValueKind.Array => new YamlSequence([.. json.EnumerateArray().Select(i => Node(i, mark))], mark),
        JsonValueKind.String => new YamlScalar(json.GetString()!, isPlain: false, mark),
        JsonValueKind.Null => new YamlScalar("", isPlain: true, mark),
        _ => new YamlScalar(json.GetRawText(), isPlain: true, mark),
    };

    private static JsonNode? Plain(object? value) => value switch
    {
        null => null,
        string text => Scalar(text),
        IReadOnlyDictionary<string, object?> map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key, Plain(p.Value)))),
        IEnumerable<object?> list => new JsonArray([.. list.Select(Plain)]),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    // A number whose text it is stays one for those who read the JSON.
    private static JsonValue Scalar(string text) => text switch
    {
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            && whole.ToString(CultureInfo.InvariantCulture) == text => JsonValue.Create(whole),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            && number.ToString("R", CultureInfo.InvariantCulture) == text => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };

    private static JsonArray Words(IEnumerable<string> words) => [.. words.Select(w => (JsonNode)w)];
}

/// <summary>A device of a configuration on a topic: under the keys of the file, with its name.</summary>
internal sealed class DeviceEntryConverter : JsonConverter<DeviceEntry>
{
    private const string Name = "name";

    /// <inheritdoc/>
    public override DeviceEntry Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var name = document.RootElement.GetProperty(Name).GetString()!;
        var map = new JsonObject(document.RootElement.EnumerateObject()
            .Where(p => p.Name != Name)
            .Select(p => KeyValuePair.Create(p.Name, JsonNode.Parse(p.Value.GetRawText()))));
        List<Reason> reasons = [];
        var entries = DeviceEntryJson.ReadEach(
            JsonSerializer.SerializeToElement(new JsonObject { [name] = map }), "message", reasons);
        return entries is [var entry] ? entry : throw new JsonException(reasons.Count > 0 ? reasons[0].Message : "No device.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DeviceEntry value, JsonSerializerOptions options)
    {
        var json = DeviceEntryJson.Write(value);
        json.Insert(0, Name, value.Name);
        json.WriteTo(writer);
    }
}
