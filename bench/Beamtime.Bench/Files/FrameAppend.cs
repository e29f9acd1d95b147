using System.Diagnostics;
using System.Runtime.InteropServices;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;

namespace Beamtime.Bench.Files;

/// <summary>
/// <c>frames.swmr</c>: bytes a second of 8 MB frames into the simulated camera's file, readable and flushed with each
/// frame and synced at its end, beside the same bytes written to a plain file and synced. <c>frames.blosc</c>: the same,
/// each frame compressed before it is written; the bytes are those of the frames.
/// </summary>
internal static class FrameAppend
{
    private const int Rows = 2048;
    private const int Columns = 2048;
    private const int Frames = 32;
    private const int MeanCounts = 1000;
    private const double Bytes = (double)Rows * Columns * sizeof(ushort) * Frames;

    /// <summary>Frames as they are.</summary>
    public static BenchLine Plain { get; } = Line("frames.swmr", 0.9, H5Compression.None);

    /// <summary>Compressed frames.</summary>
    public static BenchLine Compressed { get; } = Line("frames.blosc", 0.6, H5Compression.BloscLz4);

    private static BenchLine Line(string name, double bar, H5Compression compression) =>
        new(name, "MiB/s", bar, BenchSense.Rate, async (room, _) =>
        {
            await room.CloseAsync();
            var folder = room.NewFolder(name);
            var frame = Counts();
            return await Rounds.MeasureAsync(
                () => RateAsync(folder, into => WriteHdf5(into, frame, compression)),
                () => RateAsync(folder, into => WritePlain(into, frame)),
                rounds: 9);
        });

    // An evenly lit detector: the square root of the counts is their noise, which no compression removes.
    private static ushort[] Counts()
    {
        var frame = new ushort[Rows * Columns];
        var random = new Random(1);
        foreach (ref var pixel in frame.AsSpan())
        {
            var noise = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            pixel = (ushort)Math.Round(MeanCounts + (Math.Sqrt(MeanCounts) * noise));
        }

        return frame;
    }

    private static Task<double> RateAsync(string into, Action<string> write)
    {
        var start = Stopwatch.GetTimestamp();
        write(into);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (var file in Directory.GetFiles(into))
        {
            File.Delete(file);
        }

        return Task.FromResult(Bytes / seconds / (1 << 20));
    }

    private static void WriteHdf5(string folder, ushort[] frame, H5Compression compression)
    {
        var scan = new ScanSetup(
            Guid.CreateVersion7(BenchRoom.Time.GetUtcNow()), 1, folder, "S00001", 0.01, 1, Frames, new Dictionary<string, string>());
        using var file = FrameFileWriter.Create("camera", scan, new Source(), compression, out _);
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
