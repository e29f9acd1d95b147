using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>
/// A scan while its code runs: turns what the code asks for into instructions. While the device server is away it waits,
/// and then has what was under way done again: positions are absolute, and a point keeps its id.
/// </summary>
internal sealed class RunningScan : ScanContext, IDisposable
{
    private readonly DeviceLink _link;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly ScanDevices _devices;
    private readonly Operation[] _tail;
    private readonly TimeSpan _pointDeadline;
    private readonly double[] _at;
    private volatile TaskCompletionSource? _pause;
    private UnderWay? _underWay;
    private Guid _stagedOn;
    private int _pointsTaken;

    /// <summary>A scan about to run.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="plan">What it will do.</param>
    /// <param name="devices">The devices that take part.</param>
    /// <param name="firstPoint">The point with which it begins or goes on.</param>
    /// <param name="link">The way to the device server; this process owns the devices.</param>
    /// <param name="patience">How long it waits for a device server that is away.</param>
    /// <param name="time">The clock.</param>
    public RunningScan(
        Guid id, ScanPlan plan, ScanDevices devices, int firstPoint, DeviceLink link, TimeSpan patience, TimeProvider time)
    {
        Id = id;
        Plan = plan;
        _pointsTaken = firstPoint;
        (_devices, _link, _patience, _time) = (devices, link, patience, time);
        _at = new double[plan.Motors.Count];
        Forget();
        _tail = [.. TailOf(plan, devices)];
        var options = link.Options;
        _pointDeadline = options.SetDeadline + options.TriggerDeadline + options.ReadDeadline + options.ReadDeadline
            + TimeSpan.FromSeconds((plan.ExposureSeconds * plan.FramesPerTrigger * 2) + plan.SettlingSeconds
                + plan.SettlingAfterTriggerSeconds + 10);
    }

    /// <inheritdoc/>
    public override Guid Id { get; }

    /// <inheritdoc/>
    public override ScanPlan Plan { get; }

    /// <inheritdoc/>
    public override int PointsTaken => Volatile.Read(ref _pointsTaken);

    /// <inheritdoc/>
    public override TimeProvider Time => _time;

    /// <summary>What the scan is doing, for people.</summary>
    public string Phase { get; private set; } = "starting";

    /// <summary>True while somebody holds it between two points.</summary>
    public bool IsPaused => _pause is not null;

    /// <summary>Why it waits for the device server; null while it does not.</summary>
    public Reason? WaitsFor { get; private set; }

    /// <summary>Makes its devices ready anew on a device server that was started again; null until they were for the first time.</summary>
    public Func<CancellationToken, Task>? StageAgain { get; set; }

    /// <summary>Holds the scan before its next point.</summary>
    public void Pause() => _pause ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets a held scan go on.</summary>
    public void Resume()
    {
        var pause = _pause;
        _pause = null;
        pause?.TrySetResult();
    }

