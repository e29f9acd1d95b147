using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Hdf5;
using Beamtime.Tests.Devices.Asynchronous;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Recording;

/// <summary>Asynchronous data in the final file of their scan.</summary>
public sealed class AsynchronousPartsTests
{
    private const string Show =
        """
        import sys, h5py
        f = h5py.File(sys.argv[1], 'r'); d = f['/entry/collection/devices/wave']
        def show(n): return d[n]['value'][()].tolist()
        print(show('wave'), d['wave/value'].attrs['units'], d['wave'].attrs['NX_class'], d['wave'].attrs['signal'], d['wave/timestamp'].shape)
        print(show('wave_rows'))
        print([r.tolist() for r in d['wave_open/value'][()]], d['wave_open/value'].dtype)
        print(show('wave_slices'))
        print([r.tolist() for r in d['wave_open_slices/value'][()]])
        print(show('wave_image'), show('wave_mask'), show('wave_temperature'), d['wave_temperature/value'].attrs['units'])
        print(f['/entry/collection/readout_groups/async/wave'].name, d.get('wave/value', getlink=True).__class__.__name__)
        """;

    private const string Shown =
        """
        [1.0, 2.0, 3.0] V NXdata value (2,)
        [[1, 2, 3], [4, 65535, 65535], [5, 6, 7], [9, 9, 9], [8, 8, 8]]
        [[1, 2, 3], [], [4]] object
        [[1, 2, 3, 65535], [5, 6, 7, 8], [7, 65535, 65535, 65535]]
        [[1.0, 2.0, 3.0], [4.0]]
        [[[1, 2], [3, 4]]] [[1, 2], [3, 4]] 77.5 K
        """;

