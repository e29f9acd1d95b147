using System.Globalization;
using System.Text;

namespace Beamtime.Core.Telemetry;

/// <summary>Writes the reference page of all metrics from what their instruments declare.</summary>
internal static class MetricReference
{
    /// <summary>The page in Markdown.</summary>
    /// <param name="declarations">The metrics.</param>
    public static string Write(IEnumerable<MetricDeclaration> declarations)
    {
        StringBuilder page = new("""
            # Metrics

            Written by `make docs` from the instruments' declarations. `GET /metrics` and `GET /api/v2/metrics` show them in
            Prometheus' text form, each process its own. A histogram has the series `…_bucket`, `…_sum` and `…_count`. A
            gauge whose value cannot be found out is left out of the page; a metric has at most `telemetry.series_limit`
            series, and what comes beyond that counts under labels that say `other`.

            """);
        foreach (var area in declarations.GroupBy(d => d.Instrument.Split('.')[1]).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {area.Key}\n\n| Metric | Kind | Unit | Labels | What it tells |\n|---|---|---|---|---|\n");
            foreach (var metric in area.OrderBy(d => d.Name, StringComparer.Ordinal))
            {
                var labels = string.Join(", ", metric.Labels.Select(l => $"`{l}`"));
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{metric.Name}` | {MetricsText.TypeOf(metric.Kind)} | {UnitOf(metric.Unit)} | {labels} | {metric.Help}{Bounds(metric)} |\n");
            }
        }

        return page.ToString();
    }

    private static string UnitOf(string unit) => unit switch
    {
        "s" => "seconds",
        "By" => "bytes",
        "1" => "",
        "{boolean}" or "{info}" => "",
        _ => unit.Trim('{', '}'),
    };

    private static string Bounds(MetricDeclaration metric) => metric.Kind == MetricKind.Histogram
        ? $" Buckets from {metric.Bounds[0].ToString(CultureInfo.InvariantCulture)} to {metric.Bounds[^1].ToString(CultureInfo.InvariantCulture)}."
        : "";
}
