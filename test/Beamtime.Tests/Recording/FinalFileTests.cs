using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Recording;

/// <summary>The final file: layout, truth and what becomes of faults.</summary>
public sealed class FinalFileTests
{
    private const string Layout =
        """
        / default=entry
        /entry NXentry default=data end_status=completed version=1.0
        /entry/collection NXcollection
        /entry/collection/configuration NXcollection
        /entry/collection/configuration/samx
        /entry/collection/configuration/samx/samx_velocity
        /entry/collection/configuration/samx/samx_velocity/timestamp () float64
        /entry/collection/configuration/samx/samx_velocity/value () float64 units=mm/s
        /entry/collection/devices NXcollection
        /entry/collection/devices/bpm4i
        /entry/collection/devices/bpm4i/bpm4i NXdata signal=value
        /entry/collection/devices/bpm4i/bpm4i/timestamp (10,) float64
        /entry/collection/devices/bpm4i/bpm4i/value (10,) int64 units=counts
        /entry/collection/devices/energy
        /entry/collection/devices/energy/energy NXdata signal=value
        /entry/collection/devices/energy/energy/timestamp () float64
        /entry/collection/devices/energy/energy/value () float64 units=mm
        /entry/collection/devices/energy/energy_state
        /entry/collection/devices/energy/energy_state/timestamp () float64
        /entry/collection/devices/energy/energy_state/value () object
        /entry/collection/devices/samx
        /entry/collection/devices/samx/samx NXdata signal=value
        /entry/collection/devices/samx/samx/timestamp (10,) float64
        /entry/collection/devices/samx/samx/value (10,) float64 units=mm
        /entry/collection/devices/samx/samx_setpoint
        /entry/collection/devices/samx/samx_setpoint/timestamp (10,) float64
        /entry/collection/devices/samx/samx_setpoint/value (10,) float64 units=mm
        /entry/collection/devices/samy
        /entry/collection/devices/samy/samy NXdata signal=value
        /entry/collection/devices/samy/samy/timestamp () float64
        /entry/collection/devices/samy/samy/value () float64 units=mm
        /entry/collection/devices/samy/samy_state
        /entry/collection/devices/samy/samy_state/timestamp () float64
        /entry/collection/devices/samy/samy_state/value () object
        /entry/collection/file_references NXcollection
        /entry/collection/file_references/eiger
        /entry/collection/file_references/eiger/data -> S00012_eiger.h5:/entry/data
        /entry/collection/metadata NXcollection
        /entry/collection/metadata/bec
        /entry/collection/metadata/end_time () object
        /entry/collection/metadata/proposal () object
        /entry/collection/metadata/sample_name () object
        /entry/collection/metadata/start_time () object
        /entry/collection/metadata/title () object
        /entry/collection/points NXcollection
        /entry/collection/points/id (10,) int64
        /entry/collection/points/present (10, 2) uint8
        /entry/collection/points/timestamp (10,) float64
        /entry/collection/readout_groups NXcollection
        /entry/collection/readout_groups/async NXcollection
        /entry/collection/readout_groups/baseline NXcollection
        /entry/collection/readout_groups/baseline/energy -> /entry/collection/devices/energy
        /entry/collection/readout_groups/baseline/samy -> /entry/collection/devices/samy
        /entry/collection/readout_groups/monitored NXcollection
        /entry/collection/readout_groups/monitored/bpm4i -> /entry/collection/devices/bpm4i
        /entry/collection/readout_groups/monitored/samx -> /entry/collection/devices/samx
        /entry/collection/states NXcollection
        /entry/control NXmonitor
        /entry/control/mode () object
        /entry/data NXdata signal=bpm4i
        /entry/data/bpm4i -> /entry/collection/devices/bpm4i/bpm4i/value
        /entry/data/samx -> /entry/collection/devices/samx/samx/value
        /entry/end_time () object
        /entry/entry_identifier_uuid () object
        /entry/instrument NXinstrument
        /entry/instrument/name () object
        /entry/instrument/source NXsource
        /entry/instrument/source/name () object
        /entry/instrument/source/probe () object
        /entry/instrument/source/type () object
        /entry/program_name () object
        /entry/sample NXsample
        /entry/sample/name () object
        /entry/start_time () object
        /entry/title () object
        /entry/user NXuser
        /entry/user/facility_user_id () object
        /entry/user/name () object
        """;

