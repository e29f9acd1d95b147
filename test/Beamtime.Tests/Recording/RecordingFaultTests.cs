using Beamtime.Control.Recording;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Recording;

/// <summary>Disks that are full, folders that are not there, databases that do not answer.</summary>
public sealed class RecordingFaultTests
{
    [Fact]
    public async Task A_folder_that_cannot_be_written_ends_the_scan_and_the_file_follows_when_it_can()
    {
        await using var bench = new RecordingBench();
        var folder = bench["S00012"];
        await File.WriteAllTextAsync(folder, "in the way", TestContext.Current.CancellationToken);
        var line = new RecordedLine { Folder = folder };
        await bench.PublishAsync(line.Opened(), line.Point(0));

        var fault = await bench.NextAsync<RecordingFault>();
        Assert.Equal((line.Id, "recording.folder.unwritable", true), (fault.Scan, fault.Reason.Code, fault.EndsScan));

        await bench.PublishAsync(line.Closed(1, ScanEnd.Aborted, fault.Reason));
        Assert.False((await bench.NextAsync<RecordingFault>()).EndsScan);

        File.Delete(folder);
        Directory.CreateDirectory(folder);
        var closed = (await Retried(bench)).Closed;
        Assert.Equal((ScanEnd.Aborted, 0L), (closed.End, closed.Points));
        Assert.Contains(
            "recording.points.lost",
            await Python.RunProgramAsync(
                "h5dump", ["-a", "/entry/reasons", Path.Combine(folder, "S00012_master.h5")], TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64 << 10)]
    public async Task A_full_disk_ends_the_scan_and_what_fits_is_closed_when_there_is_room(long reserve)
    {
        await using var bench = new RecordingBench(reserve: reserve);
        var folder = bench["disk"];
        Directory.CreateDirectory(folder);
        if (!await SmallDisk.TryMountAsync(folder, TestContext.Current.CancellationToken))
        {
            Assert.Skip("A small disk can be mounted by root only.");
        }

        try
        {
            var line = new RecordedLine { Folder = folder, Planned = 100_000 };
            await bench.PublishAsync(line.Opened());
            for (var i = 0; i < 100_000; i++)
            {
                await bench.PublishAsync(line.Point(i));
            }

            await bench.FlushAsync();
            var fault = await bench.NextAsync<RecordingFault>();
            Assert.Equal(("recording.disk.full", true), (fault.Reason.Code, fault.EndsScan));

            await bench.PublishAsync(line.Closed(100_000, ScanEnd.Aborted, fault.Reason));
            Assert.Equal("recording.disk.full", (await bench.NextAsync<RecordingFault>()).Reason.Code);
            Assert.True(File.Exists(Path.Combine(folder, "S00012_master.live.h5")));

            await SmallDisk.GrowAsync(folder, TestContext.Current.CancellationToken);
            var closed = (await Retried(bench)).Closed;
            Assert.Equal(ScanEnd.Aborted, closed.End);
            Assert.InRange(closed.Points, 1, 99_999);
        }
        finally
        {
            await SmallDisk.UnmountAsync(folder);
        }
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_asked_again()
    {
        var refusals = 2;
        var registered = 0;
        await using var bench = new RecordingBench(register: (_, _) =>
        {
            if (refusals-- > 0)
            {
                throw new TimeoutException("no answer");
            }

            registered++;
            return Task.CompletedTask;
        });
        var line = bench.Line();
        await bench.PublishAsync(line.Opened(), line.Point(0), line.Closed(1));
        Assert.Equal("recording.register.failed", (await bench.NextAsync<RecordingFault>()).Reason.Code);

        await Retried(bench);
        Assert.Equal(1, registered);
        Assert.True(File.Exists(bench["S00012_master.h5"]));
    }

    [Fact]
    public async Task A_stopped_writer_leaves_an_open_scan_for_recovery()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        await bench.PublishAsync(line.Opened(), line.Point(0), line.Point(1));
        await bench.StopAsync();

        using var source = RecordingSource.Open(new RecordingFolder(bench.Folder, "S00012"), line.Opened(), null);
        Assert.Equal((2L, ScanEnd.Interrupted), (source.Rows, source.End.End));
    }

    [Fact]
    public async Task A_scan_that_ends_with_the_program_is_still_closed()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        await bench.PublishAsync(line.Opened(), line.Point(0));
        await bench.BeginStopAsync();
        await bench.PublishAsync(line.Closed(1, ScanEnd.Interrupted));
        await bench.NextAsync<RecordingDone>();
        Assert.Equal(ScanEnd.Interrupted, Assert.Single(bench.Registered).End);
    }

