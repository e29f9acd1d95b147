using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;

namespace Beamtime.Core.Settings;

/// <summary>Durations as people write them: a number with its unit, a clock reading, or ISO 8601.</summary>
internal static partial class Duration
{
    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("min", TimeSpan.TicksPerMinute),
        ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond),
    ];

    [GeneratedRegex(@"^\s*(?<number>[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(?<unit>[a-zµμ]+)\s*$")]
    private static partial Regex NumberWithUnit { get; }

    [GeneratedRegex(@"^\s*-?([0-9]+\.)?[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?\s*$")]
    private static partial Regex Clock { get; }

    /// <summary>Reads <c>200 ms</c>, <c>1.5 s</c>, <c>5 min</c>, <c>2 h</c>, <c>00:00:01</c> or <c>PT1.5S</c>.</summary>
    /// <param name="text">The text; a bare number has no unit and is refused.</param>
    /// <param name="duration">The duration.</param>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (NumberWithUnit.Match(text) is { Success: true } match)
        {
            if (TicksOf(match.Groups["unit"].Value) is not { } perUnit)
            {
                return false;
            }

            double ticks = double.Parse(match.Groups["number"].Value, CultureInfo.InvariantCulture) * perUnit;
            if (!(Math.Abs(ticks) < long.MaxValue))
            {
                return false;
            }

            duration = TimeSpan.FromTicks((long)Math.Round(ticks));
            return true;
        }

        if (Clock.IsMatch(text))
        {
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
        }

        if (text.TrimStart('-', ' ') is not ['P', ..])
        {
            return false;
        }

        try
        {
            duration = XmlConvert.ToTimeSpan(text.Trim());
            return true;
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>Writes a duration in its largest unit that needs no more than three decimals.</summary>
    /// <param name="duration">The duration.</param>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0 s";
        }

        foreach ((string unit, long ticks) in Units)
        {
            decimal value = (decimal)duration.Ticks / ticks;
            if (Math.Abs(value) >= 1 && decimal.Round(value, unit is "s" or "ms" or "us" ? 3 : 0) == value)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value:0.###} {unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(decimal)duration.Ticks / TimeSpan.TicksPerMicrosecond} us");
    }

    private static long? TicksOf(string unit) => unit switch
    {
        "d" or "day" or "days" => TimeSpan.TicksPerDay,
        "h" or "hour" or "hours" => TimeSpan.TicksPerHour,
        "min" or "minute" or "minutes" => TimeSpan.TicksPerMinute,
        "s" or "sec" or "second" or "seconds" => TimeSpan.TicksPerSecond,
        "ms" => TimeSpan.TicksPerMillisecond,
        "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
        _ => null,
    };
}
