using System.CommandLine;
using System.Globalization;
using Beamtime.Core.Telemetry.Logs;
using Beamtime.Roles;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime logs</c>: what a process of the program says, and from which levels.</summary>
internal static class LogCommands
{
    private static readonly Option<bool> Live = new("--follow") { Description = "Go on with lines as they are written, until Ctrl-C." };
    private static readonly Option<LogLevel> Least = new("--level")
    {
        Description = "The least level: trace, debug, information, warning, error, critical.", DefaultValueFactory = _ => LogLevel.Trace,
    };

    private static readonly Option<string?> OfCategory = new("--category") { Description = "Only categories that begin so: Beamtime.Control." };
    private static readonly Option<string?> Text = new("--text") { Description = "Only lines with that text." };
    private static readonly Option<string?> Correlation = new("--correlation") { Description = "Only lines of that request or job." };
    private static readonly Option<int> Limit = new("--limit") { Description = "How many of the last lines.", DefaultValueFactory = _ => 50 };
    private static readonly Argument<LogSink> Sink = new("sink") { Description = "console, file or stream." };
    private static readonly Argument<LogLevel?> Level = new("level")
    {
        Description = "The least level that it takes; none to go back to what the settings say.", Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string> Category = new("--category")
    {
        Description = "Of that category and those below it alone.", DefaultValueFactory = _ => "",
    };

    private static readonly Option<double?> Minutes = new("--minutes") { Description = "After how many minutes it goes back by itself." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create()
    {
        var logs = CommandRun.OnServer(
            new Command("logs", "Show what the server's process logs.") { Live, Least, OfCategory, Text, Correlation, Limit }, ShowAsync);
        logs.Subcommands.Add(CommandRun.OnServer(new Command("sinks", "List where the log goes, and from which levels."), SinksAsync));
        logs.Subcommands.Add(CommandRun.OnServer(
            new Command("level", "Set the least level of a sink, until the next start.") { Sink, Level, Category, Minutes }, SetAsync));
        return logs;
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        (string Key, string? Value)[] wanted =
        [
            ("level", run.Arguments.GetValue(Least).ToString()),
            ("category", run.Arguments.GetValue(OfCategory)),
            ("text", run.Arguments.GetValue(Text)),
            ("correlation", run.Arguments.GetValue(Correlation)),
            ("limit", run.Arguments.GetValue(Limit).ToString(CultureInfo.InvariantCulture)),
        ];
        var query = string.Join('&', wanted.Where(w => w.Value is not null).Select(w => $"{w.Key}={Uri.EscapeDataString(w.Value!)}"));
        foreach (var line in await client.GetAsync<LogLine[]>($"logs?{query}", cancel))
        {
            Print(run, line);
        }

        if (run.Arguments.GetValue(Live))
        {
            await client.FollowAsync<LogLine>($"logs/live?{query}", () => { }, line => Print(run, line), cancel);
        }

        return ExitCode.Done;
    }

    private static void Print(CommandRun run, LogLine line)
    {
        if (line.Number == 0)
        {
            return;
        }

        if (run.IsJson)
        {
            CommandRun.PrintJson(line);
            return;
        }

        run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"{line.At.UtcDateTime:HH:mm:ss.fff} {line.Level.ToString().ToLowerInvariant(),-11} {line.Message.ReplaceLineEndings(" ")}{(line.Correlation is { } id ? $" [{id}]" : "")}"));
        if (line.Exception is { } error)
        {
            run.Say($"    {error.ReplaceLineEndings("\n    ")}");
        }
    }

    private static async Task<ExitCode> SinksAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var sinks = await client.GetAsync<LogSinkAnswer[]>("logs/sinks", cancel);
        return run.Print(sinks, console => Print(console, sinks));
    }

    private static async Task<ExitCode> SetAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var sink = await client.PostAsync<LogSinkAnswer>(
            $"logs/sinks/{run.Arguments.GetValue(Sink).ToString().ToLowerInvariant()}",
            new LogLevelRequest
            {
                Level = run.Arguments.GetValue(Level),
                Category = run.Arguments.GetValue(Category)!,
                Minutes = run.Arguments.GetValue(Minutes),
            },
            cancel);
        return run.Print(sink, console => Print(console, [sink]));
    }

    private static void Print(IAnsiConsole console, IReadOnlyList<LogSinkAnswer> sinks)
    {
        var table = new Table().AddColumns("sink", "category", "level", "until", "file").SimpleBorder();
        foreach (var sink in sinks)
        {
            foreach (var rule in sink.Levels)
            {
                table.AddRow(
                    sink.Sink.ToString().ToLowerInvariant(),
                    Markup.Escape(rule.Category.Length == 0 ? "all" : rule.Category),
                    rule.Level.ToString().ToLowerInvariant(),
                    rule.Until is { } until ? $"{until:u}" : "",
                    Markup.Escape(rule.Category.Length == 0 ? sink.File ?? "" : ""));
            }
        }

        console.Write(table);
        foreach (var sink in sinks.Where(s => s.Problem is not null || s.Dropped > 0))
        {
            console.WriteLine($"{sink.Dropped} lines were dropped{(sink.Problem is { } problem ? $": {problem}" : "")}");
        }
    }
}
