using System.ComponentModel;
using System.Diagnostics;

namespace Beamtime.Core.Database;

/// <summary>Asks a small program of the system for one answer.</summary>
internal static class SystemTool
{
    /// <summary>What it printed, or null when it is not installed or answers with a failure.</summary>
    public static async Task<string?> AskAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using var process = Process.Start(start);
            if (process is null)
            {
                return null;
            }

            var errors = process.StandardError.ReadToEndAsync(cancel);
            var output = await process.StandardOutput.ReadToEndAsync(cancel);
            await errors;
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
