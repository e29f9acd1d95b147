using System.CommandLine;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Scans;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime scan ls</c>, <c>help</c> and <c>show</c>: what can be asked for, and what was.</summary>
internal static class ScanTypeCommands
{
    private static readonly Argument<string> Type = new("name") { Description = "Name of the scan, or another name for it." };
    private static readonly Argument<string> Number = new("scan") { Description = "Number or id of the scan." };
    private static readonly Option<bool> All = new("--all") { Description = "Also the parameters for experts." };

    /// <summary>The verb that lists them.</summary>
    public static Command CreateList() =>
        CommandRun.OnServer(new Command("ls", "List the scans that can be asked for."), ListAsync);

    /// <summary>The verb that explains one.</summary>
    public static Command CreateHelp()
    {
        var help = new Command("help", "Explain a scan: its parameters with units, ranges, defaults and other names, and examples.")
        {
            Type, All,
        };
        return CommandRun.OnServer(help, HelpAsync);
    }

    /// <summary>The verb that shows one that was asked for.</summary>
    public static Command CreateShow() => CommandRun.OnServer(
        new Command("show", "Show a scan that was asked for: where it stands, its points, its file, and why it ended early.") { Number },
        ShowAsync);

    /// <summary>How a scan's positional arguments look.</summary>
    /// <param name="scan">The scan.</param>
    internal static string Synopsis(ScanCatalogueEntry scan) =>
        $"{scan.Name} {string.Join(' ', scan.Bundle.Select(p => p.Name.ToUpperInvariant()))}{(scan.MostBundles > 1 ? " ..." : "")}".TrimEnd();

    /// <summary>What a parameter may be, for people.</summary>
    /// <param name="parameter">The parameter.</param>
    internal static string Bounds(ScanCatalogueParameter parameter)
    {
        var unit = parameter.Unit ?? (parameter.UnitOf is { } device ? $"unit of {device}" : null);
        var range = new ScanParameter
        {
            Name = parameter.Name,
            Type = parameter.Type,
            Description = parameter.Description,
            Low = parameter.Low ?? double.NegativeInfinity,
            High = parameter.High ?? double.PositiveInfinity,
            Above = parameter.Above ?? double.NegativeInfinity,
            Below = parameter.Below ?? double.PositiveInfinity,
            Choices = parameter.Choices,
        }.Range();
        return string.Join(' ', new[] { range, unit }.Where(text => !string.IsNullOrEmpty(text)));
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var types = await client.GetAsync<ScanCatalogueEntry[]>("scan-types", cancel);
        return run.Print(types, console =>
        {
            var table = new Table().AddColumns("scan", "what it does").SimpleBorder();
            foreach (var type in types)
            {
                table.AddRow(Markup.Escape(Synopsis(type)), Markup.Escape(type.Description));
            }

            console.Write(table);
            console.WriteLine("beamtime scan help NAME explains one.");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var scan = await client.GetAsync<ScanAnswer>($"scans/{Uri.EscapeDataString(run.Arguments.GetValue(Number)!)}", cancel);
        return run.Print(scan, console =>
        {
            console.Write(ScanTable.Of([scan]));
            foreach (var (name, value) in scan.Request.Parameters)
            {
                console.WriteLine($"{name}: {value}");
            }

            if (scan.File is not null)
            {
                console.WriteLine($"file: {scan.File}");
            }

            foreach (var reason in scan.Reasons)
            {
                console.WriteLine($"{reason.Code}: {reason.Message}");
                console.WriteLine($"  {reason.Remedy}");
            }
        });
    }

    private static async Task<ExitCode> HelpAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var name = Uri.EscapeDataString(run.Arguments.GetValue(Type)!);
        var type = await client.GetAsync<ScanCatalogueEntry>($"scan-types/{name}", cancel);
        return run.Print(type, console => Explain(console, type, run.Arguments.GetValue(All)));
    }

    private static void Explain(IAnsiConsole console, ScanCatalogueEntry type, bool isForExperts)
    {
        console.WriteLine($"beamtime scan {Synopsis(type)}");
        console.WriteLine($"  {type.Description}");
        if (type.Aliases.Count > 0)
        {
            console.WriteLine($"  Also called {string.Join(", ", type.Aliases)}.");
        }

        var parameters = type.Bundle.Concat(type.Parameters)
            .Where(p => !p.IsHidden && (isForExperts || !p.IsExpert)).ToLookup(p => p.Group);
        foreach (var group in type.Groups.Where(group => parameters.Contains(group.Name)))
        {
            var table = new Table().AddColumns(group.Name, "type", "value", "default", "meaning").SimpleBorder();
            foreach (var parameter in parameters[group.Name])
            {
                var isPositional = type.Bundle.Any(p => p.Name == parameter.Name);
                table.AddRow(
                    Markup.Escape(isPositional ? parameter.Name.ToUpperInvariant() : $"--{parameter.Name.Replace('_', '-')}"),
                    Markup.Escape(Words(parameter.Type)),
                    Markup.Escape(Bounds(parameter)),
                    Markup.Escape(parameter.Default ?? (parameter.IsRequired ? "required" : "")),
                    Markup.Escape(parameter.Aliases.Count > 0
                        ? $"{parameter.Description} Also {string.Join(", ", parameter.Aliases)}."
                        : parameter.Description));
            }

            console.Write(table);
        }

        if (type.Plugin is { } plugin)
        {
            console.WriteLine($"From the plugin {plugin.Text}, {plugin.Source}");
        }

        console.WriteLine(type.Example);
        console.WriteLine(type.FullExample);
    }

    private static string Words(ParameterType type) => ScanReference.Words(type);
}
