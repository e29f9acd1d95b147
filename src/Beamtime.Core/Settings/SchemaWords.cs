using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Beamtime.Core.Settings;

/// <summary>The words of which the schemas of configuration files are made: JSON Schema 2020-12.</summary>
internal static class SchemaWords
{
    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    // A number with its unit, a clock's reading or ISO 8601, as Duration reads them.
    private const string DurationForm =
        @"^\s*(-?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?\s*(d|days?|h|hours?|min|minutes?|s|sec|seconds?|ms|us|µs|μs)|-?([0-9]+\.)?[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?|-?P[0-9YMWDTHS.]+)\s*$";

    private static readonly JsonSerializerOptions Form = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>A whole schema.</summary>
    /// <param name="title">What it describes.</param>
    /// <param name="root">The root.</param>
    public static JsonObject Document(string title, JsonObject root)
    {
        var document = new JsonObject { ["$schema"] = Dialect, ["title"] = title };
        foreach (var (word, value) in root.ToList())
        {
            root.Remove(word);
            document[word] = value;
        }

        return document;
    }

    /// <summary>The text of a schema.</summary>
    /// <param name="schema">The schema.</param>
    public static string Write(JsonObject schema) => schema.ToJsonString(Form) + "\n";

    /// <summary>A single value that is taken as text, whatever it looks like.</summary>
    public static JsonObject Text() => new() { ["type"] = Words("string", "number", "boolean") };

    /// <summary>A text of a form.</summary>
    /// <param name="form">A regular expression.</param>
    public static JsonObject Text(string form) => new() { ["type"] = "string", ["pattern"] = form };

    /// <summary>True or false.</summary>
    public static JsonObject Flag() => new() { ["type"] = "boolean" };

    /// <summary>A number.</summary>
    /// <param name="least">Least allowed, or null.</param>
    /// <param name="most">Greatest allowed, or null.</param>
    /// <param name="isWhole">True for whole numbers only.</param>
    public static JsonObject Number(double? least = null, double? most = null, bool isWhole = false)
    {
        var number = new JsonObject { ["type"] = isWhole ? "integer" : "number" };
        if (least is { } minimum)
        {
            number["minimum"] = minimum;
        }

        if (most is { } maximum)
        {
            number["maximum"] = maximum;
        }

        return number;
    }

    /// <summary>A duration with its unit.</summary>
    public static JsonObject Time() => Text(DurationForm);

    /// <summary>One of some values.</summary>
    /// <param name="choices">The values.</param>
    public static JsonObject OneOf(params IEnumerable<JsonNode> choices) => new() { ["enum"] = new JsonArray([.. choices]) };

    /// <summary>One of some words.</summary>
    /// <param name="choices">The words.</param>
    public static JsonObject Choice(params IEnumerable<string> choices) => OneOf(choices.Select(c => (JsonNode)c));

    /// <summary>A list.</summary>
    /// <param name="item">What each item is.</param>
    /// <param name="least">Least number of items.</param>
    public static JsonObject List(JsonObject item, int least = 0)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = item };
        if (least > 0)
        {
            list["minItems"] = least;
        }

        return list;
    }

    /// <summary>A map from names that the user chooses.</summary>
    /// <param name="value">What each value is.</param>
    /// <param name="nameForm">The form of names, or null.</param>
    public static JsonObject Map(JsonObject value, string? nameForm = null)
    {
        var map = new JsonObject { ["type"] = "object", ["additionalProperties"] = value };
        if (nameForm is not null)
        {
            map["propertyNames"] = new JsonObject { ["pattern"] = nameForm };
        }

        return map;
    }

    /// <summary>Any map.</summary>
    public static JsonObject AnyMap() => new() { ["type"] = "object" };

    /// <summary>A map of known keys and no others.</summary>
    /// <param name="keys">Each key with what it holds; one that ends in <c>!</c> must be there.</param>
    public static JsonObject Record(params IEnumerable<(string Key, JsonObject Value)> keys)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var (key, value) in keys)
        {
            var name = key.TrimEnd('!');
            properties[name] = value;
            if (name.Length < key.Length)
            {
                required.Add(name);
            }
        }

        var record = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (required.Count > 0)
        {
            record["required"] = required;
        }

        return record;
    }

    /// <summary>The same, or nothing at all.</summary>
    /// <param name="schema">What it is otherwise; its type is one word.</param>
    public static JsonObject OrNothing(JsonObject schema)
    {
        switch (schema["type"])
        {
            case JsonValue type:
                schema["type"] = Words(type.GetValue<string>(), "null");
                break;
            case JsonArray types:
                types.Add("null");
                break;
        }

        if (schema["enum"] is JsonArray choices)
        {
            choices.Add((JsonNode?)null);
        }

        return schema;
    }

    /// <summary>The same with what it means.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="description">What it means.</param>
    public static JsonObject Meaning(this JsonObject schema, string description)
    {
        schema["description"] = description;
        return schema;
    }

    private static JsonArray Words(params IEnumerable<string> words) => [.. words.Select(w => (JsonNode)w)];
}
