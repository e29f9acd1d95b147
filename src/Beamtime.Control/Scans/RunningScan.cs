using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Steps;
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
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);
    private readonly DeviceLink _link;
    private readonly TimeProvider _time;
    private readonly ScanDevices _devices;
    private readonly ScanInstructions _instructions;
    private readonly PointOperations _operations;
    private readonly TimeSpan _pointDeadline;
    private readonly List<StartedAction> _started = [];
    private readonly List<Reason> _warnings = [];
    private readonly Dictionary<string, string> _notes = new(StringComparer.Ordinal);
    private volatile TaskCompletionSource? _pause;
    private ScanSteps? _steps;
    private volatile bool _isInCore;
    private bool _isOpened;
    private int _pointsTaken;
    private int _timesHeld;

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
        (_devices, _link, _time) = (devices, link, time);
        _operations = new PointOperations(plan, devices);
        _instructions = new ScanInstructions(id, link, patience) { Forget = _operations.Forget };
        Calls = new ScanCalls(devices, _instructions, _operations, Warn);
        var options = link.Options;
        _pointDeadline = options.SetDeadline + options.TriggerDeadline + options.ReadDeadline + options.ReadDeadline
            + TimeSpan.FromSeconds(
                (plan.ExposureSeconds * plan.FramesPerTrigger * 2) + plan.SettlingSeconds + plan.SettlingAfterTriggerSeconds)
            + Slack;
        Progress = new ScanReport { Kind = ScanReportKind.ScanProgress, Points = plan.Points };
    }

    /// <inheritdoc/>
    public override Guid Id { get; }

    /// <summary>Whether it has that device.</summary>
    /// <param name="device">The device.</param>
    public bool Owns(string device) => _devices.Owned.Contains(device);

    /// <inheritdoc/>
    public override ScanPlan Plan { get; }

    /// <inheritdoc/>
    public override int PointsTaken => Volatile.Read(ref _pointsTaken);

    /// <inheritdoc/>
    public override TimeProvider Time => _time;

    /// <inheritdoc/>
    public override bool IsHeld => _pause is not null;

    /// <inheritdoc/>
    public override int TimesHeld => _timesHeld;

    /// <summary>What the scan is doing, for people.</summary>
    public string Phase { get; private set; } = "starting";

    /// <summary>From what its progress can be seen.</summary>
    public ScanReport Progress { get; private set; }

    /// <summary>True while somebody holds it between two points.</summary>
    public bool IsPaused => _pause is not null;

    /// <summary>Why it waits for the device server; null while it does not.</summary>
    public Reason? WaitsFor => _instructions.WaitsFor;

    /// <summary>Its instructions.</summary>
    public ScanInstructions Instructions => _instructions;

    /// <summary>Stages and releases its devices; set before its code runs.</summary>
    public ScanStaging Staging { get; set; } = null!;

    /// <summary>Calls methods of devices for it.</summary>
    public ScanCalls Calls { get; }

    /// <summary>Where it takes steps from, should its code want any.</summary>
    public OpenSteps? OpenSteps { get; set; }

    /// <summary>What is done at each point instead of taking it at once; null for nothing.</summary>
    public Func<ScanContext, Func<ValueTask>, CancellationToken, ValueTask>? EachPoint { get; set; }

    /// <summary>Most points that it may take.</summary>
    public int MostPoints { get; set; } = int.MaxValue;

    /// <summary>What its code has noted.</summary>
    public IReadOnlyDictionary<string, string> Notes => _notes;

    /// <summary>What went wrong without ending it.</summary>
    public IReadOnlyList<Reason> Warnings => _warnings;

    /// <summary>Holds the scan at its next checkpoint.</summary>
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
            _timesHeld++;
        }
    }

    /// <summary>Lets the scan's code take its points; only meanwhile it can be held.</summary>
    /// <param name="core">The code.</param>
    public async Task InCoreAsync(Func<Task> core)
    {
        _isInCore = true;
        try
        {
            await core();
        }
        finally
        {
            _isInCore = false;
        }
    }

    /// <summary>Nothing can be noted any more.</summary>
    public void Opened() => _isOpened = true;

    /// <inheritdoc/>
    public override ValueTask TakePointAsync(
        ReadOnlyMemory<double> positions, ReadOnlyMemory<Value> own, CancellationToken cancel) => EachPoint is null
        ? TakeAsync(positions, own, null, null, cancel)
        : TakeModifiedAsync(positions, own, cancel);

    /// <inheritdoc/>
    public override ValueTask ReadPointAsync(ReadOnlyMemory<Value> own, CancellationToken cancel) =>
        TakeAsync(default, own, _operations.Readings, null, cancel);

    /// <inheritdoc/>
    public override ValueTask PublishPointAsync(
        IReadOnlyDictionary<string, Reading[]> readings, ReadOnlyMemory<Value> own, CancellationToken cancel) =>
        TakeAsync(default, own, PointOperations.Publication, _devices.RowOf(readings), cancel);

    /// <inheritdoc/>
    public override async ValueTask SetAsync(
        IReadOnlyList<(string Device, Value Target)> targets, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        if (targets.Count == 0)
        {
            return;
        }

        var operations = SetsOf(targets);
        _operations.Note(targets);
        try
        {
            await _instructions.AskAsync(operations, _link.Options.SetDeadline, cancel);
        }
        catch
        {
            _operations.Forget();
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<StartedAction> StartAsync(
        IReadOnlyList<(string Device, Value Target)> targets, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        var operations = SetsOf(targets);
        // Where they stand meanwhile nobody knows.
        _operations.Forget();
        var action = new StartedAction(
            string.Join(", ", targets.Select(t => $"{t.Device} to {t.Target}")),
            _instructions.AskAsync(operations, _link.Options.SetDeadline, cancel).AsTask());
        _started.Add(action);
        return action;
    }

    /// <inheritdoc/>
    public override async ValueTask StopAsync(IReadOnlyList<string> devices, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        _devices.RequireOwned(devices);
        _operations.Forget();
        if (await _link.StopAsync(devices) is [var failed, ..])
        {
            throw new FaultException(failed);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask TriggerAsync(CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        var exposure = Plan.ExposureSeconds * Plan.FramesPerTrigger;
        await _instructions.AskAsync(
            _operations.Trigger,
            _link.Options.TriggerDeadline + TimeSpan.FromSeconds((exposure * 2) + Plan.SettlingAfterTriggerSeconds),
            cancel,
            new InstructionDetails { ExposureSeconds = exposure });
    }

    /// <inheritdoc/>
    public override async ValueTask<Value> ReadAsync(string device, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        var (kind, name, index) = _devices.PlaceOf(device);
        var done = await _instructions.AskAsync([new Operation(0, kind, name)], _link.Options.ReadDeadline, cancel);
        return done.Rows[name][index].Value;
    }

    /// <inheritdoc/>
    public override async ValueTask<IReadOnlyDictionary<string, Reading[]>> ReadManuallyAsync(
        IReadOnlyList<string> devices, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        return (await _instructions.AskAsync(
            [.. devices.Select(d => new Operation(0, OperationKind.Read, _devices.Find(d).Name))],
            _link.Options.ReadDeadline,
            cancel)).Rows;
    }

    /// <inheritdoc/>
    public override async ValueTask<Value> CallAsync(
        string device, string method, IReadOnlyList<Value> arguments, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        return await Calls.CallAsync(device, method, arguments, PointsTaken, cancel);
    }

    /// <inheritdoc/>
    public override IAsyncEnumerable<Reading> FollowAsync(string device, CancellationToken cancel)
    {
        var (name, signal) = _devices.FollowableOf(device);
        return DeviceChanges.FollowAsync(_link.Watch, name, signal, cancel);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> FlyAsync(Flight flight, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        _operations.Forget();
        var first = PointsTaken;
        try
        {
            return await new ScanFlight(flight, first, _instructions, _devices, _time).RunAsync(
                this,
                flown => Volatile.Write(ref _pointsTaken, first + flown),
                cancel);
        }
        finally
        {
            _operations.Forget();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<ScanStep?> NextStepAsync(TimeSpan idle, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        _steps ??= OpenSteps?.Open(Id, _devices) ?? throw new InvalidOperationException("Nobody can ask this scan for steps.");
        var step = await _steps.NextAsync(idle, _time, cancel);
        if (step is not null)
        {
            await CheckpointAsync(cancel);
            _steps.Tell(step, StepState.Running, PointsTaken, []);
        }

        return step;
    }

    /// <inheritdoc/>
    public override void EndStep(ScanStep step, IReadOnlyList<Reason> reasons) =>
        _steps!.Tell(step, reasons.Count == 0 ? StepState.Done : StepState.Failed, PointsTaken, reasons);

    /// <inheritdoc/>
    public override ValueTask StageAsync(string? device, CancellationToken cancel) => Staging.StageAsync(device, cancel);

    /// <inheritdoc/>
    public override async ValueTask PreScanAsync(CancellationToken cancel) =>
        await CallAsync(OperationKind.PreScan, _devices.PreScan, cancel);

    /// <inheritdoc/>
    public override async ValueTask CompleteAsync(string? device, CancellationToken cancel) =>
        await CallAsync(OperationKind.Complete, device is null ? _devices.Completing : [_devices.Find(device)], cancel);

    /// <inheritdoc/>
    public override ValueTask UnstageAsync(string? device, CancellationToken cancel) =>
        Staging.UnstageAsync(device, isPatient: true, cancel);

    /// <inheritdoc/>
    public override ValueTask CheckpointAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return _isInCore && _pause is not null ? WhileHeldAsync(cancel) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask WaitAsync(TimeSpan pause, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, _time, cancel);
            await CheckpointAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public override void Report(string phase) => Phase = phase;

    /// <inheritdoc/>
    public override void Report(ScanReport report) => Progress = report;

    /// <inheritdoc/>
    public override void Note(string name, string value)
    {
        if (_isOpened)
        {
            throw new InvalidOperationException($"{name} comes too late: the scan is opened.");
        }

        _notes[name] = value;
    }

    /// <inheritdoc/>
    public override void Warn(Reason warning)
    {
        // The record of a scan holds no more than that; what is told again and again does not hide the first.
        if (_warnings.Count < ScanEnded.ReasonsKept)
        {
            _warnings.Add(warning);
        }
    }

    /// <summary>
    /// Waits for what the scan's code has started and not waited for; each is a warning. Afterwards nothing is under way.
    /// </summary>
    /// <param name="cancel">Fires on abort.</param>
    public async Task SettleStartedAsync(CancellationToken cancel)
    {
        foreach (var action in _started.Where(a => !a.IsChecked).ToArray())
        {
            Warn(ScanErrors.Unchecked.Because($"{action.What} was started and never waited for."));
            try
            {
                await action.WaitAsync(cancel);
            }
            catch (FaultException fault)
            {
                Warn(fault.Reason);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _steps?.End();
        _instructions.Dispose();
    }

    private async ValueTask CallAsync(OperationKind kind, IReadOnlyList<KnownDevice> devices, CancellationToken cancel)
    {
        await CheckpointAsync(cancel);
        await _instructions.AskAsync(
            [.. devices.Select(d => new Operation(0, kind, d.Name))], _link.Options.StageDeadline, cancel);
    }

    private Operation[] SetsOf(IReadOnlyList<(string Device, Value Target)> targets)
    {
        _devices.RequireOwned(targets.Select(t => t.Device));
        return
        [
            .. targets.Select(t => new Operation(
                0, OperationKind.Set, ScanDevices.Root(t.Device), ScanDevices.SignalOf(t.Device), t.Target)),
        ];
    }

    // Apart, so that points without it allocate nothing for it.
    private ValueTask TakeModifiedAsync(
        ReadOnlyMemory<double> positions, ReadOnlyMemory<Value> own, CancellationToken cancel) =>
        EachPoint!(this, () => TakeAsync(positions, own, null, null, cancel), cancel);

    // With operations of its own it neither moves nor triggers; with a row of its own it reads nothing.
    private async ValueTask TakeAsync(
        ReadOnlyMemory<double> positions,
        ReadOnlyMemory<Value> own,
        Operation[]? operations,
        Reading[]? row,
        CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (_pause is not null && _isInCore)
        {
            await WhileHeldAsync(cancel);
        }

        if (_pointsTaken >= MostPoints)
        {
            throw ScanErrors.NoPoints.Fault($"The scan has taken {MostPoints} points, more than a scan may have.");
        }

        Instruction? open = null;
        var isTaken = false;
        try
        {
            // The usual case: the device server is the one on which the devices are staged.
            if (_instructions.TryUnderWay(cancel) is { } underWay)
            {
                open = MakePoint(positions.Span, own.Span, operations, row, underWay.Session);
                try
                {
                    await _link.Instructions.AskAsync(open, _pointDeadline, underWay.Both.Token);
                    isTaken = true;
                }
                catch (Exception error) when (ScanInstructions.LossOf(error, underWay.Session, cancel) is { } loss)
                {
                    _instructions.Wait(loss);
                }
            }

            if (!isTaken)
            {
                await _instructions.ThroughLossAsync(
                    session => session.Server == open?.Server
                        ? open
                        : MakePoint(positions.Span, own.Span, operations, row, session),
                    _pointDeadline,
                    isPatient: true,
                    cancel);
            }
        }
        catch
        {
            // Where the axes stand is no longer known: the next point moves all of them.
            _operations.Forget();
            throw;
        }

        Volatile.Write(ref _pointsTaken, _pointsTaken + 1);
    }

    private Instruction MakePoint(
        ReadOnlySpan<double> positions,
        ReadOnlySpan<Value> own,
        Operation[]? operations,
        Reading[]? row,
        DeviceServerSession session) => new()
        {
            OwnerEpoch = _link.Epoch,
            Id = _link.NextId(),
            Server = session.Server,
            Operations = operations ?? _operations.For(positions),
            Scan = Id,
            Point = _pointsTaken,
            Own = PointOperations.OwnReadings(row, own, _time),
            ExposureSeconds = Plan.ExposureSeconds * Plan.FramesPerTrigger,
        };
}
