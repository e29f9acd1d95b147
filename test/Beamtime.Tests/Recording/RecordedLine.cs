using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tests.Recording;

/// <summary>The documents of a line scan of one motor and one detector, for tests.</summary>
internal sealed class RecordedLine
{
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly Signal Motor = new() { Name = "samx", Kind = SignalKind.Hinted, Unit = "mm" };

    public static readonly Signal Setpoint = new() { Name = "samx_setpoint", Unit = "mm" };

    public static readonly Signal Counts =
        new() { Name = "bpm4i", Kind = SignalKind.Hinted, Type = SignalType.Integer, Unit = "counts" };

    public Guid Id { get; } = Guid.CreateVersion7(Start.AddMilliseconds(Interlocked.Increment(ref _made)));

    public int Number { get; init; } = 12;

    public required string Folder { get; init; }

    public int Planned { get; init; } = 10;

    public IReadOnlyList<DeviceColumns> Columns { get; init; } =
        [new("samx", [Motor, Setpoint], 0), new("bpm4i", [Counts], 2)];

    public IReadOnlyList<DeviceReadings> Baseline { get; init; } = [Readings("samy", 0.5), Readings("energy", 12.4)];

    public IReadOnlyDictionary<string, FrameFile> Frames { get; init; } = new Dictionary<string, FrameFile>();

    public IReadOnlyDictionary<string, AsynchronousFile>? Asynchronous { get; init; }

    private static int _made;

    public static DeviceReadings Readings(string device, double value) => new(
        device,
        [new Signal { Name = device, Kind = SignalKind.Hinted, Unit = "mm" }, new Signal { Name = $"{device}_state", Type = SignalType.Text }],
        [new Reading(Value.Of(value), Start), new Reading(Value.Of("ok µ"), Start)]);

    public ScanOpened Opened() => new()
    {
        Scan = Id,
        Number = Number,
        Beamline = "2-bm",
        ScanName = "line",
        Folder = Folder,
        FilePrefix = $"S{Number:D5}",
        StartedAt = Start,
        PlannedPoints = Planned,
        Columns = Columns,
        Baseline = Baseline,
        Configuration =
        [
            new("samx", [new Signal { Name = "samx_velocity", Kind = SignalKind.Config, Unit = "mm/s" }],
                [new Reading(Value.Of(100.0), Start)]),
        ],
        Frames = Frames,
        Asynchronous = Asynchronous,
        Motors = ["samx"],
        ReadoutGroups = new Dictionary<string, IReadOnlyList<string>>
        {
            ["baseline"] = [.. Baseline.Select(b => b.Device)],
            ["monitored"] = ["samx", "bpm4i"],
            ["async"] = [.. Asynchronous?.Keys ?? []],
            ["continuous"] = [],
            ["on_request"] = [],
        },
        Parameters = new Dictionary<string, string> { ["args"] = "[\"samx\", -5, 5]", ["steps"] = "10", ["exposure"] = "0.5", ["relative"] = "false" },
        UserMetadata = new Dictionary<string, string> { ["sample_name"] = "quartz", ["title"] = "a line", ["proposal"] = "20260001" },
        Who = "00000000-0000-7000-8000-000000000001",
        UserName = "A. Sato",
        Queue = "primary",
        ExposureSeconds = 0.5,
        Positions = ScanOpened.Flatten([.. Enumerable.Range(0, Planned).Select(i => new[] { i * 0.5 })], axes: 1),
    };

    public Point Point(int id) => Point(
        id,
        new Reading(Value.Of(id * 0.5), At(id)),
        new Reading(Value.Of(id * 0.5), At(id)),
        new Reading(Value.Of(1000L + id), At(id)));

    public Point Point(int id, params Reading[] row) => new() { Scan = Id, Id = id, Row = row, At = At(id) };

    public ScanClosed Closed(int points, ScanEnd end = ScanEnd.Completed, params Reason[] reasons) => new()
    {
        Scan = Id,
        End = end,
        Points = points,
        Reasons = reasons,
        At = At(points),
    };

    public static DateTimeOffset At(int id) => Start.AddMilliseconds(100 * id);
}