    [Fact]
    public async Task Small_data_are_taken_into_the_file_at_the_places_that_readers_know()
    {
        await using var bench = new RecordingBench();
        var line = await GiveAsync(bench);
        var closed = await RecordAsync(bench, line);

        Assert.Equal(["S00012_master.h5"], closed.Files.Select(f => f.Name));
        Assert.False(File.Exists(bench["S00012_wave_async.h5"]));
        Assert.Equal(
            Shown + "\n/entry/collection/readout_groups/async/wave HardLink",
            await RecordingBench.PythonAsync(Show, bench["S00012_master.h5"]),
            ignoreLineEndingDifferences: true);
        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.Contains(
            file.OpenGroup("/entry").Attributes.ReadStrings("reasons"),
            reason => reason.StartsWith("recording.async.partial: wave: 1 values of wave_rows", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Large_data_stay_in_their_file_and_are_linked()
    {
        await using var bench = new RecordingBench(copiedUpTo: 0);
        var line = await GiveAsync(bench);
        var closed = await RecordAsync(bench, line);

        Assert.Equal(["S00012_master.h5", "S00012_wave_async.h5"], closed.Files.Select(f => f.Name));
        Assert.Equal(
            Shown + "\n/entry/collection/readout_groups/async/wave ExternalLink",
            await RecordingBench.PythonAsync(Show, bench["S00012_master.h5"]),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task The_live_file_shows_them_too()
    {
        await using var bench = new RecordingBench();
        var writer = Begin(bench);
        var line = Line(bench, writer);
        await AsynchronousBench.FillAsync(writer);
        await bench.PublishAsync(line.Opened(), line.Point(0));
        await bench.FlushAsync();
        using (var live = H5File.Open(bench["S00012_master.live.h5"], H5FileAccess.SwmrRead))
        {
            var link = live.ReadLink("/entry/collection/devices/wave/wave_rows");
            Assert.Equal((H5LinkKind.External, "S00012_wave_async.h5"), (link.Link, link.TargetFile));
        }

        await writer.EndAsync();
        await bench.PublishAsync(line.Closed(1));
        Assert.Equal(1, (await bench.NextAsync<Control.Recording.RecordingDone>()).Closed.Points);
    }

    [Fact]
    public async Task Data_of_a_device_that_never_ended_are_taken_as_far_as_they_go_and_kept()
    {
        await using var bench = new RecordingBench();
        var writer = Begin(bench);
        var line = Line(bench, writer);
        await AsynchronousBench.FillAsync(writer);
        await FlushAsync(bench, writer);
        var closed = await RecordAsync(bench, line);

        Assert.Equal(["S00012_master.h5", "S00012_wave_async.h5"], closed.Files.Select(f => f.Name));
        using (var file = H5File.Open(bench["S00012_master.h5"]))
        {
            Assert.Equal(
                [1.0, 2.0, 3.0], file.OpenDataset("/entry/collection/devices/wave/wave/value").Read<double>());
            Assert.Contains(
                file.OpenGroup("/entry").Attributes.ReadStrings("reasons"),
                reason => reason.Contains("was not completed", StringComparison.Ordinal));
        }

        await writer.EndAsync();
    }

    [Fact]
    public async Task A_missing_file_costs_only_its_own_data()
    {
        await using var bench = new RecordingBench();
        var line = await GiveAsync(bench);
        File.Delete(bench["S00012_wave_async.h5"]);
        var closed = await RecordAsync(bench, line);

        Assert.Equal((10L, 1), (closed.Points, closed.Files.Count));
        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.StartsWith(
            "recording.async.missing", Assert.Single(file.OpenGroup("/entry").Attributes.ReadStrings("reasons")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_staging_has_its_data_beside_the_first()
    {
        await using var bench = new RecordingBench();
        var line = await GiveAsync(bench);
        var later = AsynchronousWriter.Create(
            "wave", [AsynchronousBench.Values], AsynchronousBench.Setup(bench.Folder) with { FilePrefix = "S00012_5" },
            new AsynchronousRoom(1 << 20, 0), _ => { }, H5Compression.None, bench.Clock, NullLogger.Instance);
        await later.AddAsync<double>(AsynchronousBench.Values, new[] { 9.0 }, AsynchronousBench.At, TestContext.Current.CancellationToken);
        await later.EndAsync();
        await RecordAsync(bench, line);

        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.Equal([9.0], file.OpenDataset("/entry/collection/devices/S00012_5_wave_async/wave/value").Read<double>());
        Assert.Equal([1.0, 2.0, 3.0], file.OpenDataset("/entry/collection/devices/wave/wave/value").Read<double>());
    }

    [Fact]
    public async Task What_the_final_file_has_taken_in_goes_also_after_a_crash_before_that()
    {
        await using var bench = new RecordingBench();
        var line = await GiveAsync(bench);
        File.Copy(bench["S00012_wave_async.h5"], bench["kept"]);
        var closed = await RecordAsync(bench, line);
        File.Copy(bench["kept"], bench["S00012_wave_async.h5"]);
        var folder = new Control.Recording.RecordingFolder(bench.Folder, "S00012");
        Control.Recording.RecordingFinisher.RemoveLive(folder, closed);
        Assert.False(File.Exists(bench["S00012_wave_async.h5"]));
        Assert.True(File.Exists(folder.Final));
    }

    private static AsynchronousWriter Begin(RecordingBench bench) => AsynchronousWriter.Create(
        "wave", AsynchronousBench.All, AsynchronousBench.Setup(bench.Folder), new AsynchronousRoom(1 << 20, 0), _ => { }, H5Compression.None, bench.Clock,
        NullLogger.Instance);

    private static RecordedLine Line(RecordingBench bench, AsynchronousWriter writer) => new()
    {
        Folder = bench.Folder,
        Asynchronous = new Dictionary<string, AsynchronousFile> { ["wave"] = writer.Description },
    };

    private static async Task<RecordedLine> GiveAsync(RecordingBench bench)
    {
        var writer = Begin(bench);
        await AsynchronousBench.FillAsync(writer);
        Assert.Null(await writer.EndAsync());
        return Line(bench, writer);
    }

    private static Task<Sdk.Recording.RecordingClosed> RecordAsync(RecordingBench bench, RecordedLine line) => bench.RecordAsync(line, 10);

    // Until all that was given can be read.
    private static async Task FlushAsync(RecordingBench bench, AsynchronousWriter writer)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (writer.Flushed < 20)
        {
            bench.Clock.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, deadline.Token);
        }
    }
}
