using System.Globalization;

namespace Beamtime.Data.Compute;

/// <summary>How this program starts itself: nicely, and so that the child ends with its parent.</summary>
internal static class ProgramCommand
{
    private static readonly string[] ToolFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

    /// <summary>Program and arguments of a child with these arguments.</summary>
    /// <param name="options">How nice, and which program.</param>
    /// <param name="arguments">The child's arguments.</param>
    public static IReadOnlyList<string> Of(ComputeOptions options, IReadOnlyList<string> arguments)
    {
        var command = new List<string>();
        if (Find("setsid") is { } setsid)
        {
            // Ctrl-C at a terminal reaches the program alone, which then stops the child in order.
            command.Add(setsid);
        }

        if (Find("setpriv") is { } setpriv)
        {
            command.AddRange([setpriv, "--pdeathsig=KILL", "--"]);
        }

        if (options.Niceness > 0 && Find("nice") is { } nice)
        {
            command.AddRange([nice, "-n", options.Niceness.ToString(CultureInfo.InvariantCulture)]);
        }

        return [.. command, .. Itself(options), .. arguments];
    }

    private static IReadOnlyList<string> Itself(ComputeOptions options)
    {
        if (options.Program is { } program)
        {
            return [program];
        }

        var path = Environment.ProcessPath
            ?? throw ComputeErrors.NotStarted.Fault("the system does not tell which program this is");
        return Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? [path, Path.Combine(AppContext.BaseDirectory, "beamtime.dll")]
            : [path];
    }

    private static string? Find(string tool) =>
        ToolFolders.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
}
