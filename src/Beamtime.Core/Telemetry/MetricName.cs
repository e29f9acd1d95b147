namespace Beamtime.Core.Telemetry;

/// <summary>Names of metrics as Prometheus has them: snake case, the base unit in words, <c>_total</c> for what only grows.</summary>
internal static class MetricName
{
    /// <summary>The name of an instrument on the page.</summary>
    /// <param name="instrument">Its dotted name.</param>
    /// <param name="unit">Its unit as UCUM has it; one in braces is only a remark.</param>
    /// <param name="kind">Its kind.</param>
    public static string Of(string instrument, string? unit, MetricKind kind)
    {
        var name = instrument.Replace('.', '_').Replace('-', '_');
        var suffix = UnitOf(unit);
        if (suffix.Length > 0 && !name.EndsWith(suffix, StringComparison.Ordinal))
        {
            name += suffix;
        }

        return kind == MetricKind.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
    }

    private static string UnitOf(string? unit) => unit switch
    {
        null or "" or ['{', ..] => "",
        "s" => "_seconds",
        "By" => "_bytes",
        "1" => "_ratio",
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "Measure in a base unit: s, By, 1 or a remark in braces."),
    };
}
