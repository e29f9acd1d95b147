using System.CommandLine;
using Beamtime.Control.Scans.Lists;
using Beamtime.Core.Ledger;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime scan-list</c>: scans that are kept for later.</summary>
internal static class ScanListCommands
{
    private static readonly Argument<string> Name = new("list") { Description = "Name of the list." };
    private static readonly Option<DateTimeOffset?> At = new("--at") { Description = "When, with its offset from UTC; now when not said." };
    private static readonly Option<Guid?> Id = new("--id") { Description = "The request to take out; all when not said." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why.", DefaultValueFactory = _ => "" };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("scan-list", "Lists of scans that are kept for later; 'beamtime scan --list NAME' adds to one.")
    {
        CommandRun.OnServer(new Command("ls", "List the lists."), ListAsync),
        CommandRun.OnServer(
            new Command("show", "Show the requests of a list, in order.") { Name },
            async (run, client, cancel) => Print(run, await client.GetAsync<ScanListAnswer>($"scan-lists/{Part(run)}", cancel))),
        CommandRun.OnServer(
            new Command("submit", "Put a list into its queues, now or at a time: all of its requests or none.") { Name, At, Reason },
            SubmitAsync),
        CommandRun.OnServer(new Command("clear", "Take the requests of a list out.") { Name, Id, Reason }, ClearAsync),
    };

    private static string Part(CommandRun run) => BeamtimeClient.Part(run.Arguments.GetValue(Name)!);

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var lists = await client.GetAsync<ScanListAnswer[]>("scan-lists", cancel);
        return run.Print(lists, console =>
        {
            var table = new Table().AddColumns("list", "scans", "into its queue at").SimpleBorder();
            foreach (var list in lists)
            {
                table.AddRow(list.Name, $"{list.Requests}", list.Due is { } due ? $"{due:u}" : "");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> SubmitAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var outcome = await client.PostAsync<ScanListOutcome>(
            $"scan-lists/{Part(run)}/submit",
            new ScanListSubmission { At = run.Arguments.GetValue(At)?.ToUniversalTime(), Reason = run.Arguments.GetValue(Reason)! },
            cancel);
        return run.Print(outcome, _ => run.Say(outcome.List.Due is { } due
            ? $"{outcome.List.Name} will be put into its queue at {due:u}"
            : $"accepted: {string.Join(", ", outcome.Numbers.Select(n => EntryWords.ScanNumber(n)))}"));
    }

    private static async Task<ExitCode> ClearAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var one = run.Arguments.GetValue(Id) is { } id ? $"/scans/{id}" : "";
        return Print(run, await client.DeleteAsync<ScanListAnswer>(
            $"scan-lists/{Part(run)}{one}?reason={Uri.EscapeDataString(run.Arguments.GetValue(Reason)!)}", cancel));
    }

    private static ExitCode Print(CommandRun run, ScanListAnswer list) => run.Print(list, console =>
    {
        var table = new Table().AddColumns("id", "what", "queue", "kept").SimpleBorder();
        foreach (var item in list.Items ?? [])
        {
            table.AddRow(
                $"{item.Id}",
                Markup.Escape($"{item.Request.Scan} {string.Join(' ', item.Request.Args)}"),
                item.Request.Queue ?? "primary",
                $"{item.At:u}");
        }

        console.Write(table);
        run.Say($"{EntryWords.Count(list.Requests, "scan")} in list {list.Name}{(list.Due is { } due ? $", into the queue at {due:u}" : "")}");
    });
}
