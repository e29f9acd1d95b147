using System.Globalization;
using System.Text;

namespace Beamtime.Core.Telemetry;

/// <summary>Writes metrics in Prometheus' text form, version 0.0.4.</summary>
internal static class MetricsText
{
    /// <summary>The media type of the page.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>The page.</summary>
    /// <param name="families">The metrics in the order in which they are to stand.</param>
    public static string Write(IEnumerable<MetricFamily> families)
    {
        var page = new StringBuilder(16 << 10);
        foreach (var family in families)
        {
            var begun = false;
            foreach (var (values, series) in family.Shown())
            {
                if (!begun)
                {
                    begun = true;
                    page.Append("# HELP ").Append(family.Name).Append(' ');
                    Escape(page, family.Declaration.Help, isLabel: false);
                    page.Append("\n# TYPE ").Append(family.Name).Append(' ').Append(TypeOf(family.Declaration.Kind)).Append('\n');
                }

                Write(page, family, values, series);
            }
        }

        return page.ToString();
    }

    /// <summary>The word for a kind.</summary>
    /// <param name="kind">The kind.</param>
    public static string TypeOf(MetricKind kind) => kind switch
    {
        MetricKind.Counter => "counter",
        MetricKind.Gauge => "gauge",
        _ => "histogram",
    };

    private static void Write(StringBuilder page, MetricFamily family, LabelValues values, MetricSeries series)
    {
        switch (series)
        {
            case SumSeries sum:
                Line(page, family, "", values, null, sum.Value);
                break;
            case LastSeries last:
                Line(page, family, "", values, null, last.Value);
                break;
            case HistogramSeries histogram:
                long count = 0;
                for (var bucket = 0; bucket <= histogram.Bounds.Count; bucket++)
                {
                    count += histogram.Count(bucket);
                    var bound = bucket == histogram.Bounds.Count ? double.PositiveInfinity : histogram.Bounds[bucket];
                    Line(page, family, "_bucket", values, Number(bound), count);
                }

                Line(page, family, "_sum", values, null, histogram.Sum);
                Line(page, family, "_count", values, null, count);
                break;
        }
    }

    private static void Line(
        StringBuilder page, MetricFamily family, string suffix, LabelValues values, string? bound, double value)
    {
        page.Append(family.Name).Append(suffix);
        var separator = '{';
        for (var place = 0; place < family.Declaration.Labels.Length; place++)
        {
            Label(page, ref separator, family.Declaration.Labels[place], values[place]);
        }

        if (bound is not null)
        {
            Label(page, ref separator, "le", bound);
        }

        page.Append(separator == ',' ? "} " : " ").Append(Number(value)).Append('\n');
    }

    private static void Label(StringBuilder page, ref char separator, string name, string value)
    {
        page.Append(separator).Append(name).Append("=\"");
        Escape(page, value, isLabel: true);
        page.Append('"');
        separator = ',';
    }

    private static void Escape(StringBuilder page, string text, bool isLabel)
    {
        // By runes: half a character would make the whole page unreadable.
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\\' => page.Append(@"\\"),
                '\n' => page.Append(@"\n"),
                '"' when isLabel => page.Append("\\\""),
                _ => page.Append(rune.ToString()),
            };
        }
    }

    private static string Number(double value) =>
        double.IsPositiveInfinity(value) ? "+Inf"
        : double.IsNegativeInfinity(value) ? "-Inf"
        : double.IsNaN(value) ? "NaN"
        : value.ToString("R", CultureInfo.InvariantCulture);
}
