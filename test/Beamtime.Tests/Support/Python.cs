using System.Diagnostics;

namespace Beamtime.Tests.Support;

/// <summary>Runs programs that are not ours on what we wrote. What is missing fails the test, and says what.</summary>
internal static class Python
{
    private const string Interpreter = "/usr/bin/python3";
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Runs a script; its arguments are <c>sys.argv[1:]</c>. Returns what it printed.</summary>
    public static async Task<string> RunAsync(string script, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        using Process process = Start(script, arguments);
        return await FinishAsync(process, cancel);
    }

    /// <summary>Starts a script that the test talks with by its standard input and output.</summary>
    public static Process Start(string script, IReadOnlyList<string> arguments) =>
        StartProgram(Interpreter, ["-c", script, .. arguments]);

    /// <summary>Runs another program, such as <c>h5dump</c>.</summary>
    public static async Task<string> RunProgramAsync(
        string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        using Process process = StartProgram(program, arguments);
        return await FinishAsync(process, cancel);
    }

    /// <summary>Waits for the end and returns what was printed; a failure carries what was said on standard error.</summary>
    public static async Task<string> FinishAsync(Process process, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(Deadline);
        Task<string> output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        Task<string> errors = process.StandardError.ReadToEndAsync(deadline.Token);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
            Assert.True(process.ExitCode == 0, $"{process.StartInfo.FileName}: {await errors}");
            return (await output).Trim();
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    private static Process StartProgram(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Assert.Fail($"{program} is needed by this test ({missing.Message}); on Debian: python3-h5py, hdf5-tools.");
            throw;
        }
    }
}
