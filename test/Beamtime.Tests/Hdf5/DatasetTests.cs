using Beamtime.Hdf5;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Hdf5;

public sealed class DatasetTests : IDisposable
{
    private readonly ScratchFile _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Every_element_type_is_read_by_h5py_and_by_us()
    {
        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.CreateArray<double>("float64", [1.5, double.NegativeInfinity]);
            file.CreateArray<float>("float32", [1.5f, -2]);
            file.CreateArray<sbyte>("int8", [sbyte.MinValue, sbyte.MaxValue]);
            file.CreateArray<byte>("uint8", [0, byte.MaxValue]);
            file.CreateArray<short>("int16", [short.MinValue, short.MaxValue]);
            file.CreateArray<ushort>("uint16", [0, ushort.MaxValue]);
            file.CreateArray<int>("int32", [int.MinValue, int.MaxValue]);
            file.CreateArray<uint>("uint32", [0, uint.MaxValue]);
            file.CreateArray<long>("int64", [long.MinValue, long.MaxValue]);
            file.CreateArray<ulong>("uint64", [0, ulong.MaxValue]);
            file.CreateArray<bool>("bool", [false, true]);
            file.CreateScalar("scalar", 42L);
            file.CreateScalar("flag", true);
        }

        string seen = await ReadAsync(
            """
            for n in sorted(f): print(n, f[n].dtype, f[n][()].tolist())
            """);

