using System.Globalization;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>One field of a cron expression: the values it admits.</summary>
internal sealed class CronField
{
    private readonly bool[] _admits;

    private CronField(bool[] admits, bool isWild) => (_admits, IsWild) = (admits, isWild);

    /// <summary>Whether it begins with an asterisk, so that it restricts nothing by itself: <c>*</c>, <c>*/15</c>.</summary>
    public bool IsWild { get; }

    /// <summary>Whether it admits a value.</summary>
    /// <param name="value">Within the field's bounds.</param>
    public bool Admits(int value) => _admits[value];

    /// <summary>Reads a field.</summary>
    /// <param name="text">Values, ranges and steps, separated by commas: <c>1,5-10/2,*/15,MON</c>.</param>
    /// <param name="what">The field's name, for messages.</param>
    /// <param name="least">The least value.</param>
    /// <param name="most">The greatest value.</param>
    /// <param name="names">Names of the values from <paramref name="least"/> on, three letters each.</param>
    /// <exception cref="FormatException">What is wrong with it.</exception>
    public static CronField Parse(string text, string what, int least, int most, params IReadOnlyList<string> names)
    {
        var admits = new bool[most + 1];
        foreach (var part in text.Split(','))
        {
            var (span, step) = part.Split('/') switch
            {
                [var whole] => (whole, (int?)null),
                [var whole, var by] when int.TryParse(by, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 => (whole, n),
                _ => throw new FormatException($"{what} '{part}' has no step that is a number above 0"),
            };
            var (first, last) = span.Split('-') switch
            {
                ["*"] => (least, most),
                // A start with a step goes on to the end.
                [var one] => (Value(one), step is null ? Value(one) : most),
                [var from, var to] => (Value(from), Value(to)),
                _ => throw new FormatException($"{what} '{part}' is no value, range or step"),
            };
            if (first > last)
            {
                throw new FormatException($"{what} '{part}' ends before it begins");
            }

            for (var value = first; value <= last; value += step ?? 1)
            {
                admits[value] = true;
            }
        }

        return new CronField(admits, text.StartsWith('*'));

        int Value(string word)
        {
            for (var place = 0; place < names.Count; place++)
            {
                if (word.Equals(names[place], StringComparison.OrdinalIgnoreCase))
                {
                    return least + place;
                }
            }

            return int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
                ? value
                : throw new FormatException($"{what} '{word}' is not within {least} to {most}{(names.Count > 0 ? $" or {names[0]} to {names[^1]}" : "")}");
        }
    }
}
