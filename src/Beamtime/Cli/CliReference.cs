using System.CommandLine;
using System.Text;

namespace Beamtime.Cli;

/// <summary>Writes the reference page of the command line from its tree.</summary>
internal static class CliReference
{
    /// <summary>The page: every command with its arguments and options, and the exit codes.</summary>
    /// <param name="root">The tree.</param>
    public static string Write(RootCommand root)
    {
        var page = new StringBuilder("# Command line\n\nMade from the program by `make docs`.\n\n");
        page.Append("`--json` prints JSON instead of text; `--server` names another server than the one on this machine.\n\n");
        foreach (var command in root.Subcommands.Where(c => !c.Hidden))
        {
            Write(page, command, "beamtime");
        }

        page.Append("## Exit codes\n\n| Code | Meaning |\n|---|---|\n");
        page.Append("| 0 | done |\n| 1 | something failed: a device, a disk, the program |\n| 2 | the command line cannot be read |\n");
        page.Append("| 3 | refused; every reason was printed |\n| 4 | no server answers |\n| 5 | done, with warnings |\n| 130 | interrupted by the user |\n");
        return page.ToString();
    }

    private static void Write(StringBuilder page, Command command, string above)
    {
        var name = $"{above} {command.Name}";
        var arguments = string.Concat(command.Arguments.Select(a =>
            a.Arity.MaximumNumberOfValues > 1 ? $" [{a.Name.ToUpperInvariant()} ...]" : $" {a.Name.ToUpperInvariant()}"));
        page.Append(name == $"beamtime {command.Name}" ? "## " : "### ").Append(name).Append(arguments).Append("\n\n");
        page.Append(command.Description).Append("\n\n");
        var rows = command.Arguments.Select(a => ($"`{a.Name.ToUpperInvariant()}`", a.Description))
            .Concat(command.Options.Where(o => !o.Hidden && o is not System.CommandLine.Help.HelpOption)
                .Select(o => ($"`{o.Name}`", o.Description)))
            .ToList();
        if (rows.Count > 0)
        {
            page.Append("| | |\n|---|---|\n");
            rows.ForEach(row => page.Append($"| {row.Item1} | {row.Description} |\n"));
            page.Append('\n');
        }

        foreach (var verb in command.Subcommands.Where(c => !c.Hidden))
        {
            Write(page, verb, name);
        }
    }
}
