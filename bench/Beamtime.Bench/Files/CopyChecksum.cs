using System.Diagnostics;
using Beamtime.Data.Transfers;

namespace Beamtime.Bench.Files;

/// <summary>
/// <c>copy.checksum</c>: bytes a second of a 2 GiB file copied, hashed in the same pass, synced and renamed, beside
/// <c>cp</c> and <c>sync</c>.
/// </summary>
internal static class CopyChecksum
{
    private const long Bytes = 2L << 30;

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("copy.checksum", "MiB/s", 0.8, BenchSense.Rate, async (room, cancel) =>
    {
        await room.CloseAsync();
        var folder = room.NewFolder("copy");
        var source = Path.Combine(folder, "source");
        await MakeAsync(source, cancel);
        var copy = new FileCopy(BenchRoom.Time);
        var measured = await Rounds.MeasureAsync(
            () => RateAsync(folder, target => copy.RunAsync(
                new CopyOrder { Source = source, Target = target, Transfer = Guid.CreateVersion7(BenchRoom.Time.GetUtcNow()) },
                progress: null,
                cancel)),
            () => RateAsync(folder, target => Child.RunAsync(
                ["sh", "-c", "cp --reflink=never \"$1\" \"$2\" && sync \"$2\" && sync \"$3\"", "sh", source, target, folder], cancel)),
            rounds: 5,
            warmUps: 0);
        Directory.Delete(folder, recursive: true);
        return measured;
    });

    private static async Task<double> RateAsync(string folder, Func<string, Task> copy)
    {
        var target = Path.Combine(folder, "target");
        var start = Stopwatch.GetTimestamp();
        await copy(target);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        File.Delete(target);
        return Bytes / seconds / (1 << 20);
    }

    // Noise, so that nothing on the way can compress it; synced, so that its own writing is not measured.
    private static async Task MakeAsync(string path, CancellationToken cancel)
    {
        var block = new byte[16 << 20];
        new Random(1).NextBytes(block);
        await using var file = File.Create(path);
        for (long written = 0; written < Bytes; written += block.Length)
        {
            BitConverter.TryWriteBytes(block, written);
            await file.WriteAsync(block, cancel);
        }

        file.Flush(flushToDisk: true);
    }
}
