using System.Diagnostics;
using Beamtime.Core.Topics.Spool;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Bench.Records;

/// <summary>
/// <c>spool.append</c>: records a second that lie on the disk, said by 16 at once of whom each waits for its own, beside
/// bare writes one after the other, each followed by a sync of its own.
/// </summary>
internal static class SpoolAppend
{
    private const int Callers = 16;
    private const int Each = 100;
    private const int Size = 500;

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("spool.append", "records/s", 2, BenchSense.Rate, async (room, cancel) =>
        await Rounds.MeasureAsync(() => OursAsync(room, cancel), () => Task.FromResult(Raw(room))));

    private static async Task<double> OursAsync(BenchRoom room, CancellationToken cancel)
    {
        await using var spool = RoleSpool.Open(room.NewFolder("spool"), 256 * 1024 * 1024, NullLogger.Instance);
        var body = new byte[Size];
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => SayAsync(caller), cancel)));
        return Callers * Each / Stopwatch.GetElapsedTime(start).TotalSeconds;

        async Task SayAsync(int caller)
        {
            for (var i = 0; i < Each; i++)
            {
                await spool.AppendAsync(new SpoolRecord($"stream{caller}", i, Guid.Empty, 0, body), cancel);
                await spool.SyncedAsync(cancel);
            }
        }
    }

    private static double Raw(BenchRoom room)
    {
        using var file = File.OpenHandle(room.NewPath("raw"), FileMode.CreateNew, FileAccess.Write);
        var body = new byte[Size];
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Each; i++)
        {
            RandomAccess.Write(file, body, (long)i * Size);
            RandomAccess.FlushToDisk(file);
        }

        return Each / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
