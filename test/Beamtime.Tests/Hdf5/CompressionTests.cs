using System.Runtime.InteropServices;
using Beamtime.Hdf5;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Hdf5;

/// <summary>Chunks that were compressed outside of the library are read by others.</summary>
public sealed class CompressionTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("lz4")]
    [InlineData("blosc-lz4")]
    public async Task A_compressed_chunk_is_read_by_h5py(string name)
    {
        const int Rows = 300;
        const int Columns = 400;
        using var folder = TemporaryFolder.Create("compression");
        var compression = H5Compression.Find(name)!;
        Assert.True(compression.IsAvailable);
        var counts = new Random(7);
        long sum = 0;
        using (var file = H5File.Create(folder["f.h5"], H5FileOptions.Swmr))
        {
            using var frames = file.CreateExtendable<ushort>(
                "/data",
                [Rows, Columns],
                new H5DatasetOptions<ushort>
                {
                    Chunk = [1, Rows, Columns], Filters = compression.FiltersOf(sizeof(ushort), Rows * Columns * sizeof(ushort)),
                });
            file.StartSwmrWrite();
            var target = new byte[compression.LongestOf(Rows * Columns * sizeof(ushort))];
            for (var i = 0; i < 3; i++)
            {
                // The last one cannot be made smaller.
                ushort[] frame = [.. Enumerable.Range(0, Rows * Columns).Select(n => (ushort)(i < 2 ? n / 32 % 50 : counts.Next(65536)))];
                sum += frame.Sum(c => (long)c);
                var bytes = MemoryMarshal.AsBytes<ushort>(frame);
                var size = compression.Compress(bytes, sizeof(ushort), target, threads: 2);
                Assert.True(name == "none" || i == 2 || size < bytes.Length * 3 / 4);
                frames.AppendChunk(target.AsSpan(0, size));
            }
        }

        Assert.Equal(
            $"(3, {Rows}, {Columns}) uint16 {sum}",
            (await Python.RunAsync(
                """
                import sys, h5py
                d = h5py.File(sys.argv[1], 'r')['data']
                print(d.shape, d.dtype, int(d[()].astype('u8').sum()))
                """,
                [folder["f.h5"]],
                TestContext.Current.CancellationToken)).Trim());
    }

    [Fact]
    public void Rows_of_their_own_lengths_are_read_as_they_were_written()
    {
        using var folder = TemporaryFolder.Create("variable");
        using var file = H5File.Create(folder["f.h5"]);
        using var set = file.CreateVariableRows<int>("/rows", 4);
        set.WriteVariableRows<int>(0, [1, 2, 3], [1, 0, 2]);
        set.WriteVariableRows<int>(3, [4, 5], [2]);
        int[][] expected = [[1], [], [2, 3], [4, 5]];
        Assert.Equal(expected, set.ReadVariableRows<int>(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.WriteVariableRows<int>(0, [1], [2]));
    }
}
