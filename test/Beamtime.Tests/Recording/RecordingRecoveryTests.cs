using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Recording;

/// <summary>
/// What a killed writer leaves: a kill is a copy of the folder as it lay on the disk at that moment, which recovery is
/// then run on.
/// </summary>
public sealed class RecordingRecoveryTests
{
    private const string Summary =
        """
        import sys, h5py
        e = h5py.File(sys.argv[1], 'r')['entry']; c = e['collection']
        v = c['devices/bpm4i/bpm4i/value'] if 'bpm4i' in c['devices'] else None
        print(e.attrs['end_status'], c['points/id'].shape[0] if 'id' in c['points'] else 0, v[-1] if v is not None and v.shape[0] else '-')
        """;

    [Fact]
    public async Task A_scan_killed_while_it_ran_is_closed_with_what_was_flushed()
    {
        await using var bench = new RecordingBench();
        using var killed = TemporaryFolder.Create("killed");
        var line = bench.Line();
        await bench.PublishAsync(line.Opened(), line.Point(0), line.Point(1), line.Point(2));
        await bench.FlushAsync();
        Copy(bench.Folder, killed.Path);

        var closed = Recover(killed.Path, line);

        Assert.Equal((ScanEnd.Interrupted, 3L, RecordedLine.At(2)), (closed.End, closed.Points, closed.EndedAt));
        Assert.Equal("interrupted 3 1002", await RecordingBench.PythonAsync(Summary, killed["S00012_master.h5"]));
        Assert.Equal(["S00012_master.h5"], Names(killed.Path));
        Assert.Equal("line", closed.ScanName);
        Assert.Equal("10", closed.Parameters["steps"]);
    }

    [Fact]
    public async Task A_scan_killed_after_its_end_was_written_keeps_its_true_end()
    {
        using var killed = TemporaryFolder.Create("killed");
        var line = new RecordedLine { Folder = killed.Path };
        using (var live = LiveFile.Create(killed["S00012_master.live.h5"], line.Opened()))
        {
            live.Put(line.Point(0));
            live.WriteEnd(new RecordingEnd(ScanEnd.Completed, 1, RecordedLine.At(9), []));
            using var copy = TemporaryFolder.Create("copy");
            Copy(killed.Path, copy.Path);

            var closed = Recover(copy.Path, line);

            Assert.Equal((ScanEnd.Completed, 1L, RecordedLine.At(9)), (closed.End, closed.Points, closed.EndedAt));
            Assert.Equal("completed 1 1000", await RecordingBench.PythonAsync(Summary, copy["S00012_master.h5"]));
        }
    }

    [Fact]
    public async Task A_scan_killed_before_its_first_document_gets_an_empty_file()
    {
        using var killed = TemporaryFolder.Create("killed");
        var line = new RecordedLine { Folder = killed.Path };

        var closed = Recover(killed.Path, line);

        Assert.Equal((ScanEnd.Interrupted, 0L), (closed.End, closed.Points));
        Assert.Equal("interrupted 0 -", await RecordingBench.PythonAsync(Summary, killed["S00012_master.h5"]));
    }

