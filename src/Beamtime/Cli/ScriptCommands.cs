using System.CommandLine;
using System.Globalization;
using Beamtime.Control.Scripts;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime script</c>: server scripts and their runs.</summary>
internal static class ScriptCommands
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(300);
    private static readonly Argument<string> Name = new("name") { Description = "Name of the script." };
    private static readonly Argument<string> RunId = new("run") { Description = "Id of the run." };
    private static readonly Argument<string?> MaybeRun = new("run") { Description = "Id of the run; none with --queue or --all.", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Argument<string[]> Args = new("args")
    {
        Description = "The script's arguments in its order, and --parameter value pairs.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string> Queue = new("--queue") { Description = "The queue: its runs go one after the other.", DefaultValueFactory = _ => "primary" };
    private static readonly Option<string?> OnlyQueue = new("--queue") { Description = "Only of this queue." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> Wait = new("--wait") { Description = "Wait until it is over, and print what it says." };
    private static readonly Option<bool> Follow = new("--follow") { Description = "Go on until the run is over." };
    private static readonly Option<bool> All = new("--all") { Description = "All runs of all queues." };
    private static readonly Option<int> Limit = new("--limit") { Description = "How many, 1 to 1000.", DefaultValueFactory = _ => 20 };

    /// <summary>The command with its verbs.</summary>
    public static Command Create()
    {
        var run = CommandRun.OnServer(
            new Command("run", "Put a run of a script into a queue.") { Name, Args, Queue, Reason, Wait }, RunAsync);
        run.TreatUnmatchedTokensAsErrors = false;
        return new("script", "Run server scripts: several scans and moves in one, on the server.")
        {
            CommandRun.OnServer(new Command("ls", "List the scripts that can be run."), ListAsync),
            CommandRun.OnServer(new Command("help", "Explain a script: its parameters with units, ranges and defaults.") { Name }, HelpAsync),
            run,
            CommandRun.OnServer(new Command("runs", "List runs, newest first.") { OnlyQueue, Limit }, RunsAsync),
            CommandRun.OnServer(new Command("show", "Show a run.") { RunId }, ShowAsync),
            CommandRun.OnServer(new Command("log", "Print what a run has said.") { RunId, Follow }, LogAsync),
            CommandRun.OnServer(
                new Command("abort", "Abort a run, the runs of a queue, or all: scans are aborted and motors stop.") { MaybeRun, OnlyQueue, All, Reason },
                AbortAsync),
        };
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var scripts = await client.GetAsync<ScriptCatalogueEntry[]>("scripts", cancel);
        return run.Print(scripts, console =>
        {
            var table = new Table().AddColumns("script", "what it does", "plugin").SimpleBorder();
            foreach (var script in scripts)
            {
                table.AddRow(Markup.Escape(Synopsis(script)), Markup.Escape(script.Description), Markup.Escape(script.Plugin?.Text ?? ""));
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> HelpAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var script = await client.GetAsync<ScriptCatalogueEntry>($"scripts/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}", cancel);
        return run.Print(script, console =>
        {
            run.Say($"beamtime script run {Synopsis(script)}");
            run.Say($"  {script.Description}");
            if (script.Plugin is { } plugin)
            {
                run.Say($"  From the plugin {plugin.Text}, {plugin.Source}");
            }

            var table = new Table().AddColumns("parameter", "value", "default", "meaning").SimpleBorder();
            foreach (var parameter in script.Bundle.Concat(script.Parameters))
            {
                table.AddRow(
                    Markup.Escape(script.Bundle.Contains(parameter) ? parameter.Name.ToUpperInvariant() : $"--{parameter.Name.Replace('_', '-')}"),
                    Markup.Escape(ScanTypeCommands.Bounds(parameter)),
                    Markup.Escape(parameter.Default ?? (parameter.IsRequired ? "required" : "")),
                    Markup.Escape(parameter.Description));
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var name = run.Arguments.GetValue(Name)!;
        var words = ScanCommands.RequestOf(name, [.. run.Arguments.GetValue(Args) ?? [], .. run.Arguments.UnmatchedTokens], []);
        var begun = await client.PostAsync<ScriptRun>(
            $"scripts/{BeamtimeClient.Part(name)}/runs",
            new ScriptRequest
            {
                Args = words.Args,
                Parameters = words.Parameters,
                Queue = run.Arguments.GetValue(Queue)!,
                Reason = run.Arguments.GetValue(Reason)!,
            },
            cancel);
        if (!run.Arguments.GetValue(Wait))
        {
            return run.Print(begun, _ => run.Say($"{begun.Id} waits in {begun.Queue}"));
        }

        var over = await FollowAsync(run, client, begun.Id.ToString(), isFollowing: true, cancel);
        return await EndAsync(run, over);
    }

    private static async Task<ExitCode> RunsAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var queue = run.Arguments.GetValue(OnlyQueue) is { } only ? $"&queue={BeamtimeClient.Part(only)}" : "";
        var page = await client.GetAsync<ScriptPage>($"script-runs?limit={run.Arguments.GetValue(Limit)}{queue}", cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumns("run", "script", "queue", "state", "asked (UTC)", "who", "").SimpleBorder();
            foreach (var one in page.Items)
            {
                table.AddRow(
                    one.Id.ToString(),
                    Markup.Escape(one.Script),
                    Markup.Escape(one.Queue),
                    one.State.ToLowerInvariant(),
                    one.AskedAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture),
                    Markup.Escape(one.Who),
                    Markup.Escape(one.Result ?? one.Error?.Message ?? ""));
            }

            console.Write(table);
            run.Say($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var one = await client.GetAsync<ScriptRun>(Path(run), cancel);
        return run.Print(one, _ =>
        {
            run.Say($"{one.Id}  {one.Script}  {one.State.ToLowerInvariant()}  in {one.Queue}");
            run.Say($"  asked   {one.AskedAt:yyyy-MM-dd HH:mm:ss} UTC by {one.Who}");
            if (one.EndedAt is { } ended)
            {
                run.Say($"  ended   {ended:yyyy-MM-dd HH:mm:ss} UTC");
            }

            run.Say($"  with    {string.Join(' ', [.. one.Request.Args, .. one.Request.Parameters.Select(p => $"--{p.Key} {p.Value}")])}");
            Tell(run, "plugin", one.Plugin);
            Tell(run, "result", one.Result);
            Tell(run, "error", one.Error is { } error ? $"{error.Code}: {error.Message}" : null);
        });
    }

    private static async Task<ExitCode> LogAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        if (run.IsJson)
        {
            return run.Print(await client.GetAsync<ScriptLine[]>($"{Path(run)}/log?limit=10000", cancel), _ => { });
        }

        await FollowAsync(run, client, run.Arguments.GetValue(RunId)!, run.Arguments.GetValue(Follow), cancel);
        return ExitCode.Done;
    }

    private static async Task<ExitCode> AbortAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var reason = run.Arguments.GetValue(Reason)!;
        if (run.Arguments.GetValue(MaybeRun) is { } id)
        {
            var one = await client.PostAsync<ScriptRun>(
                $"script-runs/{BeamtimeClient.Part(id)}/abort", new ScriptAbortRequest { Reason = reason }, cancel);
            return run.Print(one, _ => run.Say($"{one.Id} is being ended"));
        }

        var many = await client.PostAsync<ScriptRun[]>(
            "script-runs/abort",
            new ScriptAbortRequest { Reason = reason, Queue = run.Arguments.GetValue(OnlyQueue), All = run.Arguments.GetValue(All) },
            cancel);
        return run.Print(many, _ =>
        {
            foreach (var one in many)
            {
                run.Say($"{one.Id} is being ended");
            }

            run.Say($"{many.Length} runs");
        });
    }

    // Prints lines as they come; the run as it was looked at last.
    private static async Task<ScriptRun> FollowAsync(
        CommandRun run, BeamtimeClient client, string id, bool isFollowing, CancellationToken cancel)
    {
        var path = $"script-runs/{BeamtimeClient.Part(id)}";
        var after = 0;
        while (true)
        {
            var one = await client.GetAsync<ScriptRun>(path, cancel);
            foreach (var line in await client.GetAsync<ScriptLine[]>($"{path}/log?after={after}&limit=10000", cancel))
            {
                run.Say($"{line.At.UtcDateTime:HH:mm:ss}  {line.Line}");
                after = line.Place;
            }

            if (!isFollowing || one.EndedAt is not null)
            {
                return one;
            }

            await Task.Delay(LookInterval, TimeProvider.System, cancel);
        }
    }

    private static async Task<ExitCode> EndAsync(CommandRun run, ScriptRun over)
    {
        run.Print(over, _ => run.Say($"{over.Id} {over.State.ToLowerInvariant()}{(over.Result is { Length: > 0 } result ? $": {result}" : "")}"));
        if (over.Error is { } error)
        {
            await Console.Error.WriteLineAsync($"{error.Code}: {error.Message}");
            await Console.Error.WriteLineAsync($"  {error.Remedy}");
        }

        return over.State == "Completed" ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Tell(CommandRun run, string what, string? text)
    {
        if (text is { Length: > 0 })
        {
            run.Say($"  {what,-7} {text}");
        }
    }

    private static string Path(CommandRun run) => $"script-runs/{BeamtimeClient.Part(run.Arguments.GetValue(RunId)!)}";

    private static string Synopsis(ScriptCatalogueEntry script) =>
        $"{script.Name} {string.Join(' ', script.Bundle.Select(p => p.Name.ToUpperInvariant()))}{(script.MostBundles > 1 ? " ..." : "")}".TrimEnd();
}