    [Theory]
    [InlineData(12, null, null, "S00000-00999/S00012")]
    [InlineData(1000, "dark", null, "S01000-01999/S01000_dark")]
    [InlineData(12, null, "mine/today", "mine/today")]
    public void A_folder_is_named_by_number(int number, string? suffix, string? directory, string expected)
    {
        var folder = RecordingFolder.Name("/data/2-bm", number, suffix, directory);
        Assert.Equal($"/data/2-bm/{expected}", folder.Folder);
        Assert.EndsWith($"S{number:D5}_master{(suffix is null ? "" : $"_{suffix}")}.h5", folder.Final, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("$beamline", null, "2-bm")]
    [InlineData("$account/raw", "p12345", "p12345/raw")]
    [InlineData("$account", null, "p99")]
    [InlineData("$beamline/$username", null, "2-bm/A__Sato")]
    public async Task The_folder_of_recordings_is_ordered_as_the_facility_wants(string template, string? account, string expected)
    {
        var options = new RecordingOptions { Folder = template, Account = "p99" };
        Assert.Equal(expected, await FolderTemplate.FillAsync(options, "2-bm", account, () => Task.FromResult<string?>("A. Sato")));
    }

    [Fact]
    public async Task A_folder_that_leads_elsewhere_or_lacks_what_it_names_is_refused_with_every_reason()
    {
        var options = new RecordingOptions { Folder = "../$account/$username" };
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => FolderTemplate.FillAsync(options, "2-bm", null, () => Task.FromResult<string?>(null)));
        Assert.Equal(
            ["recording.folder.unknown", "recording.folder.unknown", "recording.folder.invalid"], refused.Reasons.Select(r => r.Code));
    }

    [Theory]
    [InlineData("../x", null)]
    [InlineData(null, "../../etc")]
    [InlineData(null, "/etc")]
    [InlineData(null, "a//b")]
    [InlineData("a b", "c d")]
    public void A_name_that_leads_elsewhere_is_refused(string? suffix, string? directory)
    {
        var refused = Assert.Throws<RefusedException>(
            () => RecordingFolder.Name("/data", 1, suffix, directory));
        Assert.Equal((suffix is null ? 0 : 1) + (directory is null ? 0 : 1), refused.Reasons.Count);
        Assert.All(refused.Reasons, r => Assert.Equal("recording.folder.invalid", r.Code));
    }

    [Fact]
    public async Task A_number_that_is_recorded_already_is_refused()
    {
        await using var bench = new RecordingBench();
        await bench.RecordAsync(bench.Line(), 1);
        var refused = Assert.Throws<RefusedException>(new RecordingFolder(bench.Folder, "S00012").Make);
        Assert.Equal("recording.folder.taken", Assert.Single(refused.Reasons).Code);
    }

    private static async Task<RecordingDone> Retried(RecordingBench bench)
    {
        var done = bench.NextAsync<RecordingDone>();
        while (await Task.WhenAny(done, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken)) != done)
        {
            bench.Clock.Advance(bench.Options.RetryInterval);
        }

        return await done;
    }

    /// <summary>A disk of one megabyte, in memory.</summary>
    private static class SmallDisk
    {
        public static async Task<bool> TryMountAsync(string folder, CancellationToken cancel) =>
            await RunAsync(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], cancel) == 0;

        public static Task GrowAsync(string folder, CancellationToken cancel) =>
            RunAsync(["mount", "-o", "remount,size=64m", folder], cancel);

        public static Task UnmountAsync(string folder) => RunAsync(["umount", "-l", folder], CancellationToken.None);

        private static async Task<int> RunAsync(string[] command, CancellationToken cancel)
        {
            using var process = System.Diagnostics.Process.Start(command[0], command[1..]);
            await process.WaitForExitAsync(cancel);
            return process.ExitCode;
        }
    }
}
