using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace Beamtime.Core.Telemetry.Logs;

/// <summary>
/// Writes lines into the log's file and rotates it. Who logs puts a line into a bounded queue and goes on; a loop of its own
/// writes. What the queue or the disk does not take is dropped, counted, and told by the next line that gets through.
/// </summary>
internal sealed class LogFile : IAsyncDisposable
{
    private const int Capacity = 10_000;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastLines = TimeSpan.FromSeconds(5);

    private readonly LogFileFolder _folder;
    private readonly long _largest;
    private readonly TimeSpan _period;
    private readonly TimeProvider _time;
    private readonly Task _running;

    // Those who log; must not throw and must not wait.
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });

    private long _dropped;
    private long _told;

    // The loop's own.
    private FileStream? _file;
    private DateTimeOffset _begun;
    private DateTimeOffset _broken = DateTimeOffset.MinValue;

    /// <summary>A file that is written from now on.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="largest">Bytes after which it is rotated.</param>
    /// <param name="period">Time after which it is rotated.</param>
    /// <param name="time">The clock.</param>
    public LogFile(LogFileFolder folder, long largest, TimeSpan period, TimeProvider time)
    {
        (_folder, _largest, _period, _time) = (folder, largest, period, time);
        _running = RunAsync();
    }

    /// <summary>Lines that were dropped since the start.</summary>
    public long Dropped => Interlocked.Read(ref _told) + Interlocked.Read(ref _dropped);

    /// <summary>Why the disk does not take lines; null while it does.</summary>
    public string? Problem { get; private set; }

    /// <summary>The file that grows.</summary>
    public string Path => _folder.Current;

    /// <summary>Takes a line.</summary>
    /// <param name="line">With its line feeds.</param>
    public void Add(string line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lines.Writer.TryComplete())
        {
            // A disk that hangs does not keep the program from ending.
            await _running.WaitAsync(LastLines, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        while (await _lines.Reader.WaitToReadAsync())
        {
            while (_lines.Reader.TryRead(out var line))
            {
                Write(line);
            }

            Try(() => _file?.Flush());
        }

        Try(() => _file?.Dispose());
    }

    private void Write(string line)
    {
        var now = _time.GetUtcNow();
        if (Problem is not null && now - _broken < Retry)
        {
            Interlocked.Increment(ref _dropped);
            return;
        }

        if (!Try(() => Append(line, now)))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    private void Append(string line, DateTimeOffset now)
    {
        if (_file is not null && (_file.Position >= _largest || now - _begun >= _period))
        {
            _file.Dispose();
            _file = null;
            _folder.Rotate(now);
        }

        if (_file is null)
        {
            _file = _folder.Open();
            // A file that was there is as old as its name.
            _begun = _file.Position > 0 ? File.GetCreationTimeUtc(_folder.Current) : now;
        }

        if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var lost)
        {
            Interlocked.Add(ref _told, lost);
            _file.Write(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{now.UtcDateTime:yyyy-MM-dd HH:mm:ss.fff} warning {lost} lines of the log were dropped before this one\n")));
        }

        _file.Write(Encoding.UTF8.GetBytes(line));
        Problem = null;
    }

    // The edge to the disk: a log never fails what it tells about.
    private bool Try(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            (Problem, _broken) = (error.Message, _time.GetUtcNow());
            var file = _file;
            _file = null;
            try
            {
                file?.Dispose();
            }
            catch (IOException)
            {
                // What it still held is lost with the disk; that is told already.
            }

            return false;
        }
    }
}
