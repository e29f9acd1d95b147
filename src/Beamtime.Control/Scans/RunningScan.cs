using Beamtime.Control.Devices;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>A scan while its code runs: turns what the code asks for into instructions.</summary>
internal sealed class RunningScan : ScanContext
{
    private readonly RequestTopic<Instruction, InstructionDone> _instructions;
    private readonly DeviceOptions _options;
    private readonly TimeProvider _time;
    private readonly long _ownerEpoch;
    private readonly ScanDevices _devices;
    private readonly Operation[] _tail;
    private readonly TimeSpan _pointDeadline;
    private readonly double[] _at;
    private volatile TaskCompletionSource? _pause;
    private int _pointsTaken;

    /// <summary>A scan about to run.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="plan">What it will do.</param>
    /// <param name="devices">The devices that take part.</param>
    /// <param name="ownerEpoch">Epoch of the scan server.</param>
    /// <param name="instructions">The device server's request topic.</param>
    /// <param name="options">Deadlines of devices.</param>
    /// <param name="time">The clock.</param>
    public RunningScan(
        Guid id,
        ScanPlan plan,
        ScanDevices devices,
        long ownerEpoch,
        RequestTopic<Instruction, InstructionDone> instructions,
        DeviceOptions options,
        TimeProvider time)
    {
        Id = id;
        Plan = plan;
        _devices = devices;
        _ownerEpoch = ownerEpoch;
        _instructions = instructions;
        _options = options;
        _time = time;
        _at = new double[plan.Motors.Count];
        Array.Fill(_at, double.NaN);
        _tail = [.. TailOf(plan, devices)];
        _pointDeadline = options.SetDeadline + options.TriggerDeadline + options.ReadDeadline + options.ReadDeadline
            + TimeSpan.FromSeconds((plan.ExposureSeconds * plan.FramesPerTrigger * 2) + plan.SettlingSeconds + 10);
    }

    /// <inheritdoc/>
    public override Guid Id { get; }

    /// <inheritdoc/>
    public override ScanPlan Plan { get; }

    /// <inheritdoc/>
    public override int PointsTaken => Volatile.Read(ref _pointsTaken);

    /// <summary>What the scan is doing, for people.</summary>
    public string Phase { get; private set; } = "starting";

    /// <summary>True while it is held between two points.</summary>
    public bool IsPaused => _pause is not null;

    /// <summary>Holds the scan before its next point.</summary>
    public void Pause() => _pause ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets a held scan go on.</summary>
    public void Resume()
    {
        var pause = _pause;
        _pause = null;
        pause?.TrySetResult();
    }

    /// <inheritdoc/>
    public override async ValueTask TakePointAsync(
        ReadOnlyMemory<double> positions, ReadOnlyMemory<Value> own, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (_pause is { } pause)
        {
            await pause.Task.WaitAsync(cancel);
        }

        try
        {
            await _instructions.AskAsync(
                new Instruction
                {
                    OwnerEpoch = _ownerEpoch,
                    Operations = OperationsFor(positions.Span),
                    Scan = Id,
                    Point = _pointsTaken,
                    Own = OwnReadings(own.Span),
                    ExposureSeconds = Plan.ExposureSeconds * Plan.FramesPerTrigger,
                },
                _pointDeadline,
                cancel);
        }
        catch
        {
            // Where the axes stand is no longer known: the next point moves all of them.
            Array.Fill(_at, double.NaN);
            throw;
        }

        Volatile.Write(ref _pointsTaken, _pointsTaken + 1);
    }

    /// <inheritdoc/>
    public override async ValueTask SetAsync(
        IReadOnlyList<(string Device, Value Target)> targets, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (targets.Count == 0)
        {
            return;
        }

        foreach (var (device, target) in targets)
        {
            if (Plan.Motors.Index().FirstOrDefault(m => m.Item == device) is { Item: not null } axis)
            {
                _at[axis.Index] = target.AsDouble();
            }
        }

        try
        {
            await InstructAsync(
                [.. targets.Select(t => new Operation(
                    0, OperationKind.Set, ScanDevices.Root(t.Device), ScanDevices.SignalOf(t.Device), t.Target))],
                _options.SetDeadline,
                cancel);
        }
        catch
        {
            Array.Fill(_at, double.NaN);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<Value> ReadAsync(string device, CancellationToken cancel)
    {
        var index = _devices.HintedIndexOf(device);
        var done = await InstructAsync([new Operation(0, OperationKind.Read, device)], _options.ReadDeadline, cancel);
        return done.Rows[device][index].Value;
    }

    /// <inheritdoc/>
    public override void Report(string phase) => Phase = phase;

    /// <summary>Carries out operations that belong to no point.</summary>
    /// <param name="operations">The operations; none is allowed.</param>
    /// <param name="allowed">Deadline of the slowest.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="setup">For staging.</param>
    /// <param name="allowsGaps">Whether readings may be missing.</param>
    public async ValueTask<InstructionDone> InstructAsync(
        Operation[] operations,
        TimeSpan allowed,
        CancellationToken cancel,
        ScanSetup? setup = null,
        bool allowsGaps = false) => operations.Length == 0
        ? InstructionDone.Nothing
        : await _instructions.AskAsync(
            new Instruction
            {
                OwnerEpoch = _ownerEpoch,
                Operations = operations,
                Scan = Id,
                Setup = setup,
                AllowsGaps = allowsGaps,
            },
            allowed + TimeSpan.FromSeconds(10),
            cancel);

    // Trigger, at least as long as the exposure, then read; the same at every point.
    private static IEnumerable<Operation> TailOf(ScanPlan plan, ScanDevices devices)
    {
        if (plan.SettlingSeconds > 0)
        {
            yield return new Operation(1, OperationKind.Wait, "", Value: Value.Of(plan.SettlingSeconds));
        }

        if (plan.ExposureSeconds > 0)
        {
            yield return new Operation(
                2, OperationKind.Wait, "", Value: Value.Of(plan.ExposureSeconds * plan.FramesPerTrigger));
        }

        foreach (var device in devices.Triggered)
        {
            yield return new Operation(2, OperationKind.Trigger, device.Name);
        }

        foreach (var device in devices.Monitored)
        {
            yield return new Operation(3, OperationKind.Read, device.Name);
        }
    }

    private Operation[] OperationsFor(ReadOnlySpan<double> positions)
    {
        var moves = 0;
        for (var axis = 0; axis < positions.Length; axis++)
        {
            moves += positions[axis] == _at[axis] ? 0 : 1;
        }

        var operations = new Operation[moves + _tail.Length];
        var next = 0;
        for (var axis = 0; axis < positions.Length; axis++)
        {
            if (positions[axis] != _at[axis])
            {
                _at[axis] = positions[axis];
                operations[next++] = new Operation(
                    0, OperationKind.Set, _devices.Motors[axis].Name, null, Value.Of(positions[axis]));
            }
        }

        _tail.CopyTo(operations, next);
        return operations;
    }

    private Reading[] OwnReadings(ReadOnlySpan<Value> own)
    {
        if (own.Length == 0)
        {
            return [];
        }

        var now = _time.GetUtcNow();
        var readings = new Reading[own.Length];
        for (var i = 0; i < own.Length; i++)
        {
            readings[i] = new Reading(own[i], now);
        }

        return readings;
    }
}
