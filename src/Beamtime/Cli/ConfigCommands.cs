using System.CommandLine;
using Beamtime.Core.Settings;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime config</c>: what the program would run with. Works locally.</summary>
internal static class ConfigCommands
{
    private static readonly LaunchOptions Options = new();

    private static readonly Argument<string> SchemaFile = new("file")
    {
        Description = $"Which file: {string.Join(", ", ConfigSchemas.Files)}; by default beamtime.",
        DefaultValueFactory = _ => "beamtime",
    };

    private static readonly Option<string?> Folder = new("--folder")
    {
        Description = "Write the schemas of all files into this folder instead.",
    };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("config", "Show what the program would run with.")
    {
        CommandRun.On(
            Options.On(new Command("explain", "Print every setting: value, where it comes from, default and meaning.")),
            (run, _) => Task.FromResult(Explain(run))),
        CommandRun.On(
            new Command("schema", "Write the JSON Schema of a configuration file, for editors and checks.") { SchemaFile, Folder },
            SchemaAsync),
        DeviceConfigurationCommands.OfConfiguration(),
    };

    private static async Task<ExitCode> SchemaAsync(CommandRun run, CancellationToken cancel)
    {
        if (run.Arguments.GetValue(Folder) is not { } folder)
        {
            await System.Console.Out.WriteAsync(SchemaWords.Write(ConfigSchemas.Of(run.Arguments.GetValue(SchemaFile)!)));
            return ExitCode.Done;
        }

        Directory.CreateDirectory(folder);
        foreach (var file in ConfigSchemas.Files)
        {
            var path = Path.Combine(folder, $"{file}.schema.json");
            await File.WriteAllTextAsync(path, SchemaWords.Write(ConfigSchemas.Of(file)), cancel);
            run.Say(path);
        }

        return ExitCode.Done;
    }

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
