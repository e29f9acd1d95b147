using System.CommandLine;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Lists;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary><c>beamtime scan</c>: ask for a scan and watch it.</summary>
internal static class ScanCommands
{
    private static readonly Argument<string> Name = new("name") { Description = "Name of the scan; 'beamtime scan ls' lists them." };
    private static readonly Argument<string[]> Args = new("args")
    {
        Description = "Positional arguments, then --parameter value pairs as the scan declares them.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> Metadata = new("--metadata")
    {
        Description = "What to keep with the scan, key=value; may be repeated. title and sample_name have places in the file.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string?> Queue = new("--queue") { Description = "The queue; one that is named comes to be. primary by default." };
    private static readonly Option<string?> List = new("--list") { Description = "Keep it in this list for later instead." };
    private static readonly Option<bool> NoRestart = new("--no-restart") { Description = "Others may not run it anew." };
    private static readonly Argument<string> Number = new("scan") { Description = "Number or id of the scan." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Return as soon as the scan is accepted." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create()
    {
        var scan = CommandRun.OnServer(
            new Command("scan", "Ask for a scan and watch it.") { Name, Args, Metadata, Queue, List, NoRestart, NoWait }, SubmitAsync);
        scan.Subcommands.Add(ScanTypeCommands.CreateList());
        scan.Subcommands.Add(ScanTypeCommands.CreateHelp());
        scan.Subcommands.Add(ScanTypeCommands.CreateShow());
        scan.Subcommands.Add(ScanHistoryCommand.Create());
        scan.Subcommands.Add(ScanPointsCommand.Create());
        scan.Subcommands.Add(ScanExportCommand.Create());
        scan.Subcommands.Add(ScanRepeatCommand.Create());
        scan.Subcommands.Add(CommandRun.OnServer(
            new Command("restart", "Run a scan once more, also one that is over.") { Number, Reason },
            (run, client, cancel) => QueueCommands.RestartAsync(
                run, client, run.Arguments.GetValue(Number)!, run.Arguments.GetValue(Reason)!, cancel)));
        scan.TreatUnmatchedTokensAsErrors = false;
        return scan;
    }

    private static async Task<ExitCode> SubmitAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var request = RequestOf(
            run.Arguments.GetValue(Name)!,
            [.. run.Arguments.GetValue(Args) ?? [], .. run.Arguments.UnmatchedTokens],
            run.Arguments.GetValue(Metadata) ?? []) with
        {
            Queue = run.Arguments.GetValue(Queue),
            AllowRestart = run.Arguments.GetValue(NoRestart) ? false : null,
        };
        if (run.Arguments.GetValue(List) is { } list)
        {
            var kept = await client.PostAsync<ScanListAnswer>($"scan-lists/{BeamtimeClient.Part(list)}/scans", request, cancel);
            return run.Print(kept, _ => run.Say($"{EntryWords.Count(kept.Requests, "scan")} in list {kept.Name}"));
        }

        if (run.Arguments.GetValue(NoWait))
        {
            var accepted = await client.PostAsync<ScanAnswer>("scans", request, cancel);
            await ScanWatch.TellContextsAsync(request, accepted);
            return run.Print(accepted, _ =>
                run.Say($"S{accepted.Number:D5} accepted{(accepted.Notice is { } notice ? $"; {notice}" : "")}"));
        }

        return await ScanWatch.RunAsync(run, client, request, cancel);
    }

    /// <summary>The request that a command line means.</summary>
    /// <param name="name">The scan's name.</param>
    /// <param name="tokens">Positional arguments and <c>--parameter value</c> pairs.</param>
    /// <param name="metadata"><c>key=value</c> pairs.</param>
    /// <exception cref="RefusedException">Every token that cannot be read.</exception>
    internal static ScanRequest RequestOf(string name, IReadOnlyList<string> tokens, IReadOnlyList<string> metadata)
    {
        List<Reason> reasons = [];
        List<string> args = [];
        Dictionary<string, string> parameters = new(StringComparer.Ordinal);
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!tokens[i].StartsWith("--", StringComparison.Ordinal))
            {
                args.Add(tokens[i]);
                continue;
            }

            var (key, value) = tokens[i][2..].Split('=', 2) is [var k, var v] ? (k, v) : (tokens[i][2..], (string?)null);
            if (value is null && i + 1 < tokens.Count && !tokens[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = tokens[++i];
            }

            if (!parameters.TryAdd(key.Replace('-', '_'), value ?? "true"))
            {
                reasons.Add(CliErrors.Argument.Because($"--{key} is given twice"));
            }
        }

        var kept = KeyValues.Read("--metadata", metadata, reasons);
        return reasons.Count > 0
            ? throw new RefusedException(reasons)
            : new ScanRequest
            {
                FileSuffix = Taken("file_suffix"),
                FileDirectory = Taken("file_directory"),
                Account = Taken("account"),
                Scan = name,
                Args = args,
                Parameters = parameters,
                Metadata = kept,
            };

        // Of every scan, and no parameter of any.
        string? Taken(string key) => parameters.Remove(key, out var value) ? value : null;
    }
}
