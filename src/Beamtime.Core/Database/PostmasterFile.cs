using System.Globalization;

namespace Beamtime.Core.Database;

/// <summary>What a PostgreSQL server writes into its folder while it runs: <c>postmaster.pid</c>.</summary>
/// <param name="Pid">Process id of the server.</param>
/// <param name="Folder">Its data folder.</param>
/// <param name="IsReady">Whether it accepts connections.</param>
internal sealed record PostmasterFile(int Pid, string Folder, bool IsReady)
{
    public static string PathIn(string clusterFolder) => Path.Combine(clusterFolder, "postmaster.pid");

    /// <summary>The file's content, or null when there is none or it is just being written.</summary>
    public static PostmasterFile? TryRead(string clusterFolder)
    {
        try
        {
            return File.ReadAllLines(PathIn(clusterFolder)) is [var pid, var folder, .. var rest]
                && int.TryParse(pid, CultureInfo.InvariantCulture, out var number)
                    ? new PostmasterFile(Math.Abs(number), folder, rest.Length > 5 && rest[5].Trim() == "ready")
                    : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
