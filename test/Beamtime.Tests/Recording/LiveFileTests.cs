using Beamtime.Sdk.Devices;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Recording;

/// <summary>The file of a running scan, read by others while it grows.</summary>
public sealed class LiveFileTests
{
    private const string Follow =
        """
        import sys, h5py
        f = h5py.File(sys.argv[1], 'r', swmr=True)
        v = f['/entry/collection/devices/samx/samx/value']
        for line in sys.stdin:
            for d in (v, f['/entry/collection/points/id']):
                d.refresh()
            print(v.shape[0], v[-1] if v.shape[0] else '-', flush=True)
        """;

    [Fact]
    public async Task A_follower_sees_it_grow_while_the_scan_runs()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        await bench.PublishAsync(line.Opened());
        await bench.FlushAsync();

        using var follower = Python.Start(Follow, [bench["S00012_master.live.h5"]]);
        await follower.StandardInput.WriteLineAsync("?");
        await follower.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("0 -", await follower.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        await bench.PublishAsync(line.Point(0), line.Point(1), line.Point(2));
        await bench.FlushAsync();
        await follower.StandardInput.WriteLineAsync("?");
        await follower.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("3 1.0", await follower.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        follower.StandardInput.Close();
        await Python.FinishAsync(follower, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_idle_scan_is_flushed_by_the_timer()
    {
        await using var bench = new RecordingBench();
        var line = bench.Line();
        await bench.PublishAsync(line.Opened(), line.Point(0));
        await bench.FlushAsync();

        Assert.Equal("1", await RecordingBench.PythonAsync(
            "import sys,h5py; print(h5py.File(sys.argv[1],'r',swmr=True)['/entry/collection/devices/bpm4i/bpm4i/value'].shape[0])",
            bench["S00012_master.live.h5"]));
    }

    [Fact]
    public async Task Text_truth_and_array_signals_come_through_with_their_gaps()
    {
        await using var bench = new RecordingBench();
        var line = new RecordedLine
        {
            Folder = bench.Folder,
            Columns =
            [
                new("samx", [RecordedLine.Motor], 0),
                new("eye", [new Signal { Name = "eye", Type = SignalType.Text }, new Signal { Name = "open", Type = SignalType.Boolean }], 1),
                new("mca", [new Signal { Name = "mca", Type = SignalType.FloatArray, Shape = [2, 2] }], 3),
                new("count", [new Signal { Name = "count", Type = SignalType.Integer }], 4),
            ],
        };
        var at = RecordedLine.Start;
        Reading Of(Value value) => new(value, at);
        await bench.PublishAsync(
            line.Opened(),
            line.Point(0, Of(Value.Of(1.0)), Of(Value.Of("blå")), Of(Value.Of(true)), Of(Value.Of([1.0, 2, 3, 4])), Of(Value.Of(7L))),
            line.Point(1, default, default, default, default, default),
            line.Point(2, Of(Value.Of("no number")), Of(Value.Of(new string('ä', 200))), Of(Value.Of(false)), Of(Value.Of([1.0])), Of(Value.Of(1.5))),
            line.Closed(3));
        await bench.NextAsync<Control.Recording.RecordingDone>();

        Assert.Equal(
            """
            [1.0, nan, nan]
            ['blå', '', 'äää'] 254
            [1, 255, 0]
            [[[1.0, 2.0], [3.0, 4.0]], [[nan, nan], [nan, nan]], [[nan, nan], [nan, nan]]]
            [7, 9223372036854775807, 9223372036854775807]
            [[1, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]]
            ['samx', 'eye', 'mca', 'count'] 7
            """,
            await RecordingBench.PythonAsync(
                """
                import sys, h5py
                f = h5py.File(sys.argv[1], 'r'); d = f['/entry/collection/devices']; p = f['/entry/collection/points']
                t = [x.decode() for x in d['eye/eye/value'][()]]
                print(d['samx/samx/value'][()].tolist())
                print([x[:3] for x in t], len(t[2].encode()))
                print(d['eye/open/value'][()].tolist())
                print(d['mca/mca/value'][()].tolist())
                print(d['count/count/value'][()].tolist())
                print(p['present'][()].tolist())
                print(list(p['present'].attrs['devices']), p.attrs['gaps'])
                """,
                bench["S00012_master.h5"]));
    }
}
