using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Beamtime.Control.Recording;

/// <summary>
/// Points as a table of comma-separated values (RFC 4180), a page after the other. A row has the point's id, its time and a
/// column for each signal with its unit; a row of numbers in a signal becomes columns <c>wave[0]</c>, <c>wave[1]</c>, and one
/// that is too long or has more dimensions is left out and named in the comments that come first. What did not come is empty.
/// </summary>
/// <param name="output">Takes the text as UTF-8.</param>
internal sealed class PointTable(Stream output)
{
    /// <summary>The longest row of numbers that gets columns of its own.</summary>
    public const int LongestRow = 64;

    private readonly StringBuilder _text = new();
    private (PointColumn Column, int Index, int Length)[] _columns = [];

    /// <summary>Writes the comments and the head.</summary>
    /// <param name="facts">What the comments say; empty for none.</param>
    /// <param name="columns">The signals of the points.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task BeginAsync(
        IReadOnlyList<string> facts, IReadOnlyList<PointColumn> columns, CancellationToken cancel)
    {
        _columns =
        [
            .. columns.Select((column, i) => (column, i, LengthOf(column))).Where(c => c.Item3 <= LongestRow),
        ];
        foreach (var fact in facts)
        {
            _text.Append("# ").Append(OneLine(fact)).Append("\r\n");
        }

        if (facts.Count > 0)
        {
            foreach (var column in columns.Where(c => LengthOf(c) > LongestRow))
            {
                _text.Append(CultureInfo.InvariantCulture, $"# left out: {OneLine(NameOf(column, columns))}, {string.Join(" x ", column.Shape ?? [])} values a point").Append("\r\n");
            }
        }

        _text.Append("point,timestamp [s]");
        foreach (var (column, _, length) in _columns)
        {
            var name = NameOf(column, columns);
            var unit = column.Unit is { Length: > 0 } ? $" [{column.Unit}]" : "";
            if (column.Shape is not { Count: > 0 })
            {
                _text.Append(',').Append(Quoted($"{name}{unit}"));
                continue;
            }

            for (var i = 0; i < length; i++)
            {
                _text.Append(',').Append(Quoted(string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]{unit}")));
            }
        }

        _text.Append("\r\n");
        await FlushAsync(cancel);
    }

    /// <summary>Writes rows.</summary>
    /// <param name="points">The points, with the columns that were begun with.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task AddAsync(IReadOnlyList<PointRow> points, CancellationToken cancel)
    {
        foreach (var point in points)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{point.Id},");
            if (point.At is { } at)
            {
                _text.Append(at.ToString("R", CultureInfo.InvariantCulture));
            }

            foreach (var (column, index, length) in _columns)
            {
                if (column.Shape is not { Count: > 0 })
                {
                    _text.Append(',').Append(TextOf(point.Values[index]));
                    continue;
                }

                var values = point.Values[index] as JsonArray;
                for (var i = 0; i < length; i++)
                {
                    _text.Append(',').Append(TextOf(i < values?.Count ? values[i] : null));
                }
            }

            _text.Append("\r\n");
        }

        await FlushAsync(cancel);
    }

    // Devices often have a signal of their own name; others are told apart by both names.
    private static string NameOf(PointColumn column, IReadOnlyList<PointColumn> columns) =>
        column.Device == column.Signal || columns.Count(c => c.Signal == column.Signal) == 1
            ? column.Signal
            : $"{column.Device}.{column.Signal}";

    private static int LengthOf(PointColumn column) => column.Shape switch
    {
        null or [] => 1,
        [var length] => (int)Math.Min(length, int.MaxValue),
        _ => int.MaxValue,
    };

    private static string TextOf(JsonNode? value) => value switch
    {
        null => "",
        JsonValue one when one.GetValueKind() == JsonValueKind.String => Quoted(one.GetValue<string>()),
        _ => value.ToJsonString(),
    };

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n#") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private async Task FlushAsync(CancellationToken cancel)
    {
        await output.WriteAsync(Encoding.UTF8.GetBytes(_text.ToString()), cancel);
        _text.Clear();
    }
}
