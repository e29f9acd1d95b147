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
    };

    /// <summary>Whether commands stand below this one, so that the next word must be one of them.</summary>
    /// <param name="command">A command.</param>
    public static bool IsNoun(string command) =>
        Commands.Any(c => c.StartsWith(command + " ", StringComparison.Ordinal));
}
