using System.ComponentModel;
using System.Diagnostics;

namespace Beamtime.Data.Compute;

/// <summary>
/// A child process with a thread of its own, which forks it and waits for its end: Linux sends the parent-death signal when
/// the thread that forked ends.
/// </summary>
internal sealed class ChildProcess
{
    private readonly TaskCompletionSource<ChildProcess> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _turn = new();
    private readonly ProcessStartInfo _start;
    private readonly Action<string> _line;

    // Null before the start and after the end: its id may then be another's.
    private Process? _running;

    private ChildProcess(ProcessStartInfo start, Action<string> line) => (_start, _line) = (start, line);

    /// <summary>Exit code, once it has ended and all that it printed was taken.</summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>Starts a program.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="line">Takes each line that it prints; must not throw.</param>
    public static Task<ChildProcess> StartAsync(IReadOnlyList<string> command, Action<string> line)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // It opens no database and knows no secret; settings of this program do not concern it.
        foreach (var name in start.Environment.Keys.Where(IsOurs).ToArray())
        {
            start.Environment.Remove(name);
        }

        var child = new ChildProcess(start, line);
        new Thread(child.ForkAndWait) { IsBackground = true, Name = "compute child" }.Start();
        return child._started.Task;
    }

    /// <summary>Kills it, and what it started, unless it has ended.</summary>
    public void Kill()
    {
        lock (_turn)
        {
            _running?.Kill(entireProcessTree: true);
        }
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("BEAMTIME_", StringComparison.Ordinal)
        || name.StartsWith("BEAMPIPE_", StringComparison.Ordinal)
        || name.StartsWith("PG", StringComparison.Ordinal)
        || name.StartsWith("DATABASE_", StringComparison.Ordinal)
        || name.StartsWith("REDIS_", StringComparison.Ordinal);

    private void ForkAndWait()
    {
        try
        {
            using var process = new Process { StartInfo = _start };
            process.OutputDataReceived += Received;
            process.ErrorDataReceived += Received;
            process.Start();
            lock (_turn)
            {
                _running = process;
            }

            process.StandardInput.Close();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            _started.SetResult(this);
            process.WaitForExit();
            lock (_turn)
            {
                _running = null;
            }

            _exited.SetResult(process.ExitCode);
        }
        catch (Win32Exception error)
        {
            _started.TrySetException(ComputeErrors.NotStarted.Fault($"{_start.FileName}: {error.Message}", error));
            _exited.TrySetCanceled();
        }
        catch (Exception error)
        {
            _started.TrySetException(error);
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
