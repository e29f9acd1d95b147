using System.Diagnostics;
using System.Runtime.InteropServices;
using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;

namespace Beamtime.Bench.Files;

/// <summary>
/// <c>frames.swmr</c>: bytes a second of 8 MB frames into the simulated camera's file, readable and flushed with each
/// frame and synced at its end, beside the same bytes written to a plain file and synced.
/// </summary>
internal static class FrameAppend
{
    private const int Rows = 2048;
    private const int Columns = 2048;
    private const int Frames = 32;
    private const double Bytes = (double)Rows * Columns * sizeof(ushort) * Frames;

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("frames.swmr", "MiB/s", 0.9, BenchSense.Rate, async (room, _) =>
    {
        await room.CloseAsync();
        var folder = room.NewFolder("frames");
        var frame = new ushort[Rows * Columns];
        var random = new Random(1);
        foreach (ref var pixel in frame.AsSpan())
        {
            pixel = (ushort)random.Next(65536);
        }

        return await Rounds.MeasureAsync(() => RateAsync(folder, WriteHdf5), () => RateAsync(folder, WritePlain), rounds: 9);

        Task<double> RateAsync(string into, Action<string, ushort[]> write)
        {
            var start = Stopwatch.GetTimestamp();
            write(into, frame);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            foreach (var file in Directory.GetFiles(into))
            {
                File.Delete(file);
            }

            return Task.FromResult(Bytes / seconds / (1 << 20));
        }
    });

    private static void WriteHdf5(string folder, ushort[] frame)
    {
        var scan = new ScanSetup(
            Guid.CreateVersion7(BenchRoom.Time.GetUtcNow()), 1, folder, "S00001", 0.01, 1, Frames, new Dictionary<string, string>());
        using var file = FrameFileWriter.Create("camera", scan, new Source(), out _);
        for (var i = 0; i < Frames; i++)
        {
            file.Append(frame, BenchRoom.Time.GetUtcNow());
        }

        file.Close();
    }

    private static void WritePlain(string folder, ushort[] frame)
    {
        using var file = File.OpenHandle(Path.Combine(folder, "frames.raw"), FileMode.CreateNew, FileAccess.Write);
        var bytes = MemoryMarshal.AsBytes(frame.AsSpan());
        for (var i = 0; i < Frames; i++)
        {
            RandomAccess.Write(file, bytes, (long)i * bytes.Length);
        }

        RandomAccess.FlushToDisk(file);
    }

    private sealed class Source : IFrameSource
    {
        public int Rows => FrameAppend.Rows;

        public int Columns => FrameAppend.Columns;

        public double PixelSizeMm => 0.001;

        public float[]? Slice(int row) => null;

        public Action<ushort[]> Expose(double seconds) => static _ => { };
    }
}
