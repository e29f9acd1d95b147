using System.CommandLine;
using System.Globalization;
using Beamtime.Control.Recording;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime scan history</c>: what was recorded, and what is in each file.</summary>
internal static class ScanHistoryCommand
{
    private static readonly Argument<string?> Scan = new("scan")
    {
        Description = "Number or id of a recorded scan, to show what is in its file; none to list.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Name = new("--name") { Description = "Only scans of that name: line." };
    private static readonly Option<string?> End = new("--end") { Description = "Only scans that ended so: completed, aborted, interrupted." };
    private static readonly Option<string?> Account = new("--account") { Description = "Only scans on that account." };
    private static readonly Option<string?> Group = new("--group") { Description = "Only scans of that group, by name or id." };
    private static readonly Option<int?> Dataset = new("--dataset") { Description = "Only scans of that dataset number." };
    private static readonly Option<string?> Device = new("--device") { Description = "Only scans with data of that device." };
    private static readonly Option<string?> Text = new("--text") { Description = "Only scans with that text in title or sample." };
    private static readonly Option<DateTimeOffset?> After = new("--after") { Description = "Only scans that started at that time or later." };
    private static readonly Option<DateTimeOffset?> Before = new("--before") { Description = "Only scans that started before that time." };
    private static readonly Option<int> Offset = new("--offset") { Description = "How many to pass over, for further pages." };
    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "How many to list, 1 to 1000.", DefaultValueFactory = _ => 50,
    };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.OnServer(
        new Command("history", "List recorded scans, newest first, or show what is in one's file.")
        {
            Scan, Name, End, Account, Group, Dataset, Device, Text, After, Before, Offset, Limit,
        },
        RunAsync);

    private static Task<ExitCode> RunAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        run.Arguments.GetValue(Scan) is { } scan ? ShowAsync(run, client, scan, cancel) : ListAsync(run, client, cancel);

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        (string Key, string? Value)[] wanted =
        [
            ("name", run.Arguments.GetValue(Name)),
            ("end", run.Arguments.GetValue(End)),
            ("account", run.Arguments.GetValue(Account)),
            ("group", run.Arguments.GetValue(Group)),
            ("dataset", run.Arguments.GetValue(Dataset)?.ToString(CultureInfo.InvariantCulture)),
            ("device", run.Arguments.GetValue(Device)),
            ("text", run.Arguments.GetValue(Text)),
            ("after", run.Arguments.GetValue(After)?.ToString("O", CultureInfo.InvariantCulture)),
            ("before", run.Arguments.GetValue(Before)?.ToString("O", CultureInfo.InvariantCulture)),
            ("offset", run.Arguments.GetValue(Offset).ToString(CultureInfo.InvariantCulture)),
            ("limit", run.Arguments.GetValue(Limit).ToString(CultureInfo.InvariantCulture)),
        ];
        var query = string.Join('&', wanted.Where(w => w.Value is not null).Select(w => $"{w.Key}={Uri.EscapeDataString(w.Value!)}"));
        var page = await client.GetAsync<HistoryPage>($"scan-history?{query}", cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumns("scan", "what", "end", "points", "started", "title", "sample", "file").SimpleBorder();
            foreach (var item in page.Items)
            {
                table.AddRow(
                    $"S{item.Number:D5}",
                    Markup.Escape(item.Name),
                    item.End.ToString().ToLowerInvariant(),
                    $"{item.Points}",
                    $"{item.StartedAt:u}",
                    Markup.Escape(item.Title ?? ""),
                    Markup.Escape(item.Sample ?? ""),
                    Markup.Escape(item.File));
            }

            console.Write(table);
            console.WriteLine($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, string scan, CancellationToken cancel)
    {
        var item = await client.GetAsync<HistoryItem>($"scan-history/{BeamtimeClient.Part(scan)}", cancel);
        return run.Print(item, console =>
        {
            console.WriteLine($"S{item.Number:D5}  {item.Name}  {item.End.ToString().ToLowerInvariant()}  {item.Points} points  {item.Scan}");
            console.WriteLine($"{item.StartedAt:u} to {item.EndedAt:u}  {item.File}");
            var table = new Table().AddColumns("device", "signal", "shape", "type", "unit").SimpleBorder();
            foreach (var signal in item.Contents ?? [])
            {
                table.AddRow(
                    Markup.Escape(signal.Device),
                    Markup.Escape(signal.Signal),
                    signal.Shape.Count == 0 ? "" : string.Join(" x ", signal.Shape),
                    signal.Type,
                    Markup.Escape(signal.Unit ?? ""));
            }

            console.Write(table);
        });
    }
}
