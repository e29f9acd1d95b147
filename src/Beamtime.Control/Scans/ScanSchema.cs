using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>
/// JSON Schema of requests for a scan, made from its declaration. What schemas have no word for begins with <c>x-</c>:
/// unit, device, heading.
/// </summary>
internal static class ScanSchema
{
    /// <summary>The schema of a request for a scan.</summary>
    /// <param name="scan">The scan.</param>
    public static JsonObject Of(ScanDeclaration scan)
    {
        JsonObject parameters = new()
        {
            ["type"] = "object",
            ["properties"] = Properties(scan.Parameters),
            ["additionalProperties"] = false,
        };
        var needed = Texts(scan.Parameters.Where(p => p.IsRequired).Select(p => p.Name));
        if (needed.Count > 0)
        {
            parameters["required"] = needed;
        }

        List<string> required = ["scan"];
        if (scan.Bundles.Least > 0)
        {
            required.Add("args");
        }

        if (needed.Count > 0)
        {
            required.Add("parameters");
        }

        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = scan.Name,
            ["description"] = scan.Description,
            ["type"] = "object",
            ["properties"] = new JsonObject
            {
                ["scan"] = new JsonObject { ["enum"] = Texts(scan.Aliases.Prepend(scan.Name)) },
                ["args"] = Positional(scan),
                ["parameters"] = parameters,
                ["metadata"] = new JsonObject { ["type"] = "object" },
            },
            ["required"] = Texts(required),
        };
    }

    /// <summary>The schema of a parameter's value.</summary>
    /// <param name="parameter">The parameter.</param>
    public static JsonObject Of(ScanParameter parameter)
    {
        var schema = parameter.Type switch
        {
            ParameterType.Number => Bounded(parameter, "number"),
            ParameterType.Integer => Bounded(parameter, "integer"),
            ParameterType.Flag => new JsonObject { ["type"] = "boolean" },
            ParameterType.Text or ParameterType.Device or ParameterType.Positioner => new JsonObject { ["type"] = "string" },
            ParameterType.Numbers => List(Bounded(parameter, "number")),
            ParameterType.Devices => List(new JsonObject { ["type"] = "string" }, least: 0),
            ParameterType.Regions => List(Region()),
            ParameterType.RegionPairs => List(new JsonObject
            {
                ["type"] = "array", ["prefixItems"] = new JsonArray(Region(), Region()), ["minItems"] = 2, ["maxItems"] = 2,
            }),
            _ => throw new UnreachableException(),
        };
        schema["title"] = parameter.DisplayName;
        schema["description"] = parameter.Description;
        if (parameter.Choices.Count > 0)
        {
            schema["enum"] = Texts(parameter.Choices);
        }

        if (parameter.Default is { } value)
        {
            schema["default"] = Typed(parameter.Type, value);
        }

        Put(schema, "x-unit", parameter.Unit);
        Put(schema, "x-unit-of", parameter.UnitOf);
        Put(schema, "x-limits-of", parameter.LimitsOf);
        Put(schema, "x-alternative", parameter.Alternative);
        Put(schema, "x-device", parameter.IsDevice ? (parameter.Type == ParameterType.Positioner ? "positioner" : "device") : null);
        schema["x-group"] = parameter.Group;
        return schema;
    }

    private static JsonObject Positional(ScanDeclaration scan)
    {
        var (least, most) = scan.Bundles;
        var size = scan.Bundle.Count;
        JsonObject args = new() { ["type"] = "array", ["minItems"] = least * size, ["maxItems"] = most * size };
        if (size > 0)
        {
            // Each bundle has the same items; a schema can only say what the bundles have that must be there.
            args["prefixItems"] = new JsonArray(
                [.. Enumerable.Range(0, least).SelectMany(_ => scan.Bundle.Select(p => (JsonNode)Of(p)))]);
        }

        return args;
    }

    private static JsonObject Properties(IEnumerable<ScanParameter> parameters)
    {
        JsonObject properties = [];
        foreach (var parameter in parameters)
        {
            foreach (var name in parameter.Aliases.Prepend(parameter.Name))
            {
                properties[name] = Of(parameter);
            }
        }

        return properties;
    }

    private static JsonObject Bounded(ScanParameter parameter, string type)
    {
        JsonObject schema = new() { ["type"] = type };
        Put(schema, "minimum", parameter.Low);
        Put(schema, "maximum", parameter.High);
        Put(schema, "exclusiveMinimum", parameter.Above);
        Put(schema, "exclusiveMaximum", parameter.Below);
        return schema;
    }

    private static JsonObject Region() => new()
    {
        ["type"] = "array",
        ["description"] = "Start, stop and steps.",
        ["prefixItems"] = new JsonArray(
            new JsonObject { ["type"] = "number" },
            new JsonObject { ["type"] = "number" },
            new JsonObject { ["type"] = "integer", ["minimum"] = 1 }),
        ["minItems"] = 3,
        ["maxItems"] = 3,
    };

    private static JsonObject List(JsonObject items, int least = 1) =>
        new() { ["type"] = "array", ["items"] = items, ["minItems"] = least };

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)JsonValue.Create(text))];

    private static JsonNode Typed(ParameterType type, string value) => type switch
    {
        ParameterType.Number => JsonValue.Create(double.Parse(value, CultureInfo.InvariantCulture)),
        ParameterType.Integer => JsonValue.Create(long.Parse(value, CultureInfo.InvariantCulture)),
        ParameterType.Flag => JsonValue.Create(value == "true"),
        ParameterType.Numbers => new JsonArray([.. ArgumentText.Numbers(value).Select(n => (JsonNode)JsonValue.Create(n))]),
        ParameterType.Devices => Texts(ArgumentText.Names(value)),
        _ => JsonValue.Create(value),
    };

    private static void Put(JsonObject schema, string word, string? value)
    {
        if (value is not null)
        {
            schema[word] = value;
        }
    }

    private static void Put(JsonObject schema, string word, double bound)
    {
        if (double.IsFinite(bound))
        {
            schema[word] = bound;
        }
    }
}
