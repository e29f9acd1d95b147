using System.CommandLine;

namespace Beamtime.Tests.House;

/// <summary>The commands of the program, against which the documents are read.</summary>
internal static class CommandLine
{
    /// <summary>Every command from its noun down to its verb.</summary>
    public static IReadOnlySet<string> Commands { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "up", "serve", "worker", "demo", "status", "migrate", "reconstruct",
        "config", "config explain",
        "scan", "scan line", "scan tomo", "scan ls", "scan show", "scan abort",
        "device", "device ls", "device get", "device set",
        "queue", "queue ls", "queue abort",
        "dataset", "dataset ls", "dataset show",
        "gate",
        "procedure", "procedure ls", "procedure run", "procedure show", "procedure abort", "procedure resume",
    };

    /// <summary>The commands below a root, from noun to verb; hidden ones are not for documents.</summary>
    /// <param name="root">The root command.</param>
    public static IReadOnlySet<string> Under(Command root) =>
        root.Subcommands.SelectMany(command => Walk(command, "")).ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether commands stand below this one, so that the next word must be one of them.</summary>
    /// <param name="command">A command.</param>
    public static bool IsNoun(string command) =>
        Commands.Any(c => c.StartsWith(command + " ", StringComparison.Ordinal));

    private static IEnumerable<string> Walk(Command command, string above) =>
        command.Hidden
            ? []
            : command.Subcommands.SelectMany(next => Walk(next, $"{above}{command.Name} ")).Prepend(above + command.Name);
}
