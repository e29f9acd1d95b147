using System.Net.ServerSentEvents;
using Beamtime.Control.Devices;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Points;

public sealed class PointBundlerTests : IAsyncDisposable
{
    private static readonly Guid First = Guid.Parse("00000000-0000-7000-8000-000000000001");
    private static readonly Guid Second = Guid.Parse("00000000-0000-7000-8000-000000000002");
    private readonly FakeClock _clock = new();
    private readonly PointOptions _options = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TopicSignal _signal = new();
    private readonly LateTopic<ScanDocument> _scans;
    private readonly Topic<PointReadings> _readings;
    private readonly PointTopics _topics;
    private readonly DeviceTopics _devices;
    private readonly LocalTopic<ScanDocument> _points;
    private readonly Subscription<ScanDocument> _out;
    private readonly PointBundler _bundler;
    private readonly Task _running;

    public PointBundlerTests()
    {
        _scans = new LateTopic<ScanDocument>(new LocalTopic<ScanDocument>("2-bm.scans", 64, ["bundler"], _clock));
        _readings = new LocalTopic<PointReadings>("2-bm.readings", 64, ["bundler"], _clock);
        _topics = new PointTopics(new LocalTopics(_clock, isEncoding: true), "2-bm");
        _points = (LocalTopic<ScanDocument>)_topics.Points;
        _out = _points.Subscribe("file-writer", _signal);
        _devices = new DeviceTopics(new LocalTopics(_clock, isEncoding: true), "2-bm");
        _bundler = new PointBundler(
            _scans, _readings, _topics, _devices, _options, _clock, NullLogger<PointBundler>.Instance);
        _running = _bundler.RunAsync(_stop.Token);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _out.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task Points_come_in_order_and_early_ones_are_held()
    {
        await OpenAsync(First);
        await ReadAsync(First, 2, 0, 1);
        await CloseAsync(First, 3);
        Assert.Equal(["opened 1", "1:0", "1:1", "1:2", "closed 1 after 3"], await NextAsync(5));
    }

    [Fact]
    public async Task Readings_that_arrive_before_the_opening_of_their_scan_are_none_the_less_its_points()
    {
        _scans.IsLate = true;
        await OpenAsync(First);
        await ReadAsync(First, 0, 1);
        // Taken by the bundler, which now waits for what was published before.
        await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        _scans.IsLate = false;
        await CloseAsync(First, 2);
        Assert.Equal(["opened 1", "1:0", "1:1", "closed 1 after 2"], await NextAsync(4));
    }

    [Fact]
    public async Task Readings_that_were_held_back_are_acknowledged_when_the_gap_before_them_is_given_up()
    {
        await OpenAsync(First);
        // As many as the topic keeps: whoever publishes waits until one of them is acknowledged.
        await ReadAsync(First, [.. Enumerable.Range(1, 64)]);
        var next = ReadAsync(First, 65);
        for (var looks = 0; looks < 2000 && !next.IsCompleted; looks++)
        {
            _clock.Advance(_options.Deadline);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
        }

        await next.Soon();
        Assert.Equal("1:0 gap", (await NextAsync(2))[1]);
    }

    [Fact]
    public async Task A_viewer_who_joins_during_a_scan_is_told_its_opening_first_and_once()
    {
        await OpenAsync(First);
        await ReadAsync(First, 0);
        Assert.Equal(["opened 1", "1:0"], await NextAsync(2));

        await using var viewer = PointApi.EventsAsync(
            _topics, _devices.Progress, TimeProvider.System, Cancel).GetAsyncEnumerator(Cancel);
        Assert.Equal(0, (await ToldAsync(viewer)).Scan);
        var opening = await ToldAsync(viewer);
        Assert.Equal((1, true), (opening.Scan, opening.Columns is not null));
        await ReadAsync(First, 1);
        await CloseAsync(First, 2);
        Assert.Equal(1, (await ToldAsync(viewer)).Point);
        Assert.NotNull((await ToldAsync(viewer)).End);
        Assert.Empty((await _topics.Open.LastAsync(Cancel))!.Message.Scans);
    }

    [Fact]
    public async Task A_viewer_is_told_how_far_the_devices_of_a_running_scan_are_and_of_no_others()
    {
        await OpenAsync(First);
        Assert.Equal(["opened 1"], await NextAsync(1));
        await using var viewer = PointApi.EventsAsync(
            _topics, _devices.Progress, TimeProvider.System, Cancel).GetAsyncEnumerator(Cancel);
        await ToldAsync(viewer);
        await ToldAsync(viewer);

        await _devices.Progress.PublishAsync(new DeviceProgressed("elsewhere", 1, 2, false), Cancel);
        await _devices.Progress.PublishAsync(new DeviceProgressed("samx", 3, 10, false), Cancel);
        Assert.Equal((1, new LiveProgress("samx", 3, 10, false)), await ProgressAsync());

        await CloseAsync(First, 0);
        Assert.NotNull((await ToldAsync(viewer)).End);
        await OpenAsync(Second);
        Assert.NotNull((await ToldAsync(viewer)).Columns);
        await _devices.Progress.PublishAsync(new DeviceProgressed("samx", 1, 1, true), Cancel);
        Assert.Equal((2, new LiveProgress("samx", 1, 1, true)), await ProgressAsync());

        async Task<(int, LiveProgress?)> ProgressAsync() => await ToldAsync(viewer) is var told ? (told.Scan, told.Progress) : default;
    }

    private static async Task<LiveEvent> ToldAsync(IAsyncEnumerator<SseItem<LiveEvent>> viewer)
    {
        Assert.True(await viewer.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        return viewer.Current.Data;
    }

    [Fact]
    public async Task A_point_that_does_not_come_is_a_gap_after_the_deadline()
    {
        await OpenAsync(First);
        await ReadAsync(First, 0, 3);
        Assert.Equal(["opened 1", "1:0"], await NextAsync(2));
        _clock.Advance(_options.Deadline - _options.Tick);
        await ReadAsync(First, 4);
        Assert.Equal(2, _points.NextOffset);
        _clock.Advance(_options.Tick * 2);
        Assert.Equal(["1:1 gap", "1:2 gap", "1:3", "1:4"], await NextAsync(4));
    }

    [Fact]
    public async Task Points_missing_at_the_end_are_gaps_before_the_end()
    {
        await OpenAsync(First);
        await ReadAsync(First, 0);
        await CloseAsync(First, 3);
        Assert.Equal(["opened 1", "1:0"], await NextAsync(2));
        await AdvanceAsync();
        Assert.Equal(["1:1 gap", "1:2 gap", "closed 1 after 3"], await NextAsync(3));
    }

    [Fact]
    public async Task A_repeated_reading_is_dropped()
    {
        await OpenAsync(First);
        await ReadAsync(First, 0, 0, 2, 2, 0, 1);
        await CloseAsync(First, 3);
        Assert.Equal(["opened 1", "1:0", "1:1", "1:2", "closed 1 after 3"], await NextAsync(5));
    }

    [Fact]
    public async Task Nothing_comes_behind_the_end()
    {
        await OpenAsync(First);
        await ReadAsync(First, 0);
        await CloseAsync(First, 2);
        Assert.Equal(["opened 1", "1:0"], await NextAsync(2));
        await ReadAsync(First, 2, 5, 1);
        Assert.Equal(["1:1", "closed 1 after 2"], await NextAsync(2));
        await OpenAsync(Second);
        Assert.Equal(["opened 2"], await NextAsync(1));
    }

    [Fact]
    public async Task An_end_counts_the_points_that_were_read_while_the_scan_was_being_ended()
    {
        await OpenAsync(First);
        await ReadAsync(First, 0, 1);
        Assert.Equal(["opened 1", "1:0", "1:1"], await NextAsync(3));
        await CloseAsync(First, 1);
        Assert.Equal(["closed 1 after 2"], await NextAsync(1));
    }

    [Fact]
    public async Task Scans_that_run_together_keep_apart()
    {
        await OpenAsync(First);
        await OpenAsync(Second);
        await ReadAsync(First, 0);
        await ReadAsync(Second, 1, 0);
        await CloseAsync(Second, 2);
        await ReadAsync(First, 1);
        await CloseAsync(First, 2);
        Assert.Equal(
            ["1:0", "1:1", "2:0", "2:1", "closed 1 after 2", "closed 2 after 2", "opened 1", "opened 2"],
            (await NextAsync(8)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_scan_without_points_is_opened_and_closed()
    {
        await OpenAsync(First);
        await CloseAsync(First, 0);
        Assert.Equal(["opened 1", "closed 1 after 0"], await NextAsync(2));
    }

    [Fact]
    public async Task Many_scans_in_haste_lose_no_first_point()
    {
        for (var i = 0; i < 500; i++)
        {
            var scan = Guid.CreateVersion7(_clock.GetUtcNow());
            await OpenAsync(scan, i);
            await ReadAsync(scan, 0);
            await CloseAsync(scan, 1);
            Assert.Equal(["opened " + i, $"{i}:0", $"closed {i} after 1"], await NextAsync(3, scan, i));
        }
    }

    private ValueTask OpenAsync(Guid scan, int? number = null) => _scans.PublishAsync(
        new ScanOpened
        {
            Scan = scan,
            Number = number ?? NumberOf(scan),
            Beamline = "2-bm",
            ScanName = "line",
            Folder = "",
            FilePrefix = "",
            StartedAt = _clock.GetUtcNow(),
            PlannedPoints = 3,
            Columns = [new DeviceColumns("samx", [new Signal { Name = "samx" }], 0)],
            Baseline = [],
            Configuration = [],
            Frames = new Dictionary<string, FrameFile>(),
            Motors = ["samx"],
            ReadoutGroups = new Dictionary<string, IReadOnlyList<string>>(),
            Parameters = new Dictionary<string, string>(),
            UserMetadata = new Dictionary<string, string>(),
            Who = "",
        },
        Cancel);

    private async Task ReadAsync(Guid scan, params int[] points)
    {
        foreach (var point in points)
        {
            await _readings.PublishAsync(
                new PointReadings
                {
                    Scan = scan, Point = point, Row = [new Reading(Value.Of(point), _clock.GetUtcNow())], At = _clock.GetUtcNow(),
                },
                Cancel);
        }
    }

    private ValueTask CloseAsync(Guid scan, int points) => _scans.PublishAsync(
        new ScanClosed { Scan = scan, End = ScanEnd.Completed, Points = points, Reasons = [], At = _clock.GetUtcNow() }, Cancel);

    // The bundler takes what was published before it sees the clock: wait until it has read everything.
    private async Task AdvanceAsync()
    {
        var before = _points.NextOffset;
        var start = TimeProvider.System.GetTimestamp();
        while (_points.NextOffset == before)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "Nothing comes.");
            _clock.Advance(_options.Deadline);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }

    private async Task<IReadOnlyList<string>> NextAsync(int count, Guid? scan = null, int number = 0)
    {
        List<string> told = [];
        var one = new ScanDocument[1];
        while (told.Count < count)
        {
            if (_out.Read(one) == 0)
            {
                await _signal.WaitAsync(Cancel).AsTask().Soon();
                continue;
            }

            _out.AcknowledgeRead();
            var of = scan == one[0].Scan ? number : NumberOf(one[0].Scan);
            told.Add(one[0] switch
            {
                ScanOpened => $"opened {of}",
                Point point => $"{of}:{point.Id}{(point.Row[0].Value.IsMissing ? " gap" : "")}",
                ScanClosed closed => $"closed {of} after {closed.Points}",
                _ => "?",
            });
        }

        return told;
    }

    private static int NumberOf(Guid scan) => scan == First ? 1 : scan == Second ? 2 : 0;
}
