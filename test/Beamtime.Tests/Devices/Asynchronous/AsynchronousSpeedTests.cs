using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Tests.Devices.Asynchronous;

/// <summary>How fast a device's frames get into its file, beside the same bytes in a plain file. Figures, no bars.</summary>
[Trait("Category", "Slow")]
public sealed class AsynchronousSpeedTests(ITestOutputHelper output)
{
    private const int Rows = 2048;
    private const int Columns = 2048;
    private const int Frames = 48;

    [Theory]
    [InlineData("none")]
    [InlineData("lz4")]
    [InlineData("blosc-lz4")]
    public async Task Frames_of_a_camera(string compression)
    {
        using var bench = new AsynchronousBench();
        var signal = new AsynchronousSignal
        {
            Name = "frames", Element = AsynchronousElement.UInt16, MaxShape = [null, Rows, Columns], Compression = compression,
        };
        var noise = new Random(11);
        ushort[] frame = [.. Enumerable.Range(0, Rows * Columns).Select(_ => (ushort)(100 + noise.Next(16)))];
        var bytes = (long)Frames * Rows * Columns * sizeof(ushort);

        var begun = TimeProvider.System.GetTimestamp();
        using (var plain = File.Create(bench["plain"]))
        {
            for (var i = 0; i < Frames; i++)
            {
                plain.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(frame));
            }

            plain.Flush(flushToDisk: true);
        }

        var beside = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        var writer = bench.Begin([signal], room: 64 << 20);
        begun = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < Frames; i++)
        {
            await writer.AddAsync<ushort>(signal, frame, AsynchronousBench.At, TestContext.Current.CancellationToken);
        }

        Assert.Null(await writer.EndAsync());
        var taken = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        output.WriteLine(
            $"{compression}: {Frames / taken:0} frames/s, {bytes / taken / 1e6:0} MB/s; plain {bytes / beside / 1e6:0} MB/s; ratio {beside / taken:0.00}; "
            + $"file {new FileInfo(bench["S00012_wave_async.h5"]).Length / (double)bytes:0.00}");
        using var file = H5File.Open(bench["S00012_wave_async.h5"]);
        Assert.Equal(Frames, file.OpenDataset("/entry/signals/frames/value").RowCount);
    }
}
