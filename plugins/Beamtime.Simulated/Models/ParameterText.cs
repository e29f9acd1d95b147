using System.Globalization;
using System.Text;
using System.Text.Json;
using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Models;

/// <summary>
/// Parameters of a simulation as one text, to be read and set while it runs: <c>center=2 noise=poisson
/// hot_pixel_values=[1000,5]</c>. Lists are written without blanks.
/// </summary>
internal static class ParameterText
{
    /// <summary>Reads a text.</summary>
    /// <param name="text">Pairs of key and value.</param>
    /// <exception cref="FormatException">Not such pairs.</exception>
    public static IReadOnlyDictionary<string, object?> Parse(string text)
    {
        Dictionary<string, object?> entries = new(StringComparer.Ordinal);
        foreach (var pair in text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                throw new FormatException($"'{pair}' is not key=value");
            }

            entries[pair[..at]] = Entry(pair[(at + 1)..]);
        }

        return entries;
    }

    /// <summary>Writes entries, as far as a text value may be long.</summary>
    /// <param name="entries">The entries.</param>
    public static string Format(IReadOnlyDictionary<string, object?> entries)
    {
        var text = new StringBuilder();
        foreach (var (key, value) in entries)
        {
            var pair = $"{(text.Length > 0 ? " " : "")}{key}={Written(value)}";
            if (Encoding.UTF8.GetByteCount(pair) + text.Length > Signal.MaxTextBytes - 4)
            {
                return text.Append(" ...").ToString();
            }

            text.Append(pair);
        }

        return text.ToString();
    }

    private static object? Entry(string value)
    {
        if (!value.StartsWith('['))
        {
            return value;
        }

        try
        {
            using var list = JsonDocument.Parse(value);
            return Plain(list.RootElement);
        }
        catch (JsonException)
        {
            throw new FormatException($"'{value}' is not a list such as [1,2] or [[1,0],[0,1]]");
        }
    }

    private static object? Plain(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.String => element.GetString(),
        _ => element.GetRawText(),
    };

    private static string Written(object? value) => value switch
    {
        IReadOnlyList<object?> list => $"[{string.Join(',', list.Select(Written))}]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