    /// <summary>Waits while somebody holds the scan.</summary>
    /// <param name="cancel">Fires on abort.</param>
    public async ValueTask WhileHeldAsync(CancellationToken cancel)
    {
        while (_pause is { } pause)
        {
            await pause.Task.WaitAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask TakePointAsync(
        ReadOnlyMemory<double> positions, ReadOnlyMemory<Value> own, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (_pause is not null)
        {
            await WhileHeldAsync(cancel);
        }

        Instruction? open = null;
        var isTaken = false;
        try
        {
            // The usual case: the device server is the one on which the devices are staged.
            if (TryUnderWay(cancel) is { } underWay)
            {
                open = MakePoint(positions.Span, own.Span, underWay.Session);
                try
                {
                    await _link.Instructions.AskAsync(open, _pointDeadline, underWay.Both.Token);
                    isTaken = true;
                }
                catch (Exception error) when (LossOf(error, underWay.Session, cancel) is { } loss)
                {
                    Wait(loss);
                }
            }

            if (!isTaken)
            {
                await ThroughLossAsync(
                    session => session.Server == open?.Server ? open : MakePoint(positions.Span, own.Span, session),
                    _pointDeadline,
                    isPatient: true,
                    cancel);
            }
        }
        catch
        {
            // Where the axes stand is no longer known: the next point moves all of them.
            Forget();
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
                _link.Options.SetDeadline,
                cancel);
        }
        catch
        {
            Forget();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<Value> ReadAsync(string device, CancellationToken cancel)
    {
        var index = _devices.HintedIndexOf(device);
        var done = await InstructAsync([new Operation(0, OperationKind.Read, device)], _link.Options.ReadDeadline, cancel);
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
    /// <param name="isPatient">Whether to wait for a device server that is away.</param>
    public async ValueTask<InstructionDone> InstructAsync(
        Operation[] operations,
        TimeSpan allowed,
        CancellationToken cancel,
        ScanSetup? setup = null,
        bool allowsGaps = false,
        bool isPatient = true) => operations.Length == 0
        ? InstructionDone.Nothing
        : await ThroughLossAsync(
            session => new Instruction
            {
                OwnerEpoch = _link.Epoch,
                Id = _link.NextId(),
                Server = session.Server,
                Operations = operations,
                Scan = Id,
                Setup = setup,
                AllowsGaps = allowsGaps,
            },
            allowed + TimeSpan.FromSeconds(10),
            isPatient,
            cancel);

    /// <summary>Says that the devices are staged, on which device server.</summary>
    /// <param name="again">Stages them anew.</param>
    public void Staged(Func<CancellationToken, Task> again)
    {
        _stagedOn = _link.Watch.Session?.Server ?? default;
        StageAgain = again;
    }

    /// <inheritdoc/>
    public void Dispose() => _underWay?.Both.Dispose();

    private static Reason? LossOf(Exception error, DeviceServerSession session, CancellationToken cancel) => error switch
    {
        FaultException fault when DeviceLink.IsLoss(fault) => fault.Reason,
        OperationCanceledException when !cancel.IsCancellationRequested => session.Why,
        _ => null,
    };

    private UnderWay? TryUnderWay(CancellationToken cancel)
    {
        if (_link.Watch.Session is not { } session || (StageAgain is not null && session.Server != _stagedOn))
        {
            return null;
        }

        if (_underWay is { } before && before.Session == session && before.Cancel == cancel)
        {
            return before;
        }

        _underWay?.Both.Dispose();
        return _underWay = new UnderWay(session, CancellationTokenSource.CreateLinkedTokenSource(cancel, session.Lost), cancel);
    }

    // Asks until it is answered, and stages anew where the device server is another one. With the same device server the
    // same instruction is asked for again, which is then carried out once.
    private async ValueTask<InstructionDone> ThroughLossAsync(
        Func<DeviceServerSession, Instruction> make, TimeSpan deadline, bool isPatient, CancellationToken cancel)
    {
        Instruction? open = null;
        while (true)
        {
            var session = await _link.Watch.SessionAsync(isPatient ? _patience : TimeSpan.Zero, cancel);
            try
            {
                if (isPatient && StageAgain is { } again && session.Server != _stagedOn)
                {
                    await StageAnewAsync(again, session, cancel);
                }

                open = open is not null && open.Server == session.Server ? open : make(session);
                var done = await _link.AskAsync(open, deadline, session, cancel);
                WaitsFor = null;
                return done;
            }
            catch (FaultException fault) when (isPatient && DeviceLink.IsLoss(fault) && !cancel.IsCancellationRequested)
            {
                Wait(fault.Reason);
            }
        }
    }

    private async Task StageAnewAsync(Func<CancellationToken, Task> again, DeviceServerSession session, CancellationToken cancel)
    {
        Forget();
        StageAgain = null;
        try
        {
            await again(cancel);
            _stagedOn = session.Server;
        }
        finally
        {
            StageAgain = again;
        }
    }

    private void Wait(Reason loss)
    {
        WaitsFor = loss;
        Forget();
    }

    private void Forget() => Array.Fill(_at, double.NaN);

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

        if (plan.SettlingAfterTriggerSeconds > 0)
        {
            yield return new Operation(3, OperationKind.Wait, "", Value: Value.Of(plan.SettlingAfterTriggerSeconds));
        }

        foreach (var device in devices.Monitored)
        {
            yield return new Operation(4, OperationKind.Read, device.Name);
        }
    }

    private Instruction MakePoint(ReadOnlySpan<double> positions, ReadOnlySpan<Value> own, DeviceServerSession session) => new()
    {
        OwnerEpoch = _link.Epoch,
        Id = _link.NextId(),
        Server = session.Server,
        Operations = OperationsFor(positions),
        Scan = Id,
        Point = _pointsTaken,
        Own = OwnReadings(own),
        ExposureSeconds = Plan.ExposureSeconds * Plan.FramesPerTrigger,
    };

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

    private sealed record UnderWay(DeviceServerSession Session, CancellationTokenSource Both, CancellationToken Cancel);
}
