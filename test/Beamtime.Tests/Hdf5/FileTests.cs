using System.Diagnostics;
using System.Globalization;
using Beamtime.Hdf5;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Hdf5;

public sealed class FileTests : IDisposable
{
    private readonly ScratchFile _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void A_file_is_created_once_unless_overwriting_is_asked_for()
    {
        H5File.Create(_scratch.Path).Dispose();

        Assert.Equal(Hdf5Error.AlreadyExists, Assert.Throws<Hdf5Exception>(() => H5File.Create(_scratch.Path)).Error);
        using H5File file = H5File.Create(_scratch.Path, new H5FileOptions { Overwrite = true });
        Assert.Empty(file.ReadChildren());
        Assert.True(H5File.LibraryVersion >= new Version(1, 10, 3));
    }

    [Fact]
    public void What_is_not_hdf5_is_refused()
    {
        Assert.Throws<FileNotFoundException>(() => H5File.Open(_scratch.Path));
        Assert.False(H5File.IsHdf5(_scratch.Path));
        File.WriteAllText(_scratch.Path, new string('x', 4096));
        Assert.Equal(Hdf5Error.NotHdf5, Assert.Throws<Hdf5Exception>(() => H5File.Open(_scratch.Path)).Error);
        File.WriteAllBytes(_scratch.Path, []);
        Assert.Equal(Hdf5Error.NotHdf5, Assert.Throws<Hdf5Exception>(() => H5File.Open(_scratch.Path)).Error);
        Assert.Throws<Hdf5Exception>(() => H5File.Create(_scratch.At("absent/folder.h5")));
    }

    [Fact]
    public void A_truncated_file_is_refused_in_the_words_of_the_library()
    {
        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.CreateArray<double>("values", new double[1000]);
        }

        using (FileStream stream = File.OpenWrite(_scratch.Path))
        {
            stream.SetLength(stream.Length / 2);
        }

        Hdf5Exception failure = Assert.Throws<Hdf5Exception>(() => H5File.Open(_scratch.Path));
        Assert.Contains("truncated file", failure.Message, StringComparison.Ordinal);
        Assert.Equal("H5Fopen", failure.Messages[^1].Function);
    }

    [Fact]
    public void Errors_of_several_threads_do_not_mix()
    {
        using H5File file = H5File.Create(_scratch.Path);

        Parallel.For(0, 64, i =>
        {
            Hdf5Exception failure = Assert.Throws<Hdf5Exception>(
                () => H5File.Create(_scratch.At(string.Create(CultureInfo.InvariantCulture, $"absent{i}/x.h5"))));
            Assert.Contains(failure.Messages, m => m.Description.Contains($"absent{i}/", StringComparison.Ordinal));
            Assert.Throws<Hdf5Exception>(() => file.OpenGroup($"group{i}"));
        });
    }

    [Fact]
    public void A_read_only_file_is_not_written()
    {
        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.CreateExtendable<int>("values", []);
        }

        using H5File read = H5File.Open(_scratch.Path);
        Assert.Throws<Hdf5Exception>(() => read.OpenDataset("values").Append<int>([1]));
        Assert.Throws<Hdf5Exception>(() => read.CreateGroup("group"));
        Assert.Throws<Hdf5Exception>(() => read.Attributes.Write("a", 1));
    }

    [Fact]
    public void Closing_a_file_closes_all_that_was_opened_through_it()
    {
        H5File file = H5File.Create(_scratch.Path);
        H5Group group = file.CreateGroup("group");
        H5Dataset values = group.CreateExtendable<int>("values", []);
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => values.Append<int>([1]));
        Assert.Throws<ObjectDisposedException>(() => values.Shape);
        Assert.Throws<ObjectDisposedException>(() => group.CreateGroup("more"));
        Assert.Throws<ObjectDisposedException>(() => group.Attributes.ReadNames());
        Assert.Throws<ObjectDisposedException>(file.Flush);
        Assert.DoesNotContain(_scratch.Path, OpenFiles());
        values.Dispose();
        file.Dispose();
        using H5File again = H5File.Open(_scratch.Path, H5FileAccess.ReadWrite);
        H5Dataset closed = again.OpenDataset("group/values");
        closed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => closed.RowCount);
    }

    [Fact]
    public void A_data_set_reached_through_a_link_closes_with_the_file()
    {
        using (H5File other = H5File.Create(_scratch.At("other.h5")))
        {
            other.CreateScalar("n", 1);
        }

        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.LinkExternal("n", "other.h5", "/n");
            _ = file.OpenDataset("n");
        }

        Assert.DoesNotContain(_scratch.At("other.h5"), OpenFiles());
    }

    [Fact]
    public async Task A_file_open_for_writing_is_locked_against_others_and_free_afterwards()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        const string Script =
            """
            import sys, h5py
            try: print(sorted(h5py.File(sys.argv[1], "r")))
            except OSError as e: print("locked")
            """;
        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.CreateGroup("entry");
            Assert.Equal("locked", await Python.RunAsync(Script, [_scratch.Path], cancel));
        }

        Assert.Equal("['entry']", await Python.RunAsync(Script, [_scratch.Path], cancel));
        using H5File open = H5File.Open(
            _scratch.Path, H5FileAccess.ReadWrite, new H5FileOptions { Locking = H5FileLocking.Off });
        Assert.Equal("['entry']", await Python.RunAsync(Script, [_scratch.Path], cancel));
    }

    [Fact]
    public async Task A_child_process_does_not_keep_a_closed_file_locked()
    {
        CancellationToken cancel = TestContext.Current.CancellationToken;
        using Process child = StartWaiting();
        H5File file = H5File.Create(_scratch.Path);
        file.CreateGroup("entry");
        using Process later = StartWaiting();
        file.Dispose();

        Assert.Equal(
            "['entry']",
            await Python.RunAsync("import sys, h5py; print(list(h5py.File(sys.argv[1], 'a')))", [_scratch.Path], cancel));
        child.StandardInput.Close();
        later.StandardInput.Close();
        await Python.FinishAsync(child, cancel);
        await Python.FinishAsync(later, cancel);

        static Process StartWaiting() => Python.Start("import sys; sys.stdin.read()", []);
    }

    private static IEnumerable<string> OpenFiles() => Directory.EnumerateFiles("/proc/self/fd")
        .Select(descriptor => new FileInfo(descriptor).LinkTarget)
        .OfType<string>();
}
