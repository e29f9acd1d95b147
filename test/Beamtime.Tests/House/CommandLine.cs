using System.CommandLine;
using Beamtime.Cli;

namespace Beamtime.Tests.House;

/// <summary>The commands of the program, against which the documents are read.</summary>
internal static class CommandLine
{
    /// <summary>Every command from its noun down to its verb.</summary>
    public static IReadOnlySet<string> Commands { get; } = Under(CommandTree.Root());

    /// <summary>The commands below a root, from noun to verb; hidden ones are not for documents.</summary>
    /// <param name="root">The root command.</param>
    public static IReadOnlySet<string> Under(Command root) =>
        root.Subcommands.SelectMany(command => Walk(command, "")).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether commands stand below this one and it takes no words itself, so that the next word is one of them.</summary>
    /// <param name="command">A command.</param>
    public static bool IsNoun(string command)
    {
        Command found = CommandTree.Root();
        foreach (string word in command.Split(' '))
        {
            found = found.Subcommands.First(c => c.Name == word);
        }

        return found.Subcommands.Count > 0 && found.Arguments.Count == 0;
    }

    private static IEnumerable<string> Walk(Command command, string above) =>
        command.Hidden
            ? []
            : command.Subcommands.SelectMany(next => Walk(next, $"{above}{command.Name} ")).Prepend(above + command.Name);
}
