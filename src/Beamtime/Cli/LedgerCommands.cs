using System.CommandLine;
using System.Text.Json;
using Beamtime.Core.Ledger;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime ledger</c>: the record of what happened, whole.</summary>
internal static class LedgerCommands
{
    private static readonly Argument<string> File = new("file") { Description = "The file to write; an unfinished export of the same question goes on." };
    private static readonly Option<string?> Kind = new("--kind") { Description = "One kind of stream: scan." };
    private static readonly Option<string?> Stream = new("--stream") { Description = "One stream, KIND/ID." };
    private static readonly Option<string?> Who = new("--who") { Description = "What one person did, by id." };
    private static readonly Option<string?> Since = new("--since") { Description = "From this time on: 2026-05-01T12:00:00Z." };
    private static readonly Option<string?> After = new("--after") { Description = "After this place, EPOCH/TX/POSITION: where an earlier export ended." };
    private static readonly Option<bool> Check = new("--check") { Description = "Compare only; exit code 1 when a record differs." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("ledger", "Export the record of what happened, and check what is folded from it.")
    {
        CommandRun.OnServer(new Command("kinds", "List the kinds of streams and the types of their entries."), KindsAsync),
        CommandRun.OnServer(
            new Command("export", "Write entries to a file as lines of JSON.") { File, Kind, Stream, Who, Since, After }, ExportAsync),
        CommandRun.OnServer(
            new Command("rebuild", "Fold all streams anew and correct the records that differ.") { Kind, Check }, RebuildAsync),
    };

    private static async Task<ExitCode> KindsAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var kinds = await client.GetAsync<LedgerKindAnswer[]>("ledger/kinds", cancel);
        return run.Print(kinds, console =>
        {
            foreach (var kind in kinds)
            {
                console.WriteLine($"{kind.Name,-12} {string.Join(", ", kind.Types.Select(type => $"{type.Type} {type.Version}"))}");
            }
        });
    }

    private static async Task<ExitCode> ExportAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var (kind, id) = run.Arguments.GetValue(Stream)?.Split('/', 2) switch
        {
            null => (run.Arguments.GetValue(Kind), null),
            [{ Length: > 0 } k, { Length: > 0 } i] => (k, i),
            _ => throw new RefusedException(CliErrors.Argument.Because("--stream is KIND/ID")),
        };
        var question = new ExportQuestion(
            kind, id, run.Arguments.GetValue(Who), run.Arguments.GetValue(Since), run.Arguments.GetValue(After));
        var written = await new ExportFile(run.Arguments.GetValue(File)!, question).WriteAsync(client, cancel);
        return run.Print(written, console => console.WriteLine(
            $"{written.Entries} entries in {written.File}"
            + $"{(written.Resumed > 0 ? $", {written.Resumed} of them from an earlier attempt" : "")}, up to {written.Last}"));
    }

    private static async Task<ExitCode> RebuildAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var isCheck = run.Arguments.GetValue(Check);
        var kind = run.Arguments.GetValue(Kind);
        RebuildLine? last = null;
        List<RecordDifference> differences = [];
        await client.ReadLinesAsync(
            HttpMethod.Post,
            $"ledger/rebuild?check={(isCheck ? "true" : "false")}{(kind is null ? "" : $"&kind={Uri.EscapeDataString(kind)}")}",
            line =>
            {
                last = JsonSerializer.Deserialize<RebuildLine>(line.Span, BeamtimeClient.Json);
                if (last?.Difference is { } difference)
                {
                    differences.Add(difference);
                    run.Say(Line(difference));
                }

                return Task.CompletedTask;
            },
            cancel);
        if (last?.End is not { } end)
        {
            throw new IOException("the answer ended before its last line; ask again");
        }

        run.Print(
            new { last.Examined, end.Different, end.Corrected, Differences = differences },
            console => console.WriteLine($"{last.Examined} streams, {end.Different} records differ, {end.Corrected} corrected"));
        return end.Different > end.Corrected ? ExitCode.Failed : ExitCode.Done;
    }

    private static string Line(RecordDifference difference) =>
        $"{difference.Kind} {difference.Id}: {difference.Problem ?? string.Join(", ", difference.Fields)}{(difference.IsCorrected ? ", corrected" : "")}";
}
