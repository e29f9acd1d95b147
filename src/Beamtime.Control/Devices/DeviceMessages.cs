using System.Text.Json.Serialization;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>What one operation does.</summary>
internal enum OperationKind : byte
{
    /// <summary>Set a signal and wait until it is there.</summary>
    Set,

    /// <summary>The phase takes at least this long, s; stands first in its phase.</summary>
    Wait,

    /// <summary>Acquire once.</summary>
    Trigger,

    /// <summary>Read hinted and normal signals.</summary>
    Read,

    /// <summary>Read configuration signals.</summary>
    ReadConfiguration,

    /// <summary>Make ready for a scan.</summary>
    Stage,

    /// <summary>The last call before the first point.</summary>
    PreScan,

    /// <summary>Finish what the scan began.</summary>
    Complete,

    /// <summary>Release after a scan.</summary>
    Unstage,

    /// <summary>Publish the instruction's own readings as its point.</summary>
    Publish,

    /// <summary>Begin a flight.</summary>
    Kickoff,

    /// <summary>Make points of what flyers have given; the readings to read with it follow in the same phase.</summary>
    Collect,

    /// <summary>Hold what is under way.</summary>
    Hold,

    /// <summary>Go on with what was held.</summary>
    Resume,

    /// <summary>Call a method of the device.</summary>
    Call,
}

/// <summary>One operation on one device. Operations of one phase run in parallel, phases one after the other.</summary>
/// <param name="Phase">Ascending within an instruction.</param>
/// <param name="Kind">What to do.</param>
/// <param name="Device">The device's name; empty for <see cref="OperationKind.Wait"/>.</param>
/// <param name="Signal">The signal to set, null for the device's hinted one; or the method to call.</param>
/// <param name="Value">The target, or the seconds to wait.</param>
internal readonly record struct Operation(
    int Phase, OperationKind Kind, string Device, string? Signal = null, Value Value = default);

/// <summary>
/// A list of operations for a device server: a whole point can be one instruction. Readings with a point go to the
/// readings topic; readings without one come back in the answer.
/// </summary>
internal sealed class Instruction
{
    /// <summary>The owner's epoch; a device server refuses one lower than the highest it has seen. 0 reads only.</summary>
    public required long OwnerEpoch { get; init; }

    /// <summary>Its id among those of its owner, rising; asked again with it, it is carried out once. Null for none.</summary>
    public long? Id { get; init; }

    /// <summary>The device server that it is for; another one refuses it. Null for whichever there is.</summary>
    public Guid? Server { get; init; }

    /// <summary>Operations, phases ascending.</summary>
    public required Operation[] Operations { get; init; }

    /// <summary>The scan it belongs to.</summary>
    public Guid? Scan { get; init; }

    /// <summary>The point that its readings belong to, from 0; -1 for none.</summary>
    public int Point { get; init; } = -1;

    /// <summary>Readings that the scan itself gives for the point, put behind those of devices.</summary>
    public Reading[] Own { get; init; } = [];

    /// <summary>True when readings without a point may be missing in the answer instead of failing it.</summary>
    public bool AllowsGaps { get; init; }

    /// <summary>Set for staging.</summary>
    public ScanSetup? Setup { get; init; }

    /// <summary>Arguments of the method that is called; such an instruction has that one operation.</summary>
    public Value[]? Arguments { get; init; }

    /// <summary>Longest exposure of a trigger, s; added to the deadline of triggers.</summary>
    public double ExposureSeconds { get; init; }

    /// <summary>Set for kicking off flyers.</summary>
    public Sdk.Scans.Flight? Flight { get; init; }

    /// <summary>The scan's point that is the flight's first; for flights.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FirstPoint { get; init; }

    /// <summary>True to end the flight with gaps in place of what has not come.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool EndsFlight { get; init; }
}

/// <summary>The answer to an instruction that was carried out.</summary>
/// <param name="Rows">Readings of read operations without a point, by device; of a call what it gave.</param>
/// <param name="Files">Files that staged devices will write, by device.</param>
internal sealed record InstructionDone(
    IReadOnlyDictionary<string, Reading[]> Rows,
    IReadOnlyDictionary<string, IReadOnlyList<FrameFile>> Files)
{
    /// <summary>Files of asynchronous data that were begun for staged devices, by device; null for none.</summary>
    public IReadOnlyDictionary<string, AsynchronousFile>? Asynchronous { get; init; }

    /// <summary>How far the flight is; null where none was asked for.</summary>
    public Flown? Flown { get; init; }

    /// <summary>The answer with nothing to tell.</summary>
    public static readonly InstructionDone Nothing = new(
        new Dictionary<string, Reading[]>(), new Dictionary<string, IReadOnlyList<FrameFile>>());
}

/// <summary>How far a flight is.</summary>
/// <param name="Points">Points published so far; once it is over, all of them, gaps included.</param>
/// <param name="IsLeaderOver">True once the leader has ended.</param>
/// <param name="IsOver">True once all its points are published.</param>
/// <param name="Gaps">What is missing, once it is over; a few of many.</param>
internal sealed record Flown(int Points, bool IsLeaderOver, bool IsOver, IReadOnlyList<Reason> Gaps);

/// <summary>What a device server read for a point.</summary>
internal sealed class PointReadings
{
    /// <summary>The scan.</summary>
    public required Guid Scan { get; init; }

    /// <summary>The point, from 0.</summary>
    public required int Point { get; init; }

    /// <summary>Readings of the devices in the order of the read operations, then the scan's own; gaps are missing values.</summary>
    public required Reading[] Row { get; init; }

    /// <summary>When the row was complete, UTC.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Why readings are missing, if any are.</summary>
    public IReadOnlyList<Reason> Gaps { get; init; } = [];
}
