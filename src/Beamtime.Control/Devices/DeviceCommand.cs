using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>One command in a device's mailbox; its task is the acknowledgement.</summary>
internal sealed class DeviceCommand(ConfiguredDevice device, OperationKind kind, Memory<Reading> row)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IExpiring
{
    /// <summary>The device.</summary>
    public ConfiguredDevice Device => device;

    /// <summary>What to do.</summary>
    public OperationKind Kind => kind;

    /// <summary>Signal to set.</summary>
    public Signal? Signal { get; init; }

    /// <summary>Target to set.</summary>
    public Value Value { get; init; }

    /// <summary>Takes the readings.</summary>
    public Memory<Reading> Row { get; private set; } = row;

    /// <summary>The method to call.</summary>
    public DeviceMethod? Method { get; init; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<Value> Arguments { get; init; } = [];

    /// <summary>The scan to stage for.</summary>
    public ScanSetup? Setup { get; init; }

    /// <summary>The flight to begin.</summary>
    public Sdk.Scans.Flight? Flight { get; init; }

    /// <summary>Takes what a flyer gives; waits while it has as much as it may have.</summary>
    public Func<FlownReadings, CancellationToken, ValueTask>? Take { get; init; }

    /// <summary>How long it may take from when it is started.</summary>
    public required TimeSpan Allowed { get; init; }

    /// <summary>How often the device had been stopped when this was posted; it is void once that is more.</summary>
    public int StopCount { get; set; }

    /// <summary>Files that staging answered with.</summary>
    public IReadOnlyList<FrameFile> Files { get; set; } = [];

    /// <summary>Begins and ends files of asynchronous data, for staging and releasing.</summary>
    public AsynchronousRecorder? Asynchronous { get; init; }

    /// <summary>The file of asynchronous data that staging began.</summary>
    public AsynchronousFile? AsynchronousFile { get; set; }

    /// <summary>Puts missing readings in place of those that failed; a late driver writes into the row it was given.</summary>
    public void LeaveGap()
    {
        Row = new Reading[Row.Length];
        HasGap = true;
    }

    /// <summary>Puts other readings in place of those that failed.</summary>
    /// <param name="row">The readings.</param>
    public void Replace(Memory<Reading> row) => Row = row;

    /// <summary>True when the readings are missing.</summary>
    public bool HasGap { get; private set; }

    /// <inheritdoc/>
    public DeadlineEntry Deadline { get; } = new();

    /// <inheritdoc/>
    public void Expire(TimeSpan deadline)
    {
        if (TrySetException(DeviceErrors.Deadline.Fault(
            $"{device.Name}: {kind.ToString().ToLowerInvariant()} was not complete after {deadline.TotalSeconds:0.###} s.")))
        {
            DeviceMetrics.CountFailure(device.Name, DeviceErrors.Deadline.Code);
            device.Mailbox.CancelUnderWay();
        }
    }
}
