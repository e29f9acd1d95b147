using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Telemetry.Logs;

/// <summary>A line of the log as REST tells it.</summary>
internal sealed record LogLine
{
    /// <summary>Its number since the start of the process, from 1.</summary>
    public required long Number { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Its level.</summary>
    public required LogLevel Level { get; init; }

    /// <summary>What it says.</summary>
    public required string Message { get; init; }

    /// <summary>Who says it.</summary>
    public required string Category { get; init; }

    /// <summary>Id of the request or job that it belongs to; null for none.</summary>
    public string? Correlation { get; init; }

    /// <summary>The loop in which it was said; null outside of loops.</summary>
    public string? Loop { get; init; }

    /// <summary>The exception, with its stack; null for none.</summary>
    public string? Exception { get; init; }
}

/// <summary>The last lines of the log, and those who follow it. The oldest line goes when it is full; a slow follower misses lines.</summary>
/// <param name="length">Lines that are kept.</param>
internal sealed class LogRing(int length)
{
    private const int LongestText = 8000;
    private const int FollowerCapacity = 1000;

    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _lines = new();
    private readonly List<Channel<LogLine>> _followers = [];
    private long _number;

    /// <summary>Takes a line; does not wait.</summary>
    /// <param name="line">The line; its number is given here.</param>
    public void Add(LogLine line)
    {
        lock (_gate)
        {
            line = line with { Number = ++_number, Message = Cut(line.Message), Exception = line.Exception is null ? null : Cut(line.Exception) };
            _lines.Enqueue(line);
            if (_lines.Count > length)
            {
                _lines.Dequeue();
            }

            foreach (var follower in _followers)
            {
                follower.Writer.TryWrite(line);
            }
        }
    }

    /// <summary>The last lines, the oldest first.</summary>
    public IReadOnlyList<LogLine> Last()
    {
        lock (_gate)
        {
            return [.. _lines];
        }
    }

    /// <summary>The lines from now on.</summary>
    /// <param name="cancel">Ends following.</param>
    public async IAsyncEnumerable<LogLine> FollowAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var follower = Channel.CreateBounded<LogLine>(
            new BoundedChannelOptions(FollowerCapacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        lock (_gate)
        {
            _followers.Add(follower);
        }

        try
        {
            await foreach (var line in follower.Reader.ReadAllAsync(cancel))
            {
                yield return line;
            }
        }
        finally
        {
            lock (_gate)
            {
                _followers.Remove(follower);
            }
        }
    }

    private static string Cut(string text) => text.Length <= LongestText ? text : $"{text[..(LongestText - 1)]}…";
}
