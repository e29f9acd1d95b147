using Beamtime.Hdf5;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Hdf5;

public sealed class VirtualDatasetTests : IDisposable
{
    private readonly ScratchFile _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Blocks_of_several_files_appear_in_one()
    {
        MakeSource("a.h5", 2, 10);
        MakeSource("b 100%.h5", 3, 20);
        List<H5VirtualSource> sources =
        [
            H5VirtualSource.Whole("a.h5", "/frames", [2, 2], [0, 0]),
            new("b 100%.h5", "/frames", [3, 2], [1, 0], [2, 2], [3, 0], [2, 2]),
        ];
        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.CreateVirtual<ushort>("all", [5, 2], sources, ushort.MaxValue);
        }

        Assert.Equal(
            "True 65535 [[10, 11], [12, 13], [65535, 65535], [22, 23], [24, 25]]",
            await Python.RunAsync(
                """
                import sys, h5py
                d = h5py.File(sys.argv[1], "r")["all"]
                print(d.is_virtual, d.fillvalue, d[()].tolist())
                """,
                [_scratch.Path],
                TestContext.Current.CancellationToken));
        using H5File read = H5File.Open(_scratch.Path);
        H5Dataset all = read.OpenDataset("all");
        Assert.True(all.IsVirtual);
        Assert.Equal<ushort>([10, 11, 12, 13, 65535, 65535, 22, 23, 24, 25], all.Read<ushort>());
        Assert.Equivalent(sources, all.ReadVirtualSources(), strict: true);
        Assert.Empty(all.FindMissingSources());
    }

    [Fact]
    public void A_missing_source_is_named_though_reading_gives_the_fill_value()
    {
        MakeSource("short.h5", 1, 0);
        MakeSource("whole.h5", 2, 0);
        File.WriteAllText(_scratch.At("text.h5"), "not this");
        using H5File file = H5File.Create(_scratch.Path);
        using H5Dataset all = file.CreateVirtual<ushort>(
            "all",
            [10, 2],
            [
                H5VirtualSource.Whole("whole.h5", "/frames", [2, 2], [0, 0]),
                H5VirtualSource.Whole("absent.h5", "/frames", [2, 2], [2, 0]),
                H5VirtualSource.Whole("short.h5", "/frames", [2, 2], [4, 0]),
                H5VirtualSource.Whole("whole.h5", "/absent", [2, 2], [6, 0]),
                H5VirtualSource.Whole("text.h5", "/frames", [2, 2], [8, 0]),
            ],
            ushort.MaxValue);

        ushort[] gap = new ushort[4];
        all.ReadSlice<ushort>([2, 0], [2, 2], gap);
        Assert.Equal<ushort>([ushort.MaxValue, ushort.MaxValue, ushort.MaxValue, ushort.MaxValue], gap);
        IReadOnlyList<H5MissingSource> missing = all.FindMissingSources();

        Assert.Equal(
            ["absent.h5 /frames", "short.h5 /frames", "text.h5 /frames", "whole.h5 /absent"],
            missing.Select(m => $"{m.Source.File} {m.Source.Dataset}").Order(StringComparer.Ordinal));
        Assert.Equal(_scratch.At("absent.h5"), missing.Single(m => m.Source.File == "absent.h5").File);
    }

    [Fact]
    public void The_same_file_can_be_a_source_and_ranks_may_differ()
    {
        using H5File file = H5File.Create(_scratch.Path);
        file.CreateArray<double>("row", [1, 2, 3]);

        using H5Dataset plane = file.CreateVirtual<double>(
            "plane", [2, 3], [H5VirtualSource.Whole(".", "/row", [3], [1, 0])], double.NaN);

        Assert.Equal([double.NaN, double.NaN, double.NaN, 1, 2, 3], plane.Read<double>());
        Assert.Empty(plane.FindMissingSources());
    }

    [Fact]
    public void Sources_that_are_open_for_writing_are_read()
    {
        using H5File source = H5File.Create(_scratch.At("frames.h5"), H5FileOptions.Swmr);
        H5Dataset frames = source.CreateExtendable<ushort>("frames", [2]);
        source.StartSwmrWrite();
        frames.Append<ushort>([1, 2, 3, 4]);
        source.Flush();
        using H5File file = H5File.Create(_scratch.Path);

        using H5Dataset all = file.CreateVirtual<ushort>(
            "all", [2, 2], [H5VirtualSource.Whole("frames.h5", "/frames", [2, 2], [0, 0])], ushort.MaxValue);

        Assert.Equal<ushort>([1, 2, 3, 4], all.Read<ushort>());
        Assert.Empty(all.FindMissingSources());
    }

    [Fact]
    public void A_block_that_does_not_fit_is_refused()
    {
        using H5File file = H5File.Create(_scratch.Path);

        Assert.Throws<ArgumentOutOfRangeException>(() => file.CreateVirtual<ushort>(
            "v", [2, 2], [H5VirtualSource.Whole("a.h5", "/frames", [2, 2], [1, 0])], 0));
        Assert.Throws<ArgumentException>(() => file.CreateVirtual<ushort>(
            "v", [2, 2], [new("a.h5", "/frames", [2, 2], [0, 0], [1, 2], [0, 0], [2, 2])], 0));
        Assert.False(file.Exists("v"));
        using H5Dataset plain = file.CreateScalar("plain", 1);
        Assert.Throws<Hdf5Exception>(plain.ReadVirtualSources);
    }

    private void MakeSource(string name, int rows, int first)
    {
        using H5File file = H5File.Create(_scratch.At(name));
        ushort[] values = [.. Enumerable.Range(first, rows * 2).Select(n => (ushort)n)];
        file.CreateArray<ushort>("frames", values, [rows, 2]);
    }
}
