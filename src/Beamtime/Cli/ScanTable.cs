using Beamtime.Control.Scans;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>Scans as a table.</summary>
internal static class ScanTable
{
    /// <summary>A row a scan.</summary>
    /// <param name="scans">The scans.</param>
    public static Table Of(IEnumerable<ScanAnswer> scans)
    {
        var table = new Table().AddColumns("scan", "state", "what", "points", "asked for", "why").SimpleBorder();
        foreach (var scan in scans)
        {
            table.AddRow(
                $"S{scan.Number:D5}",
                scan.State.ToString().ToLowerInvariant(),
                Markup.Escape($"{scan.Request.Scan} {string.Join(' ', scan.Request.Args)}"),
                $"{scan.Points}/{scan.PlannedPoints}",
                $"{scan.AdmittedAt:u}",
                Markup.Escape(scan.Reasons.Count > 0 ? scan.Reasons[0].Message : ""));
        }

        return table;
    }
}
