using System.Diagnostics;
using Beamtime.Hdf5;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Hdf5;

public sealed class SwmrTests : IDisposable
{
    private readonly ScratchFile _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_reader_that_is_not_ours_follows_the_writer()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using H5File file = H5File.Create(_scratch.Path, H5FileOptions.Swmr);
        H5Dataset values = file.CreateExtendable<double>("entry/value", []);
        H5Dataset frames = file.CreateExtendable<ushort>("entry/frames", [2, 3]);
        file.StartSwmrWrite();

        // The reader answers each line with what it sees, so that neither side waits for time to pass.
        using Process reader = Python.Start(
            """
            import sys, h5py
            with h5py.File(sys.argv[1], "r", libver="latest", swmr=True) as f:
                v, d = f["entry/value"], f["entry/frames"]
                print("open", flush=True)
                for line in sys.stdin:
                    v.id.refresh(); d.id.refresh()
                    print(v.shape[0], v[:].sum(), d.shape[0], int(d[:].sum()), flush=True)
            """,
            [_scratch.Path]);
        Assert.Equal("open", await reader.StandardOutput.ReadLineAsync(cancel));
        for (int round = 1; round <= 5; round++)
        {
            values.Append<double>([1.5, 2.5]);
            frames.Append<ushort>([1, 2, 3, 4, 5, 6]);
            file.Flush();
            await reader.StandardInput.WriteLineAsync("look".AsMemory(), cancel);
            await reader.StandardInput.FlushAsync(cancel);
            Assert.Equal(
                $"{2 * round} {4.0 * round:F1} {round} {21 * round}", await reader.StandardOutput.ReadLineAsync(cancel));
        }

        reader.StandardInput.Close();
        Assert.Equal("", await Python.FinishAsync(reader, cancel));
    }

    [Fact]
    public void A_file_whose_writer_was_killed_opens_only_for_swmr_reading()
    {
        string left = _scratch.At("left.h5");
        using (H5File file = H5File.Create(_scratch.Path, H5FileOptions.Swmr))
        {
            H5Dataset values = file.CreateExtendable<int>("value", []);
            file.StartSwmrWrite();
            values.Append<int>([1, 2, 3]);
            file.Flush();

            // What lies on disk now is what a killed writer leaves, its marks included.
            File.Copy(_scratch.Path, left);
        }

        Assert.Throws<Hdf5Exception>(() => H5File.Open(left));
        Assert.Throws<Hdf5Exception>(() => H5File.Open(left, H5FileAccess.ReadWrite));
        using H5File found = H5File.Open(left, H5FileAccess.SwmrRead);
        Assert.Equal([1, 2, 3], found.OpenDataset("value").Read<int>());
    }

    [Fact]
    public void A_swmr_writer_refuses_what_would_damage_the_file()
    {
        using H5File file = H5File.Create(_scratch.Path, H5FileOptions.Swmr);
        file.CreateExtendable<int>("value", []);
        file.StartSwmrWrite();

        Assert.Throws<InvalidOperationException>(() => file.CreateGroup("late"));
        Assert.Throws<InvalidOperationException>(() => file.CreateScalar("late", 1));
        Assert.Throws<InvalidOperationException>(() => file.LinkSoft("late", "/value"));
        Assert.Throws<InvalidOperationException>(() => file.Attributes.Write("late", 1));
        Assert.Throws<InvalidOperationException>(() => file.Delete("value"));
        Assert.Throws<InvalidOperationException>(file.StartSwmrWrite);
    }

    [Fact]
    public void Swmr_needs_the_format_of_1_10()
    {
        using H5File file = H5File.Create(_scratch.Path);

        Hdf5Exception failure = Assert.Throws<Hdf5Exception>(file.StartSwmrWrite);

        Assert.NotEmpty(failure.Messages);
        Assert.Equal(H5FileAccess.ReadWrite, file.Access);
    }

    [Fact]
    public void A_finished_file_is_opened_again_for_swmr_writing()
    {
        using (H5File file = H5File.Create(_scratch.Path, H5FileOptions.Swmr))
        {
            file.CreateExtendable<int>("value", []).Append<int>([1]);
        }

        using (H5File file = H5File.Open(_scratch.Path, H5FileAccess.SwmrWrite))
        {
            file.OpenDataset("value").Append<int>([2]);
        }

        using H5File closed = H5File.Open(_scratch.Path);
        Assert.Equal([1, 2], closed.OpenDataset("value").Read<int>());
    }
}
