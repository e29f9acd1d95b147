using System.CommandLine;
using System.Globalization;
using Beamtime.Control.Recording;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime scan points</c>: the points of a scan, as its file has them.</summary>
internal static class ScanPointsCommand
{
    private static readonly Argument<string> Scan = new("scan") { Description = "Number or id of a scan, running or over." };
    private static readonly Option<long> From = new("--from") { Description = "Id of the first point." };
    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "How many points, 1 to 1000.", DefaultValueFactory = _ => 100,
    };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.OnServer(
        new Command("points", "Show the points of a scan, running or over.") { Scan, From, Limit }, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var page = await client.GetAsync<PointPage>(
            string.Create(
                CultureInfo.InvariantCulture,
                $"scan-points/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}?from={run.Arguments.GetValue(From)}&limit={run.Arguments.GetValue(Limit)}"),
            cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumn("point").SimpleBorder();
            foreach (var column in page.Columns)
            {
                table.AddColumn(Markup.Escape(column.Unit is null ? column.Signal : $"{column.Signal} [{column.Unit}]"));
            }

            foreach (var point in page.Points)
            {
                table.AddRow([$"{point.Id}", .. point.Values.Select(v => Markup.Escape(v?.ToJsonString() ?? "missing"))]);
            }

            console.Write(table);
            console.WriteLine($"{page.Points.Count} of {page.Total}");
        });
    }
}
