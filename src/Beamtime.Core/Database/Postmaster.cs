using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Database;

/// <summary>One running PostgreSQL server, a child of this program.</summary>
internal sealed partial class Postmaster
{
    private const int KeptLines = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private readonly Lock _linesLock = new();
    private readonly Queue<string> _lines = new();
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Action _diskFull;
    private TiedProcess _process = null!;
    private volatile bool _sawDiskFull;

    private Postmaster(TimeProvider time, ILogger log, Action diskFull) => (_time, _log, _diskFull) = (time, log, diskFull);

    public int Pid => _process.Pid;

    public Task<int> Exited => _process.Exited;

    /// <summary>Whether it ever complained about a full disk.</summary>
    public bool SawDiskFull => _sawDiskFull;

    public static async Task<Postmaster> StartAsync(
        ClusterAccount account, IReadOnlyList<string> command, TimeProvider time, ILogger log, Action diskFull)
    {
        var postmaster = new Postmaster(time, log, diskFull);
        postmaster._process = await TiedProcess.StartAsync(account, command, postmaster.Received);
        return postmaster;
    }

    /// <summary>
    /// Waits until this very server accepts connections. Its pid file is the proof: a query could be answered by a server
    /// left behind on the same socket.
    /// </summary>
    public async Task ReadyAsync(string clusterFolder, TimeSpan limit, CancellationToken cancel)
    {
        var start = _time.GetTimestamp();
        while (PostmasterFile.TryRead(clusterFolder) is not { IsReady: true } file || file.Pid != Pid)
        {
            if (Exited.IsCompleted)
            {
                throw DatabaseErrors.StartFailed.Fault($"postgres ended with {await Exited}: {LastLines()}");
            }

            if (_time.GetElapsedTime(start) > limit)
            {
                await StopAsync(TimeSpan.FromSeconds(1));
                throw DatabaseErrors.StartFailed.Fault($"postgres was not ready after {limit.TotalSeconds} s: {LastLines()}");
            }

            await Task.Delay(Pause, _time, cancel);
        }
    }

    /// <summary>Ends it: in order, past the limit at once, at last by force.</summary>
    public async Task StopAsync(TimeSpan limit)
    {
        foreach (var signal in new[] { Posix.SignalInterrupt, Posix.SignalQuit, Posix.SignalKill })
        {
            _process.Signal(signal);
            try
            {
                await Exited.WaitAsync(limit, _time);
                return;
            }
            catch (TimeoutException)
            {
                Late(Pid, signal, limit.TotalSeconds);
            }
        }
    }

    // Called on the process's reading threads; must not throw.
    private void Received(string line)
    {
        lock (_linesLock)
        {
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines)
            {
                _lines.Dequeue();
            }
        }

        if (line.Contains("No space left on device", StringComparison.Ordinal))
        {
            _sawDiskFull = true;
            try
            {
                _diskFull();
            }
            catch (IOException error)
            {
                NotReleased(error);
            }
        }

        if (line.StartsWith("FATAL", StringComparison.Ordinal) || line.StartsWith("PANIC", StringComparison.Ordinal))
        {
            Complained(line);
        }
        else
        {
            Said(line);
        }
    }

    private string LastLines()
    {
        lock (_linesLock)
        {
            return string.Join(" / ", _lines.TakeLast(5));
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "postgres: {Line}")]
    private partial void Said(string line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "postgres: {Line}")]
    private partial void Complained(string line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database server, process {Pid}, did not end {Seconds} s after signal {Signal}")]
    private partial void Late(int pid, int signal, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "The reserve could not be given up")]
    private partial void NotReleased(Exception error);
}
