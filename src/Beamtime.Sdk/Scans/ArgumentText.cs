using System.Globalization;
using System.Text.Json;

namespace Beamtime.Sdk.Scans;

/// <summary>
/// Arguments that are lists, as text: JSON, as REST takes them, or the short form that people type on a command line.
/// </summary>
public static class ArgumentText
{
    private const int Depth = 4;

    /// <summary>A list of numbers: <c>[0, 1, 2.5]</c> or <c>0,1,2.5</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no such list; the message says where.</exception>
    public static IReadOnlyList<double> Numbers(string text) => IsJson(text)
        ? Parsed(text, list => (double[])[.. Items(list).Select(Number)])
        : [.. Parts(text, ',').Select(Number)];

    /// <summary>A list of names: <c>["samx"]</c> or <c>samx,samy</c>; an empty text is an empty list.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no such list.</exception>
    public static IReadOnlyList<string> Names(string text) => IsJson(text)
        ? Parsed(text, list => (string[])[.. Items(list).Select(Name)])
        : text.Length == 0 ? [] : [.. Parts(text, ',')];

    /// <summary>Regions of one axis: <c>[[0, 1, 11]]</c> or <c>0:1:11,2:3:5</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no such list.</exception>
    public static IReadOnlyList<ScanRegion> Regions(string text) => IsJson(text)
        ? Parsed(text, list => (ScanRegion[])[.. Items(list).Select(Region)])
        : [.. Parts(text, ',').Select(Region)];

    /// <summary>Regions of two axes: <c>[[[0, 1, 11], [0, 2, 5]]]</c> or <c>0:1:11x0:2:5</c>.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is no such list.</exception>
    public static IReadOnlyList<RegionPair> RegionPairs(string text) => IsJson(text)
        ? Parsed(text, list => (RegionPair[])[.. Items(list).Select(Pair)])
        : [.. Parts(text, ',').Select(Pair)];

    /// <summary>A number.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">It is none, or not finite.</exception>
    public static double Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw new FormatException($"'{text}' is no number");

    private static bool IsJson(string text) => text.AsSpan().TrimStart().StartsWith("[");

    private static string[] Parts(string text, char separator) => text.Split(separator, StringSplitOptions.TrimEntries);

    private static T Parsed<T>(string text, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Depth });
            return read(document.RootElement);
        }
        catch (JsonException error)
        {
            throw new FormatException("it is no list", error);
        }
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray()
        : throw new FormatException($"'{list.GetRawText()}' is no list");

    private static double Number(JsonElement item) => item.ValueKind is JsonValueKind.Number or JsonValueKind.String
        ? Number(item.ToString())
        : throw new FormatException($"'{item.GetRawText()}' is no number");

    private static string Name(JsonElement item) => item.ValueKind == JsonValueKind.String
        ? item.GetString()!
        : throw new FormatException($"'{item.GetRawText()}' is no name");

    private static ScanRegion Region(string text) => Region(text, [.. Parts(text, ':').Select(Number)]);

    private static ScanRegion Region(JsonElement item) => Region(item.GetRawText(), [.. Items(item).Select(Number)]);

    private static ScanRegion Region(string text, double[] numbers) =>
        numbers is [var start, var stop, var steps] && steps >= 1 && steps <= int.MaxValue && double.IsInteger(steps)
            ? new ScanRegion(start, stop, (int)steps)
            : throw new FormatException($"'{text}' is no region of start, stop and a whole number of steps from 1");

    private static RegionPair Pair(string text) => Parts(text, 'x') is [var first, var second]
        ? new RegionPair(Region(first), Region(second))
        : throw new FormatException($"'{text}' is no pair of regions");

    private static RegionPair Pair(JsonElement item)
    {
        JsonElement[] regions = [.. Items(item)];
        return regions is [var first, var second]
            ? new RegionPair(Region(first), Region(second))
            : throw new FormatException($"'{item.GetRawText()}' is no pair of regions");
    }
}