    private const string Show =
        """
        import sys, h5py
        f = h5py.File(sys.argv[1], 'r')
        out = []
        def line(path, o):
            a = dict(o.attrs)
            if isinstance(o, h5py.Dataset): path += ' %s %s' % (o.shape, o.dtype)
            if 'NX_class' in a: path += ' ' + a['NX_class']
            for k in ('default', 'end_status', 'signal', 'units', 'version'):
                if k in a and 'program_name' not in path: path += ' %s=%s' % (k, a[k])
            out.append(path)
        def walk(g, p):
            for k in sorted(g):
                l = g.get(k, getlink=True)
                q = p + '/' + k
                if q == '/entry/collection/metadata/recording': continue
                if isinstance(l, h5py.ExternalLink): out.append('%s -> %s:%s' % (q, l.filename, l.path)); continue
                if isinstance(l, h5py.SoftLink): out.append('%s -> %s' % (q, l.path)); continue
                line(q, g[k])
                if isinstance(g[k], h5py.Group) and k != 'bec': walk(g[k], q)
        line('/', f)
        walk(f, '')
        print('\n'.join(out))
        """;

    [Fact]
    public async Task It_has_the_layout_that_readers_of_the_format_know()
    {
        await using var bench = new RecordingBench();
        WriteFrames(bench["S00012_eiger.h5"], 3);
        var line = new RecordedLine
        {
            Folder = bench.Folder,
            Frames = new Dictionary<string, FrameFile> { ["eiger"] = new("S00012_eiger.h5", "/entry/data", null, [2, 2], "uint16") },
        };
        var closed = await bench.RecordAsync(line, 10);

        Assert.Equal(Layout, await RecordingBench.PythonAsync(Show, bench["S00012_master.h5"]), ignoreLineEndingDifferences: true);
        Assert.Equal(["S00012_master.h5", "S00012_eiger.h5"], closed.Files.Select(f => f.Name));
        Assert.Equal((ScanEnd.Completed, 10L), (closed.End, closed.Points));
        Assert.False(File.Exists(bench["S00012_master.live.h5"]));
        Assert.False(File.Exists(bench["S00012_master.h5.tmp"]));
        Assert.Equal(closed, Assert.Single(bench.Registered));
        foreach (var file in closed.Files)
        {
            var sum = await Python.RunProgramAsync("sha256sum", [bench[file.Name]], TestContext.Current.CancellationToken);
            Assert.Equal(sum.Split(' ')[0], file.Sha256);
            Assert.Equal(new FileInfo(bench[file.Name]).Length, file.Bytes);
        }
    }

    [Fact]
    public async Task Its_values_are_those_measured_and_its_facts_those_of_the_scan()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        await bench.RecordAsync(line, 10);

