using System.CommandLine;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime config</c>: what the program would run with. Works locally.</summary>
internal static class ConfigCommands
{
    private static readonly LaunchOptions Options = new();

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("config", "Show what the program would run with.")
    {
        CommandRun.On(
            Options.On(new Command("explain", "Print every setting: value, where it comes from, default and meaning.")),
            (run, _) => Task.FromResult(Explain(run))),
    };

    private static ExitCode Explain(CommandRun run)
    {
        var rows = Options.Read(run).Settings.Explain();
        return run.Print(rows, console =>
        {
            var table = new Table().AddColumns("setting", "value", "source", "default", "meaning").SimpleBorder();
            foreach (var row in rows)
            {
                table.AddRow(
                    Markup.Escape(row.Key),
                    Markup.Escape(row.Value),
                    Markup.Escape(row.Source),
                    Markup.Escape(row.Default),
                    Markup.Escape(row.Description + (row.Unit is null ? "" : $" [{row.Unit}]")));
            }

            console.Write(table);
        });
    }
}
