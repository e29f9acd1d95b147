using System.Diagnostics;

namespace Beamtime.Bench;

/// <summary>Programs beside which things are measured.</summary>
internal static class Child
{
    /// <summary>Runs one to its end.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(IReadOnlyList<string> command, CancellationToken cancel)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync(cancel);
        var printed = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0
            ? printed
            : throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {await errors}");
    }
}