    [Fact]
    public async Task A_live_file_that_cannot_be_read_is_kept_aside_and_told()
    {
        using var killed = TemporaryFolder.Create("killed");
        var line = new RecordedLine { Folder = killed.Path };
        await File.WriteAllBytesAsync(killed["S00012_master.live.h5"], new byte[800], TestContext.Current.CancellationToken);

        var closed = Recover(killed.Path, line);

        Assert.Equal(ScanEnd.Interrupted, closed.End);
        Assert.Equal(["S00012_master.h5", "S00012_master.live.h5.unreadable"], Names(killed.Path));
        Assert.Contains(
            "recording.live.unreadable",
            await Python.RunProgramAsync("h5dump", ["-a", "/entry/reasons", killed["S00012_master.h5"]], TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kill_in_recovery_itself_changes_nothing()
    {
        using var killed = TemporaryFolder.Create("killed");
        var line = Leave(killed.Path);
        await File.WriteAllTextAsync(killed["S00012_master.h5.tmp"], "half a file", TestContext.Current.CancellationToken);
        var first = Recover(killed.Path, line);
        Assert.Equal(["S00012_master.h5"], Names(killed.Path));

        // Killed after the rename, with and without the live file still there.
        Leave(killed.Path, line);
        var second = Recover(killed.Path, line);
        var third = Recover(killed.Path, line);

        Assert.Equal(["S00012_master.h5"], Names(killed.Path));
        Assert.Equal((first.End, first.Points, first.Files[0].Sha256), (second.End, second.Points, second.Files[0].Sha256));
        Assert.Equal((first.End, first.Points, first.Files[0].Sha256), (third.End, third.Points, third.Files[0].Sha256));
    }

    [Fact]
    public async Task A_scan_that_went_on_in_a_second_segment_becomes_one_file()
    {
        using var killed = TemporaryFolder.Create("killed");
        var line = new RecordedLine { Folder = killed.Path };
        foreach (var (segment, first, count) in ((int, int, int)[])[(1, 0, 5), (2, 4, 4)])
        {
            using var live = LiveFile.Create(new RecordingFolder(killed.Path, "S00012").Live(segment), line.Opened());
            for (var id = first; id < first + count; id++)
            {
                live.Put(line.Point(id));
            }

            live.Flush();
        }

        var closed = Recover(killed.Path, line);

        Assert.Equal(8, closed.Points);
        Assert.Equal("interrupted 8 1007", await RecordingBench.PythonAsync(Summary, killed["S00012_master.h5"]));
        Assert.Equal(["S00012_master.h5"], Names(killed.Path));
    }

    [Fact]
    public async Task Frames_of_a_killed_device_server_are_counted_and_open_to_everybody()
    {
        using var killed = TemporaryFolder.Create("killed");
        using var running = TemporaryFolder.Create("running");
        var line = new RecordedLine
        {
            Folder = running.Path,
            Frames = new Dictionary<string, FrameFile> { ["eiger"] = new("S00012_eiger.h5", "/entry/data", null, [2, 2], "uint16") },
        };
        using (var live = LiveFile.Create(running["S00012_master.live.h5"], line.Opened()))
        using (var frames = H5File.Create(running["S00012_eiger.h5"], H5FileOptions.Swmr))
        {
            var set = frames.CreateExtendable<ushort>("/entry/data", [2, 2]);
            frames.StartSwmrWrite();
            set.Append<ushort>([0, 1, 2, 3, 4, 5, 6, 7]);
            frames.Flush();
            live.Put(line.Point(0));
            live.Flush();
            Copy(running.Path, killed.Path);
        }

        var closed = Recover(killed.Path, line);

        Assert.Equal(["S00012_master.h5", "S00012_eiger.h5"], closed.Files.Select(f => f.Name));
        Assert.Equal("2 True (2, 2, 2) 7", await RecordingBench.PythonAsync(
            """
            import sys, h5py
            g = h5py.File(sys.argv[1], 'r')['entry/collection/file_references/eiger']
            print(g.attrs['frames'], g.attrs['complete'], g['data'].shape, g['data'][1, 1, 1])
            """,
            killed["S00012_master.h5"]));
    }

    [Fact]
    public async Task Each_open_recording_is_registered_once()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var killed = TemporaryFolder.Create("killed");
        var line = Leave(killed.Path);
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        var store = new RecordingStore(database, ledger);
        await database.TransactAsync(transaction => RecordingStore.OpenAsync(transaction, Row(killed.Path, line), cancel), cancel);
        var finisher = Finisher(store.CloseAsync);
        var recovery = new RecordingRecovery(
            store,
            new ScanStore(database, ledger, TimeProvider.System),
            null!,
            finisher,
            "2-bm",
            NullLogger<RecordingRecovery>.Instance);

        var closed = Assert.Single(await recovery.RecoverAsync(cancel));
        Assert.Empty(await recovery.RecoverAsync(cancel));
        await store.CloseAsync(closed, cancel);

        var entries = new List<RecordingClosed>();
        await foreach (var entry in ledger.ReadStreamAsync(RecordingStore.Kind, line.Id.ToString(), cancel))
        {
            entries.Add(entry.Data);
        }

        var told = Assert.Single(entries);
        Assert.Equal((ScanEnd.Interrupted, 3L, closed.Files[0].Sha256), (told.End, told.Points, told.Files[0].Sha256));
        Assert.Empty(await store.ListOpenAsync("2-bm", cancel));
        Assert.Equal(12, (await ledger.LoadAsync(RecordingStore.Kind, line.Id.ToString(), cancel)).State!.Number);
    }

    private static RecordedLine Leave(string folder, RecordedLine? same = null)
    {
        using var running = TemporaryFolder.Create("running");
        var line = same ?? new RecordedLine { Folder = folder };
        using var live = LiveFile.Create(running["S00012_master.live.h5"], line.Opened());
        for (var id = 0; id < 3; id++)
        {
            live.Put(line.Point(id));
        }

        live.Flush();
        Copy(running.Path, folder);
        return line;
    }

    private static RecordingClosed Recover(string folder, RecordedLine line) => new RecordingRecovery(
        null!, null!, null!, Finisher((_, _) => Task.CompletedTask), "2-bm", NullLogger<RecordingRecovery>.Instance).Close(Row(folder, line));

    private static RecordingFinisher Finisher(Func<RecordingClosed, CancellationToken, Task> register) =>
        new(new RecordingOptions(), () => [], [], register, NullLogger<RecordingFinisher>.Instance);

    private static RecordingRow Row(string folder, RecordedLine line) =>
        new(line.Id, "2-bm", 12, folder, "S00012", "line", RecordedLine.Start);

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }

    private static IEnumerable<string?> Names(string folder) =>
        Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal);
}
