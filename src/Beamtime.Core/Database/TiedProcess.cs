using System.ComponentModel;
using System.Diagnostics;

namespace Beamtime.Core.Database;

/// <summary>
/// A child process that ends with this program. Linux sends the parent-death signal when the <em>thread</em> that forked
/// ends, so each child has a thread of its own that forks it and then waits for its end. It runs in a session of its own,
/// so that Ctrl-C at a terminal reaches the program alone, which then stops it in order.
/// </summary>
internal sealed class TiedProcess
{
    private readonly TaskCompletionSource<int> _pid = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ProcessStartInfo _start;
    private readonly Action<string> _line;

    private TiedProcess(ProcessStartInfo start, Action<string> line)
    {
        _start = start;
        _line = line;
    }

    public int Pid { get; private set; }

    /// <summary>Exit code, once it and everything that shares its output has ended.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts a program as an account.</summary>
    /// <param name="account">The account to run as.</param>
    /// <param name="command">Program and arguments.</param>
    /// <param name="line">Receives each line that it prints; must not throw.</param>
    public static async Task<TiedProcess> StartAsync(
        ClusterAccount account, IReadOnlyList<string> command, Action<string> line)
    {
        var start = new ProcessStartInfo("setsid", [.. account.Prefix, .. command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C.UTF-8";
        var process = new TiedProcess(start, line);
        new Thread(process.ForkAndWait) { IsBackground = true, Name = "child " + Path.GetFileName(command[0]) }.Start();
        process.Pid = await process._pid.Task;
        return process;
    }

    /// <summary>Sends a signal unless it has ended.</summary>
    public void Signal(int signal)
    {
        if (!_exited.Task.IsCompleted)
        {
            Posix.Signal(Pid, signal);
        }
    }

    private void ForkAndWait()
    {
        try
        {
            using var process = new Process { StartInfo = _start };
            process.OutputDataReceived += Received;
            process.ErrorDataReceived += Received;
            process.Start();
            _pid.SetResult(process.Id);
            process.StandardInput.Close();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            process.WaitForExit();
            _exited.SetResult(process.ExitCode);
        }
        catch (Win32Exception error)
        {
            _pid.TrySetException(DatabaseErrors.ToolMissing.Fault(
                $"setsid or setpriv cannot be started: {error.Message}", error));
        }
        catch (Exception error)
        {
            _pid.TrySetException(error);
            _exited.TrySetException(error);
        }
    }

    private void Received(object sender, DataReceivedEventArgs received)
    {
        if (received.Data is { } line)
        {
            _line(line);
        }
    }
}
