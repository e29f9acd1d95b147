using System.Globalization;
using System.Text.Json;

namespace Beamtime.Core.Ledger;

/// <summary>One detail of what happened.</summary>
/// <param name="Name">What it is: <c>size</c>.</param>
/// <param name="Value">Its value, invariant.</param>
/// <param name="Unit">Its unit; null for what has none.</param>
internal sealed record EntryDetail(string Name, string Value, string? Unit = null);

/// <summary>What an entry says in one line, for a person who reads the timeline.</summary>
/// <param name="Line">One line, small letters, no full stop: <c>began, 11 points planned</c>.</param>
internal sealed record EntryWords(string Line)
{
    private const int LongestValue = 500;

    /// <summary>True for what a person looks for first: a failure, an early end, a copy that is broken.</summary>
    public bool IsTrouble { get; init; }

    /// <summary>What else it says.</summary>
    public IReadOnlyList<EntryDetail> Details { get; init; } = [];

    /// <summary>A size in bytes as people read it.</summary>
    /// <param name="bytes">The size.</param>
    public static string Size(long bytes) => bytes switch
    {
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):0.00} GiB"),
    };

    /// <summary>A number of things: <c>1 file</c>, <c>3 files</c>.</summary>
    /// <param name="number">How many.</param>
    /// <param name="thing">What, one of it.</param>
    public static string Count(long number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number} {thing}{(number == 1 ? "" : "s")}");

    /// <summary>A number as it is written everywhere.</summary>
    /// <param name="number">The number.</param>
    public static string Number(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>A scan's number as people write it: <c>S00012</c>.</summary>
    /// <param name="number">The number.</param>
    public static string ScanNumber(long number) => string.Create(CultureInfo.InvariantCulture, $"S{number:D5}");

    /// <summary>Words for an entry of a kind that has none of its own: its type and its plain members.</summary>
    /// <param name="entry">The entry.</param>
    public static EntryWords OfJson(RecordedEntry entry)
    {
        using var document = JsonDocument.Parse(entry.Json);
        var type = entry.Type.Split('.', 2)[^1].Replace('_', ' ');
        return new EntryWords(type)
        {
            Details = document.RootElement.ValueKind == JsonValueKind.Object
                ?
                [
                    .. document.RootElement.EnumerateObject()
                        .Where(member => member.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null))
                        .Select(member => new EntryDetail(member.Name, Shortened(member.Value.ToString()))),
                ]
                : [],
        };
    }

    private static string Shortened(string text) => text.Length <= LongestValue ? text : $"{text[..(LongestValue - 1)]}…";
}
