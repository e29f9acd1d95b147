using System.Text.Json.Serialization;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Scans.Groups;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Scans;

/// <summary>What the documents of a scan have in common: opened, points, closed, in this order.</summary>
internal abstract record ScanDocument
{
    /// <summary>The scan.</summary>
    public required Guid Scan { get; init; }
}

/// <summary>The signals of one device that are read at each point, and where they stand in a point's row.</summary>
/// <param name="Device">The device's name, or the scan's own name for signals that the scan gives.</param>
/// <param name="Signals">Its signals in order.</param>
/// <param name="Offset">Index of the first of them in a point's row.</param>
internal sealed record DeviceColumns(string Device, IReadOnlyList<Signal> Signals, int Offset);

/// <summary>Readings of one device taken once per scan.</summary>
/// <param name="Device">The device's name.</param>
/// <param name="Signals">The signals read.</param>
/// <param name="Readings">Their readings in the same order; missing where the device did not answer.</param>
internal sealed record DeviceReadings(string Device, IReadOnlyList<Signal> Signals, IReadOnlyList<Reading> Readings);

/// <summary>A scan is staged and will take its first point: everything about it that is known beforehand.</summary>
internal sealed record ScanOpened : ScanDocument
{
    /// <summary>The scan's span, as W3C's <c>traceparent</c>; null while no traces are gathered.</summary>
    public string? Trace { get; init; }

    /// <summary>Its number at its beamline, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The beamline.</summary>
    public required string Beamline { get; init; }

    /// <summary>The scan's name: <c>line</c>.</summary>
    public required string ScanName { get; init; }

    /// <summary>Folder of its files, absolute; exists.</summary>
    public required string Folder { get; init; }

    /// <summary>How its files begin: <c>S01234</c>.</summary>
    public required string FilePrefix { get; init; }

    /// <summary>What its master file's name ends with; null for nothing.</summary>
    public string? FileSuffix { get; init; }

    /// <summary>The account that its experiment runs on; null for none.</summary>
    public string? Account { get; init; }

    /// <summary>Its dataset number; null where none was given.</summary>
    public int? Dataset { get; init; }

    /// <summary>The group that it belongs to; null for none.</summary>
    public ScanGroup? Group { get; init; }

    /// <summary>When it started, UTC.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Points planned; 0 when unknown.</summary>
    public required int PlannedPoints { get; init; }

    /// <summary>The first point that comes after this; above 0 where a scan goes on that was opened before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FirstPoint { get; init; }

    /// <summary>What a point's row is made of.</summary>
    public required IReadOnlyList<DeviceColumns> Columns { get; init; }

    /// <summary>Readings of the baseline devices.</summary>
    public required IReadOnlyList<DeviceReadings> Baseline { get; init; }

    /// <summary>Configuration readings of all devices.</summary>
    public required IReadOnlyList<DeviceReadings> Configuration { get; init; }

    /// <summary>Files that devices write, by device.</summary>
    public required IReadOnlyDictionary<string, FrameFile> Frames { get; init; }

    /// <summary>Files of asynchronous data, by device; null for none.</summary>
    public IReadOnlyDictionary<string, AsynchronousFile>? Asynchronous { get; init; }

    /// <summary>The devices that the scan moves, in the order of its axes.</summary>
    public required IReadOnlyList<string> Motors { get; init; }

    /// <summary>Device names by readout priority: baseline, monitored, async.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> ReadoutGroups { get; init; }

    /// <summary>The scan's arguments as they were used: named parameters, and <c>args</c> for the positional ones.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary>What the user wants to keep with the scan; <c>sample_name</c> and <c>title</c> have their places in the file.</summary>
    public required IReadOnlyDictionary<string, string> UserMetadata { get; init; }

    /// <summary>Id of the person who asked for it.</summary>
    public required string Who { get; init; }

    /// <summary>That person's name, as files state it; null where nobody knows it.</summary>
    public string? UserName { get; init; }

    /// <summary>The queue that it came from.</summary>
    public string? Queue { get; init; }

    /// <summary>Exposure of one frame, s.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double ExposureSeconds { get; init; }

    /// <summary>Frames that one trigger acquires; null in messages of before it was told, for one.</summary>
    public int? FramesPerTrigger { get; init; }

    /// <summary>Pause between motion and trigger, s.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double SettlingSeconds { get; init; }

    /// <summary>
    /// Planned positions, all axes of a point one behind the other; null for trajectories of more than
    /// <see cref="MostPositions"/> numbers, which only their readings tell.
    /// </summary>
    public double[]? Positions { get; init; }

    /// <summary>Numbers of a trajectory that are told with the scan.</summary>
    public const int MostPositions = 20_000;

    /// <summary>A trajectory as it is told.</summary>
    /// <param name="positions">A row a point.</param>
    /// <param name="axes">Numbers of a row.</param>
    public static double[]? Flatten(IReadOnlyList<double[]> positions, int axes)
    {
        if ((long)positions.Count * axes > MostPositions || positions.Any(row => row.Length != axes))
        {
            return null;
        }

        var flat = new double[positions.Count * axes];
        for (var i = 0; i < positions.Count; i++)
        {
            positions[i].CopyTo(flat, i * axes);
        }

        return flat;
    }
}

/// <summary>A scan takes no more points.</summary>
internal sealed record ScanClosed : ScanDocument
{
    /// <summary>How it ended.</summary>
    public required ScanEnd End { get; init; }

    /// <summary>Points that were begun; the last ones may be gaps. Fewer than came means: as many as came.</summary>
    public required int Points { get; init; }

    /// <summary>Why it ended early; for a completed one, what failed while its devices were released.</summary>
    public required IReadOnlyList<Reason> Reasons { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The same end after more points: those that were read while the scan was being ended.</summary>
    /// <param name="points">How many.</param>
    public ScanClosed WithPoints(int points) =>
        new() { Scan = Scan, End = End, Points = points, Reasons = Reasons, At = At };
}
