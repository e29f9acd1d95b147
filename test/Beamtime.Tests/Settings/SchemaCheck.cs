using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Beamtime.Core.Settings;

namespace Beamtime.Tests.Settings;

/// <summary>Checks a file against a schema by the words of JSON Schema 2020-12 that ours use; any other word fails.</summary>
internal static class SchemaCheck
{
    private static readonly string[] Remarks = ["$schema", "title", "description"];

    /// <summary>What is wrong with a file, each with its place.</summary>
    public static IReadOnlyList<string> Mistakes(JsonObject schema, YamlNode file)
    {
        List<string> mistakes = [];
        Check(schema, Convert(file), "", mistakes);
        return mistakes;
    }

    private static void Check(JsonObject schema, JsonNode? node, string at, List<string> mistakes)
    {
        foreach (var (word, value) in schema)
        {
            var isGood = word switch
            {
                _ when Remarks.Contains(word) => true,
                "type" => Types(value!).Any(t => Is(t, node)),
                "enum" => value!.AsArray().Any(choice => JsonNode.DeepEquals(choice, node)),
                "const" => JsonNode.DeepEquals(value, node),
                "pattern" => node is not JsonValue text || text.GetValueKind() != JsonValueKind.String
                    || Regex.IsMatch(text.GetValue<string>(), value!.GetValue<string>()),
                "minimum" => Number(node) is not { } n || n >= value!.GetValue<double>(),
                "maximum" => Number(node) is not { } n || n <= value!.GetValue<double>(),
                "exclusiveMinimum" => Number(node) is not { } n || n > Number(value),
                "minItems" => node is not JsonArray list || list.Count >= value!.GetValue<int>(),
                "maxItems" => node is not JsonArray list || list.Count <= value!.GetValue<int>(),
                "required" => node is not JsonObject map || value!.AsArray().All(k => map.ContainsKey(k!.GetValue<string>())),
                "not" => !Fits(value!.AsObject(), node, at),
                "oneOf" => value!.AsArray().Count(s => Fits(s!.AsObject(), node, at)) == 1,
                "properties" or "additionalProperties" or "propertyNames" or "items" => true,
                _ => throw new NotSupportedException(word),
            };
            if (!isGood)
            {
                mistakes.Add($"{at}: {word} {value?.ToJsonString()}");
            }
        }

        Descend(schema, node, at, mistakes);
    }

    private static void Descend(JsonObject schema, JsonNode? node, string at, List<string> mistakes)
    {
        if (node is JsonArray list && schema["items"] is JsonObject item)
        {
            for (var i = 0; i < list.Count; i++)
            {
                Check(item, list[i], $"{at}[{i}]", mistakes);
            }
        }

        if (node is not JsonObject map)
        {
            return;
        }

        foreach (var (key, value) in map)
        {
            if (schema["propertyNames"] is JsonObject names)
            {
                Check(names, key, $"{at}.{key}", mistakes);
            }

            if (schema["properties"]?[key] is JsonObject known)
            {
                Check(known, value, $"{at}.{key}", mistakes);
            }
            else if (schema["additionalProperties"] is JsonObject any)
            {
                Check(any, value, $"{at}.{key}", mistakes);
            }
            else if (schema["additionalProperties"]?.GetValueKind() == JsonValueKind.False)
            {
                mistakes.Add($"{at}.{key}: unknown");
            }
        }
    }

    private static bool Fits(JsonObject schema, JsonNode? node, string at)
    {
        List<string> mistakes = [];
        Check(schema, node, at, mistakes);
        return mistakes.Count == 0;
    }

    private static IEnumerable<string> Types(JsonNode type) =>
        type is JsonArray many ? many.Select(t => t!.GetValue<string>()) : [type.GetValue<string>()];

    private static bool Is(string type, JsonNode? node) => (type, node?.GetValueKind() ?? JsonValueKind.Null) switch
    {
        ("null", JsonValueKind.Null) or ("object", JsonValueKind.Object) or ("array", JsonValueKind.Array)
            or ("string", JsonValueKind.String) or ("boolean", JsonValueKind.True or JsonValueKind.False)
            or ("number", JsonValueKind.Number) => true,
        ("integer", JsonValueKind.Number) => Number(node) is { } n && Math.Floor(n).Equals(n),
        _ => false,
    };

    private static double? Number(JsonNode? node) =>
        node?.GetValueKind() == JsonValueKind.Number ? double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture) : null;

    // YAML's core schema, as editors read the file.
    private static JsonNode? Convert(YamlNode node) => node switch
    {
        { IsNull: true } => null,
        YamlMap map => new JsonObject(map.Entries.Select(e => KeyValuePair.Create(e.Key, Convert(e.Value)))),
        YamlSequence list => new JsonArray([.. list.Items.Select(Convert)]),
        YamlScalar { IsPlain: true, Text: "true" or "True" or "TRUE" } => true,
        YamlScalar { IsPlain: true, Text: "false" or "False" or "FALSE" } => false,
        YamlScalar { IsPlain: true } scalar when long.TryParse(scalar.Text, CultureInfo.InvariantCulture, out var whole) => whole,
        YamlScalar { IsPlain: true } scalar when double.TryParse(scalar.Text, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => number,
        YamlScalar scalar => scalar.Text,
        _ => throw new NotSupportedException(),
    };
}