        Assert.Equal(
            $"""
            [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5]
            [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009]
            1772366400.1 0 12 line {line.Id} 10
            10 0.5 False ["samx", -5, 5]
            Beamtime a line quartz Advanced Photon Source 2-bm ok µ
            True None
            """,
            await RecordingBench.PythonAsync(
                """
                import sys, h5py
                f = h5py.File(sys.argv[1], 'r'); e = f['entry']; m = e['collection/metadata/bec']
                s = lambda d: d[()].decode()
                v = e['collection/devices/samx/samx/value']
                print(v[()].tolist())
                print(e['data/bpm4i'][()].tolist())
                print(e['collection/devices/samx/samx/timestamp'][1], e['collection/points'].attrs['gaps'], m['scan_number'][()],
                      s(m['scan_name']), s(e['entry_identifier_uuid']), m['num_monitored_readouts'][()])
                print(m['scan_parameters/steps'][()], m['scan_parameters/exposure'][()], m['scan_parameters/relative'][()], s(m['request_inputs/arg_bundle']))
                print(s(e['program_name']), s(e['title']), s(e['sample/name']), s(e['instrument/source/name']), s(e['instrument/name']),
                      s(e['collection/devices/samy/samy_state/value']))
                print(e.attrs['start_time'] == s(e['start_time']), v.chunks)
                """,
                bench["S00012_master.h5"]));
    }

    [Fact]
    public async Task Viewers_find_the_default_plot_and_h5dump_reads_every_byte()
    {
        await using var bench = new RecordingBench();
        await bench.RecordAsync(bench.Line(), 10);
        Assert.Equal(
            "bpm4i ['samx'] 10 True",
            await RecordingBench.PythonAsync(
                """
                import sys, silx.io
                from silx.io import nxdata
                f = silx.io.open(sys.argv[1])
                d = nxdata.get_default(f)
                print(d.signal_name, list(d.axes_dataset_names), d.signal.shape[0], d.is_curve if hasattr(d, 'is_curve') else d.signal_is_1d)
                """,
                bench["S00012_master.h5"]));
        Assert.Contains(
            "program_name",
            await Python.RunProgramAsync("h5dump", [bench["S00012_master.h5"]], TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_aborted_scan_says_so_and_counts_its_gaps()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        await bench.PublishAsync(
            line.Opened(),
            line.Point(0),
            line.Point(1, new Reading(Value.Of(1.0), RecordedLine.Start), new Reading(Value.Of(1.0), RecordedLine.Start), default),
            line.Closed(3, ScanEnd.Aborted, new Reason("scan.aborted", "Aborted by request.", "None.")));
        var closed = (await bench.NextAsync<RecordingDone>()).Closed;

        Assert.Equal((ScanEnd.Aborted, 3L), (closed.End, closed.Points));
        Assert.Equal(
            "aborted ['scan.aborted: Aborted by request.'] 3 aborted [[1, 1], [1, 0], [0, 0]]",
            await RecordingBench.PythonAsync(
                """
                import sys, h5py
                e = h5py.File(sys.argv[1], 'r')['entry']; p = e['collection/points']
                print(e.attrs['end_status'], list(e.attrs['reasons']), p.attrs['gaps'], e['collection/metadata/bec/status'][()].decode(), p['present'][()].tolist())
                """,
                bench["S00012_master.h5"]));
    }

    [Fact]
    public async Task Scans_at_the_same_time_each_get_their_own_file()
    {
        await using var bench = new RecordingBench();
        RecordedLine[] lines = [bench.Line(1), bench.Line(2), bench.Line(3)];
        foreach (var line in lines)
        {
            await bench.PublishAsync(line.Opened());
        }

        for (var i = 0; i < 100; i++)
        {
            foreach (var line in lines)
            {
                await bench.PublishAsync(line.Point(i));
            }
        }

        foreach (var line in lines)
        {
            await bench.PublishAsync(line.Closed(100));
            Assert.Equal(100, (await bench.NextAsync<RecordingDone>()).Closed.Points);
        }

        Assert.Equal([1, 2, 3], bench.Registered.Select(c => c.Number));
    }

    [Fact]
    public async Task Repeated_documents_change_nothing_and_a_hole_becomes_a_gap()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        var opened = line.Opened();
        await bench.PublishAsync(
            opened, line.Point(0), opened, line.Point(0), line.Point(1), line.Point(1), line.Point(4), line.Closed(5), line.Closed(5));
        await bench.NextAsync<RecordingDone>();

        Assert.Equal(
            "[0, 1, 2, 3, 4] [1000, 1001, 9223372036854775807, 9223372036854775807, 1004]",
            await RecordingBench.PythonAsync(
                """
                import sys, h5py
                c = h5py.File(sys.argv[1], 'r')['entry/collection']
                print(c['points/id'][()].tolist(), c['devices/bpm4i/bpm4i/value'][()].tolist())
                """,
                bench["S00012_master.h5"]));
        Assert.Single(bench.Registered);
    }

    [Fact]
    public async Task States_of_the_beamline_stand_beside_the_points()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        var shutter = new BeamlineStateChange("shutter", "the shutter is open", "valid", RecordedLine.At(0));
        var current = new BeamlineStateChange("current", new string('x', 600), "valid", RecordedLine.At(0));
        await bench.States.PublishAsync(new BeamlineStateList([shutter, current]), TestContext.Current.CancellationToken);
        await bench.PublishAsync(line.Opened(), line.Point(0));
        await bench.FlushAsync();
        var closed = shutter with { Label = "closed", Status = "invalid", At = RecordedLine.At(5) };
        await bench.States.PublishAsync(new BeamlineStateList([closed, current]), TestContext.Current.CancellationToken);
        await bench.PublishAsync(line.Point(1));
        await bench.FlushAsync();
        await bench.PublishAsync(line.Closed(2));
        await bench.NextAsync<RecordingDone>();

        Assert.Equal(
            """
            ['current', 'shutter'] ('label', 'status', 'timestamp')
            [(b'the shutter is open', b'valid', 1772366400.0), (b'closed', b'invalid', 1772366400.5)]
            """,
            await RecordingBench.PythonAsync(
                """
                import sys, h5py
                s = h5py.File(sys.argv[1], 'r')['/entry/collection/states']
                print(sorted(s), s['shutter'].dtype.names)
                print(s['shutter'][()].tolist())
                """,
                bench["S00012_master.h5"]),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public async Task A_section_is_written_before_the_file_has_its_name()
    {
        var section = new Mark();
        await using var bench = new RecordingBench([section]);
        var closed = await bench.RecordAsync(bench.Line(), 10);

        Assert.Equal(["mark"], closed.Sections);
        Assert.Equal("S00012_master.h5.tmp", Path.GetFileName(section.Path));
        Assert.Equal(("line", 10L), (section.Scan!.Name, section.Scan.Points));
        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.Equal(42, file.OpenDataset("/mark").ReadScalar<int>());
    }

    [Fact]
    public async Task A_section_that_fails_costs_only_itself()
    {
        await using var bench = new RecordingBench([new Mark(), new Broken()]);
        var closed = await bench.RecordAsync(bench.Line(), 10);

        Assert.Equal(["mark"], closed.Sections);
        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.Equal(42, file.OpenDataset("/mark").ReadScalar<int>());
        Assert.False(file.Exists("/half"));
        Assert.Contains("recording.section.failed", Assert.Single(file.OpenGroup("/entry").Attributes.ReadStrings("reasons")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_frame_file_is_told_and_not_linked()
    {
        await using var bench = new RecordingBench();
        var line = new RecordedLine
        {
            Folder = bench.Folder,
            Frames = new Dictionary<string, FrameFile> { ["eiger"] = new("S00012_eiger.h5", "/entry/data", null, [2, 2], "uint16") },
        };
        var closed = await bench.RecordAsync(line, 10);

        Assert.Single(closed.Files);
        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.False(file.HasLink("/entry/collection/file_references/eiger"));
        Assert.Contains("recording.frames.missing", Assert.Single(file.OpenGroup("/entry").Attributes.ReadStrings("reasons")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_million_points_are_kept_in_bounded_memory()
    {
        await using var bench = new RecordingBench(capacity: 16384);
        var line = bench.Line(planned: 1_000_000);
        await bench.PublishAsync(line.Opened());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var point = line.Point(0);
        for (var i = 0; i < 1_000_000; i++)
        {
            await bench.PublishAsync(new Control.Points.Point { Scan = line.Id, Id = i, Row = point.Row, At = point.At });
        }

        await bench.PublishAsync(line.Closed(1_000_000));
        var closed = (await bench.NextAsync<RecordingDone>()).Closed;
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.Equal(1_000_000, closed.Points);
        Assert.InRange(grown, long.MinValue, 32L << 20);
        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.Equal(999_999, file.OpenDataset("/entry/collection/points/id").Read<long>()[^1]);
    }

    internal static void WriteFrames(string path, int frames)
    {
        using var file = H5File.Create(path, H5FileOptions.Swmr);
        using var set = file.CreateExtendable<ushort>("/entry/data", [2, 2]);
        set.Append<ushort>(new ushort[frames * 4]);
    }

    private sealed class Mark : FileSection
    {
        public override string Name => "mark";

        public string? Path { get; private set; }

        public RecordedScan? Scan { get; private set; }

        public override bool AppliesTo(RecordedScan scan) => scan.Name == "line";

        public override void Write(string path, RecordedScan scan)
        {
            (Path, Scan) = (path, scan);
            using var file = H5File.Open(path, H5FileAccess.ReadWrite);
            file.CreateScalar("/mark", 42).Dispose();
        }
    }

    private sealed class Broken : FileSection
    {
        public override string Name => "broken";

        public override bool AppliesTo(RecordedScan scan) => true;

        public override void Write(string path, RecordedScan scan)
        {
            using var file = H5File.Open(path, H5FileAccess.ReadWrite);
            file.CreateScalar("/half", 1).Dispose();
            throw new InvalidOperationException("no darks");
        }
    }
}
