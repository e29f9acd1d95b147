using System.Globalization;

namespace Beamtime.Core.Telemetry;

/// <summary>The values of a series' labels in the order in which its metric declares them; a label not given is empty.</summary>
/// <param name="First">Value of the first label.</param>
/// <param name="Second">Value of the second label.</param>
/// <param name="Third">Value of the third label.</param>
/// <param name="Fourth">Value of the fourth label.</param>
internal readonly record struct LabelValues(string First, string Second, string Third, string Fourth)
{
    /// <summary>More labels than this no metric has.</summary>
    public const int Most = 4;

    private static readonly LabelValues None = new("", "", "", "");

    /// <summary>Value of a label.</summary>
    /// <param name="index">Its place in the declaration.</param>
    public string this[int index] => index switch { 0 => First, 1 => Second, 2 => Third, _ => Fourth };

    /// <summary>The values that a measurement's tags give; tags that are not declared are left out.</summary>
    /// <param name="labels">The declared labels.</param>
    /// <param name="tags">The measurement's tags.</param>
    public static LabelValues Of(string[] labels, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var values = None;
        for (var place = 0; place < tags.Length; place++)
        {
            // Who measures gives tags in the declared order, as a rule.
            var index = place < labels.Length && (object)labels[place] == tags[place].Key
                ? place
                : Array.IndexOf(labels, tags[place].Key);
            var text = TextOf(tags[place].Value);
            values = index switch
            {
                0 => values with { First = text },
                1 => values with { Second = text },
                2 => values with { Third = text },
                3 => values with { Fourth = text },
                _ => values,
            };
        }

        return values;
    }

    /// <summary>The same value for every label.</summary>
    /// <param name="text">The value.</param>
    public static LabelValues Same(string text) => new(text, text, text, text);

    private static string TextOf(object? value) => value switch
    {
        string text => text,
        null => "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