        Assert.Equal(
            """
            bool bool [False, True]
            flag bool True
            float32 float32 [1.5, -2.0]
            float64 float64 [1.5, -inf]
            int16 int16 [-32768, 32767]
            int32 int32 [-2147483648, 2147483647]
            int64 int64 [-9223372036854775808, 9223372036854775807]
            int8 int8 [-128, 127]
            scalar int64 42
            uint16 uint16 [0, 65535]
            uint32 uint32 [0, 4294967295]
            uint64 uint64 [0, 18446744073709551615]
            uint8 uint8 [0, 255]
            """,
            seen);
        using H5File read = H5File.Open(_scratch.Path);
        Assert.Equal([1.5, double.NegativeInfinity], read.OpenDataset("float64").Read<double>());
        Assert.Equal([ulong.MinValue, ulong.MaxValue], read.OpenDataset("uint64").Read<ulong>());
        Assert.Equal([false, true], read.OpenDataset("bool").Read<bool>());
        Assert.True(read.OpenDataset("flag").ReadScalar<bool>());
        Assert.Equal(42, read.OpenDataset("scalar").ReadScalar<long>());
        Assert.Equal(new H5ElementType(H5ElementKind.Integer, 2, IsSigned: false), read.OpenDataset("uint16").ElementType);
    }

    [Fact]
    public async Task Texts_are_utf8_of_variable_or_fixed_length()
    {
        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.CreateScalar("title", "Röntgen µm");
            file.CreateScalar("fixed", "Å", H5TextStorage.Fixed);
            file.CreateScalar("empty", "", H5TextStorage.Fixed);
            file.CreateArray("names", ["samx", "", "θ"]);
            file.CreateArray("padded", ["a", "bcd"], H5TextStorage.Fixed);
            file.CreateArray("none", []);
        }

        string seen = await ReadAsync(
            """
            for n in sorted(f): print(n, f[n].dtype, [x.decode() for x in f[n][()].reshape(-1)] if f[n].shape else f[n][()].decode())
            """);

        Assert.Equal(
            """
            empty |S1 
            fixed |S2 Å
            names object ['samx', '', 'θ']
            none object []
            padded |S3 ['a', 'bcd']
            title object Röntgen µm
            """,
            seen);
        using H5File read = H5File.Open(_scratch.Path);
        Assert.Equal("Röntgen µm", read.OpenDataset("title").ReadString());
        Assert.Equal("Å", read.OpenDataset("fixed").ReadString());
        Assert.Equal(["samx", "", "θ"], read.OpenDataset("names").ReadStrings());
        Assert.Equal(["a", "bcd"], read.OpenDataset("padded").ReadStrings());
        Assert.Equal([], read.OpenDataset("none").ReadStrings());
    }

    [Fact]
    public async Task What_h5py_writes_is_read()
    {
        await Python.RunAsync(
            """
            import sys, h5py, numpy as np
            with h5py.File(sys.argv[1], "w") as f:
                f["big"] = np.array([1, 2, 3], ">i4")
                f["ascii"] = np.array([b"ab", b"c"])
                f["text"] = "é"
                f["flags"] = np.array([True, False])
                f["nothing"] = h5py.Empty("f4")
                f["cube"] = np.arange(24, dtype="f4").reshape(2, 3, 4)
                f["compound"] = np.zeros(2, [("a", "i4")])
            """,
            [_scratch.Path],
            TestContext.Current.CancellationToken);

        using H5File file = H5File.Open(_scratch.Path);

        Assert.Equal([1, 2, 3], file.OpenDataset("big").Read<int>());
        Assert.Equal(["ab", "c"], file.OpenDataset("ascii").ReadStrings());
        Assert.Equal("é", file.OpenDataset("text").ReadString());
        Assert.Equal([true, false], file.OpenDataset("flags").Read<bool>());
        Assert.Equal([], file.OpenDataset("nothing").Read<float>());
        Assert.Throws<ArgumentException>(() => file.OpenDataset("nothing").ReadScalar<float>());
        float[] column = new float[6];
        file.OpenDataset("cube").ReadSlice<float>([0, 0, 1], [2, 3, 1], column);
        Assert.Equal([1, 5, 9, 13, 17, 21], column);
        Assert.Equal(H5ElementKind.Other, file.OpenDataset("compound").ElementType.Kind);
    }

    [Fact]
    public async Task Rows_are_appended_in_any_number()
    {
        using (H5File file = H5File.Create(_scratch.Path))
        {
            H5Dataset points = file.CreateExtendable("points", [2], new H5DatasetOptions<double>
            {
                Chunk = [3, 2],
                Fill = double.NaN,
                Filters = [H5Filter.Shuffle, H5Filter.Deflate(4), H5Filter.Fletcher32],
            });
            points.Append<double>([]);
            points.Append<double>([1, 2]);
            points.Append<double>([3, 4, 5, 6, 7, 8, 9, 10]);
            Assert.Equal([5, 2], points.Shape);
            Assert.Equal([-1, 2], points.MaxShape);
            Assert.Equal(5, points.RowCount);
            points.Resize([6, 2]);
            Assert.Throws<ArgumentException>(() => points.Append<double>([1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => points.Resize([6, 3]));
        }

        string seen = await ReadAsync(
            """
            d = f["points"]; print(d.chunks, d.compression, d.compression_opts, d.shuffle, d.fletcher32, d.fillvalue)
            print(d[()].tolist())
            """);
        Assert.Equal(
            """
            (3, 2) gzip 4 True True nan
            [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0], [9.0, 10.0], [nan, nan]]
            """,
            seen);
        Assert.Contains(
            "( 6, 2 ) / ( H5S_UNLIMITED, 2 )",
            await Python.RunProgramAsync("h5dump", [_scratch.Path], TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Two_handles_on_one_data_set_append_one_after_the_other()
    {
        using H5File file = H5File.Create(_scratch.Path);
        H5Dataset first = file.CreateExtendable<int>("n", []);
        H5Dataset second = file.OpenDataset("n");

        Parallel.For(0, 200, i => (i % 2 == 0 ? first : second).Append<int>([i]));

        Assert.Equal(Enumerable.Range(0, 200), first.Read<int>().Order());
    }

    [Fact]
    public void Appending_allocates_nothing()
    {
        using H5File file = H5File.Create(_scratch.Path);
        H5Dataset points = file.CreateExtendable<double>("points", [4]);
        double[] rows = new double[400];
        points.Append<double>(rows);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            points.Append<double>(rows);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task Blocks_are_written_and_read_in_place()
    {
        using (H5File file = H5File.Create(_scratch.Path))
        {
            H5Dataset image = file.CreateEmpty("image", [4, 5], new H5DatasetOptions<short> { Fill = -1 });
            image.WriteSlice<short>([1, 2], [2, 3], [1, 2, 3, 4, 5, 6]);
            image.WriteSlice<short>([0, 0], [0, 5], []);
            short[] back = new short[4];
            image.ReadSlice<short>([1, 1], [2, 2], back);
            Assert.Equal([-1, 1, -1, 4], back);
            file.CreateArray<int>("matrix", [1, 2, 3, 4, 5, 6], [2, 3]);
        }

        Assert.Equal(
            "[[-1, -1, -1, -1, -1], [-1, -1, 1, 2, 3], [-1, -1, 4, 5, 6], [-1, -1, -1, -1, -1]] [[1, 2, 3], [4, 5, 6]]",
            await ReadAsync("print(f['image'][()].tolist(), f['matrix'][()].tolist())"));
    }

    [Fact]
    public async Task Chunks_are_written_as_they_lie_in_the_file()
    {
        byte[] frame = [1, 0, 2, 0, 3, 0, 4, 0];
        using (H5File file = H5File.Create(_scratch.Path))
        {
            var options = new H5DatasetOptions<ushort> { Chunk = [1, 2, 2] };
            H5Dataset frames = file.CreateExtendable("frames", [2, 2], options);
            frames.AppendChunk(frame);
            frames.AppendChunk(frame);
            frames.WriteChunk([1, 0, 0], [9, 0, 8, 0, 7, 0, 6, 0]);
            Assert.Equal(frame, frames.ReadChunk([0, 0, 0], out uint skipped));
            Assert.Equal(0u, skipped);
            Assert.Throws<ArgumentException>(() => frames.AppendChunk([1]));
            Assert.Throws<ArgumentOutOfRangeException>(() => frames.WriteChunk([2, 0, 0], frame));
            Assert.Throws<ArgumentOutOfRangeException>(() => frames.WriteChunk([0, 1, 0], frame));
            Assert.Equal(2, frames.RowCount);

            H5Dataset packed = file.CreateExtendable("packed", [2, 2], options with { Filters = [H5Filter.Deflate(1)] });
            packed.Append<ushort>([5, 6, 7, 8]);
            byte[] stored = packed.ReadChunk([0, 0, 0], out _);
            packed.AppendChunk(stored);
            packed.AppendChunk(frame, skippedFilters: 1);
        }

        Assert.Equal(
            "[[[1, 2], [3, 4]], [[9, 8], [7, 6]]] [[[5, 6], [7, 8]], [[5, 6], [7, 8]], [[1, 2], [3, 4]]]",
            await ReadAsync("print(f['frames'][()].tolist(), f['packed'][()].tolist())"));
    }

    [Fact]
    public void Another_element_type_is_refused()
    {
        using H5File file = H5File.Create(_scratch.Path);
        H5Dataset values = file.CreateExtendable<int>("values", []);
        H5Dataset title = file.CreateScalar("title", "x");

        Hdf5Exception refused = Assert.Throws<Hdf5Exception>(() => values.Append<double>([1]));
        Assert.Equal(Hdf5Error.WrongType, refused.Error);
        Assert.Equal("'/values' holds int, not double.", refused.Message);
        Assert.Throws<Hdf5Exception>(() => values.Read<uint>());
        Assert.Throws<Hdf5Exception>(() => values.Read<bool>());
        Assert.Throws<Hdf5Exception>(() => values.ReadStrings());
        Assert.Throws<Hdf5Exception>(() => title.ReadScalar<byte>());
        Assert.Throws<NotSupportedException>(() => file.CreateScalar("decimal", 1m));
        Assert.Throws<NotSupportedException>(() => values.Append<char>(['a']));
    }

    [Fact]
    public void A_block_outside_the_data_set_is_refused()
    {
        using H5File file = H5File.Create(_scratch.Path);
        H5Dataset values = file.CreateArray<int>("values", [1, 2, 3, 4], [2, 2]);

        Assert.Throws<ArgumentOutOfRangeException>(() => values.ReadSlice<int>([1, 0], [2, 2], new int[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => values.ReadSlice<int>([-1, 0], [1, 1], new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => values.ReadSlice<int>([long.MaxValue, 0], [long.MaxValue, 1], new int[1]));
        Assert.Throws<ArgumentException>(() => values.ReadSlice<int>([0], [1], new int[1]));
        Assert.Throws<ArgumentException>(() => values.ReadSlice<int>([0, 0], [1, 2], new int[3]));
        Assert.Throws<ArgumentException>(() => values.Write<int>([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => file.CreateArray<int>("short", [1, 2, 3], [2, 2]));
        Assert.Throws<Hdf5Exception>(() => values.Append<int>([1, 2]));
        Assert.Throws<Hdf5Exception>(() => values.WriteChunk([0, 0], [1]));
        Assert.False(file.Exists("short"));
    }

    [Fact]
    public void More_elements_than_an_array_holds_are_read_by_blocks_only()
    {
        using H5File file = H5File.Create(_scratch.Path);
        H5Dataset huge = file.CreateEmpty(
            "huge", [1L << 40, 1L << 40], new H5DatasetOptions<byte> { Chunk = [64, 64], Fill = 7 });

        Hdf5Exception refused = Assert.Throws<Hdf5Exception>(() => huge.Read<byte>());
        Assert.Equal(Hdf5Error.WrongKind, refused.Error);
        byte[] corner = new byte[2];
        huge.ReadSlice<byte>([(1L << 40) - 1, (1L << 40) - 2], [1, 2], corner);
        Assert.Equal([7, 7], corner);
    }

    private Task<string> ReadAsync(string script) => Python.RunAsync(
        $"import sys, h5py\nf = h5py.File(sys.argv[1], 'r')\n{script}",
        [_scratch.Path],
        TestContext.Current.CancellationToken);
}
