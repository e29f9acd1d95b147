using Beamtime.Control.Devices;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Points;

/// <summary>Devices that only stamp their readings, in points.</summary>
public sealed class StampedSignalTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Signal Pressure = new() { Name = "pressure", Kind = SignalKind.Hinted, Unit = "mbar" };

    [Theory]
    [InlineData(StampChoice.Nearest, 1.4, 10.0)]
    [InlineData(StampChoice.Nearest, 1.6, 20.0)]
    [InlineData(StampChoice.Interpolated, 1.25, 12.5)]
    [InlineData(StampChoice.Last, 1.9, 10.0)]
    [InlineData(StampChoice.Nearest, 2.4, 20.0)]
    [InlineData(StampChoice.Nearest, 2.6, null)]
    [InlineData(StampChoice.Last, 0.9, null)]
    [InlineData(StampChoice.Interpolated, 0.7, 10.0)]
    public void A_point_gets_the_reading_that_was_chosen_within_its_tolerance(object choice, double at, double? expected)
    {
        var tolerance = (StampChoice)choice == StampChoice.Nearest ? 0.5 : 1;
        var signal = new StampedSignal(Pressure, new StampOption { Choice = (StampChoice)choice, ToleranceSeconds = tolerance });
        // In any order.
        signal.Take(new Reading(Value.Of(20.0), Start.AddSeconds(2)));
        signal.Take(new Reading(Value.Of(10.0), Start.AddSeconds(1)));
        var reading = signal.At(Start.AddSeconds(at));
        Assert.Equal(expected, reading.Value.IsMissing ? null : reading.Value.AsDouble());
    }

    [Fact]
    public async Task A_point_waits_for_its_stamped_readings_and_becomes_a_gap_after_the_deadline()
    {
        var cancel = TestContext.Current.CancellationToken;
        var clock = new FakeClock();
        var hub = new LocalTopics(clock, isEncoding: true);
        var devices = new DeviceTopics(hub, "2-bm");
        var topics = new PointTopics(hub, "2-bm");
        var scans = new LocalTopic<ScanDocument>("2-bm.scans", 64, ["bundler"], clock);
        var readings = new LocalTopic<PointReadings>("2-bm.readings", 64, ["bundler"], clock);
        var signal = new TopicSignal();
        using var output = topics.Points.Subscribe("file-writer", signal);
        await devices.Roster.PublishAsync(
            new DeviceRosterState(
                Guid.CreateVersion7(Start),
                [
                    new DeviceDescription
                    {
                        Name = "pressure", DeviceClass = "Gauge", ReadoutPriority = ReadoutPriority.Continuous, Signals = [Pressure],
                    },
                ]),
            cancel);
        var options = new PointOptions
        {
            Stamped = new Dictionary<string, StampOption>
            {
                ["pressure"] = new() { Choice = StampChoice.Interpolated, ToleranceSeconds = 60 },
            },
        };
        using var bundler = new PointBundler(scans, readings, topics, devices, options, clock, NullLogger<PointBundler>.Instance);
        using var stop = new CancellationTokenSource();
        var running = bundler.RunAsync(stop.Token);
        var id = Guid.CreateVersion7(Start);
        var at = clock.GetUtcNow();
        await scans.PublishAsync(Opened(id, at), cancel);
        var opened = Assert.IsType<ScanOpened>(await NextAsync());
        Assert.Equal(["samx", "pressure"], opened.Columns.Select(c => c.Device));
        Assert.Equal(1, opened.Columns[1].Offset);

        await ReadAsync(0);
        await devices.Changes.PublishAsync(new DeviceChange("pressure", "pressure", new Reading(Value.Of(1.0), at.AddSeconds(-1))), cancel);
        await devices.Changes.PublishAsync(new DeviceChange("pressure", "pressure", new Reading(Value.Of(3.0), at.AddSeconds(1))), cancel);
        var first = Assert.IsType<Point>(await NextAsync());
        Assert.Equal((0, 2.0), (first.Id, first.Row[1].Value.AsDouble()));

        // Further from the last stamp than its tolerance, and none follows: the deadline ends the wait.
        clock.Advance(TimeSpan.FromMinutes(5));
        at = clock.GetUtcNow();
        await ReadAsync(1);
        await scans.PublishAsync(
            new ScanClosed { Scan = id, End = ScanEnd.Completed, Points = 2, Reasons = [], At = at }, cancel);
        var next = NextAsync();
        while (!next.IsCompleted)
        {
            clock.Advance(options.Tick);
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancel);
        }

        var second = Assert.IsType<Point>(await next);
        Assert.Equal((1, true), (second.Id, second.Row[1].Value.IsMissing));
        Assert.Equal(2, Assert.IsType<ScanClosed>(await NextAsync()).Points);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        async Task ReadAsync(int point) => await readings.PublishAsync(
            new PointReadings { Scan = id, Point = point, Row = [new Reading(Value.Of(0.5), at)], At = at }, cancel);

        async Task<ScanDocument> NextAsync()
        {
            var batch = new ScanDocument[1];
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            deadline.CancelAfter(TimeSpan.FromSeconds(30));
            while (output.Read(batch) == 0)
            {
                await signal.WaitAsync(deadline.Token);
            }

            output.AcknowledgeRead();
            return batch[0];
        }
    }

    private static ScanOpened Opened(Guid id, DateTimeOffset at) => new()
    {
        Scan = id,
        Number = 1,
        Beamline = "2-bm",
        ScanName = "line",
        Folder = "",
        FilePrefix = "",
        StartedAt = at,
        PlannedPoints = 2,
        Columns = [new DeviceColumns("samx", [new Signal { Name = "samx" }], 0)],
        Baseline = [],
        Configuration = [],
        Frames = new Dictionary<string, FrameFile>(),
        Motors = ["samx"],
        ReadoutGroups = new Dictionary<string, IReadOnlyList<string>>(),
        Parameters = new Dictionary<string, string>(),
        UserMetadata = new Dictionary<string, string>(),
        Who = "",
    };
}
