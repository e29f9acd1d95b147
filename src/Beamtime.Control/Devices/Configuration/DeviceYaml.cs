using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>Writes a device configuration as a file that reads as what it was. Comments and includes are not kept.</summary>
internal static partial class DeviceYaml
{
    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$")]
    private static partial Regex Plain { get; }

    /// <summary>The text of a file.</summary>
    /// <param name="devices">Devices by name, under the keys of the file.</param>
    /// <param name="heading">A comment for its head.</param>
    public static string Write(JsonObject devices, string heading)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {heading}\n");
        foreach (var (name, device) in devices)
        {
            text.Append('\n').Append(name).Append(":\n");
            WriteMap(text, device!.AsObject(), 1);
        }

        return text.ToString();
    }

    private static void WriteMap(StringBuilder text, JsonObject map, int depth)
    {
        foreach (var (key, value) in map)
        {
            text.Append(' ', depth * 2).Append(Scalar(key)).Append(':');
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    text.Append('\n');
                    WriteMap(text, inner, depth + 1);
                    break;
                default:
                    text.Append(' ').Append(Flow(value)).Append('\n');
                    break;
            }
        }
    }

    private static string Flow(JsonNode? node) => node switch
    {
        null => "null",
        JsonArray list => $"[{string.Join(", ", list.Select(Flow))}]",
        JsonObject map => $"{{{string.Join(", ", map.Select(p => $"{Scalar(p.Key)}: {Flow(p.Value)}"))}}}",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Scalar(value.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    // A text that YAML takes for something else, or that has a sign in it, stands in quotes as JSON has them.
    private static string Scalar(string text) =>
        Plain.IsMatch(text) && text is not ("true" or "false" or "null" or "yes" or "no" or "on" or "off" or "Null" or "True" or "False")
            ? text
            : JsonSerializer.Serialize(text);
}
