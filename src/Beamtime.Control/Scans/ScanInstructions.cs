using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>
/// The instructions of one scan on their way to the device server. While that is away they wait, and what was under way is
/// asked for again: the same device server carries it out once, another one is staged anew before.
/// </summary>
/// <param name="scan">The scan.</param>
/// <param name="link">The way to the device server; this process owns the devices.</param>
/// <param name="patience">How long to wait for a device server that is away.</param>
internal sealed class ScanInstructions(Guid scan, DeviceLink link, TimeSpan patience) : IDisposable
{
    private UnderWay? _underWay;
    private Guid _stagedOn;

    /// <summary>The way to the device server.</summary>
    public DeviceLink Link => link;

    /// <summary>Called where it is no longer known what became of an instruction.</summary>
    public Action? Forget { get; init; }

    /// <summary>Why it waits for the device server; null while it does not.</summary>
    public Reason? WaitsFor { get; private set; }

    /// <summary>Makes the devices ready anew on a device server that was started again; null until they were for the first time.</summary>
    public Func<CancellationToken, Task>? StageAgain { get; private set; }

    /// <summary>Says that the devices are staged, on which device server.</summary>
    /// <param name="again">Stages them anew.</param>
    public void Staged(Func<CancellationToken, Task> again)
    {
        _stagedOn = link.Watch.Session?.Server ?? default;
        StageAgain = again;
    }

    /// <summary>Nothing is staged any more.</summary>
    public void Released() => StageAgain = null;

    /// <summary>The device server on which the devices are staged, with a token that fires on its loss too; null when it is away.</summary>
    /// <param name="cancel">Fires on abort.</param>
    public UnderWay? TryUnderWay(CancellationToken cancel)
    {
        if (link.Watch.Session is not { } session || (StageAgain is not null && session.Server != _stagedOn))
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

    /// <summary>Why the device server was lost while an instruction was under way; null when the error is another one.</summary>
    /// <param name="error">The error.</param>
    /// <param name="session">The device server.</param>
    /// <param name="cancel">Fires on abort.</param>
    public static Reason? LossOf(Exception error, DeviceServerSession session, CancellationToken cancel) => error switch
    {
        FaultException fault when DeviceLink.IsLoss(fault) => fault.Reason,
        OperationCanceledException when !cancel.IsCancellationRequested => session.Why,
        _ => null,
    };

    /// <summary>From now on it waits for the device server.</summary>
    /// <param name="loss">Why.</param>
    public void Wait(Reason loss)
    {
        WaitsFor = loss;
        Forget?.Invoke();
    }

    /// <summary>Carries out operations that belong to no point of their own.</summary>
    /// <param name="operations">The operations; none is allowed.</param>
    /// <param name="allowed">Deadline of the slowest.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="more">Fills in what else the instruction needs.</param>
    /// <param name="isPatient">Whether to wait for a device server that is away.</param>
    public async ValueTask<InstructionDone> AskAsync(
        Operation[] operations,
        TimeSpan allowed,
        CancellationToken cancel,
        InstructionDetails? more = null,
        bool isPatient = true) => operations.Length == 0
        ? InstructionDone.Nothing
        : await ThroughLossAsync(
            session => new Instruction
            {
                OwnerEpoch = link.Epoch,
                Id = link.NextId(),
                Server = session.Server,
                Operations = operations,
                Scan = scan,
                Setup = more?.Setup,
                AllowsGaps = more?.AllowsGaps ?? false,
                ExposureSeconds = more?.ExposureSeconds ?? 0,
                Flight = more?.Flight,
                FirstPoint = more?.FirstPoint ?? 0,
                EndsFlight = more?.EndsFlight ?? false,
                Arguments = more?.Arguments,
            },
            allowed + TimeSpan.FromSeconds(10),
            isPatient,
            cancel,
            more?.IsOnce ?? false);

    /// <summary>
    /// Asks until it is answered, and stages anew where the device server is another one. With the same device server the
    /// same instruction is asked for again, which is then carried out once.
    /// </summary>
    /// <param name="make">Makes the instruction for a device server.</param>
    /// <param name="deadline">How long to wait for its answer.</param>
    /// <param name="isPatient">Whether to wait for a device server that is away.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="isOnce">Whether it must not be carried out by another device server after it may have been by one.</param>
    /// <exception cref="FaultException">A device's, or <c>device.call.uncertain</c>.</exception>
    public async ValueTask<InstructionDone> ThroughLossAsync(
        Func<DeviceServerSession, Instruction> make,
        TimeSpan deadline,
        bool isPatient,
        CancellationToken cancel,
        bool isOnce = false)
    {
        Instruction? open = null;
        while (true)
        {
            var session = await link.Watch.SessionAsync(isPatient ? patience : TimeSpan.Zero, cancel);
            try
            {
                if (isPatient && StageAgain is { } again && session.Server != _stagedOn)
                {
                    await StageAnewAsync(again, session, cancel);
                }

                if (isOnce && open is not null && open.Server != session.Server)
                {
                    throw DeviceErrors.CallUncertain.Fault(
                        $"{open.Operations[0].Device}.{open.Operations[0].Signal} may have been called when the device server was lost.");
                }

                open = open is not null && open.Server == session.Server ? open : make(session);
                var done = await link.AskAsync(open, deadline, session, cancel);
                WaitsFor = null;
                return done;
            }
            catch (FaultException fault) when (isPatient && DeviceLink.IsLoss(fault) && !cancel.IsCancellationRequested)
            {
                Wait(fault.Reason);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _underWay?.Both.Dispose();

    private async Task StageAnewAsync(Func<CancellationToken, Task> again, DeviceServerSession session, CancellationToken cancel)
    {
        Forget?.Invoke();
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

    /// <summary>The device server with which a scan is under way.</summary>
    /// <param name="Session">The device server.</param>
    /// <param name="Both">Fires on abort and on its loss.</param>
    /// <param name="Cancel">Fires on abort.</param>
    internal sealed record UnderWay(DeviceServerSession Session, CancellationTokenSource Both, CancellationToken Cancel);
}

/// <summary>What an instruction may need beside its operations.</summary>
internal sealed record InstructionDetails
{
    /// <summary>For staging.</summary>
    public ScanSetup? Setup { get; init; }

    /// <summary>Whether readings may be missing.</summary>
    public bool AllowsGaps { get; init; }

    /// <summary>Longest exposure of a trigger, s.</summary>
    public double ExposureSeconds { get; init; }

    /// <summary>For kicking off flyers.</summary>
    public Sdk.Scans.Flight? Flight { get; init; }

    /// <summary>The scan's point that is the flight's first.</summary>
    public int FirstPoint { get; init; }

    /// <summary>True to end the flight with gaps in place of what has not come.</summary>
    public bool EndsFlight { get; init; }

    /// <summary>Arguments of a method that is called.</summary>
    public Value[]? Arguments { get; init; }

    /// <summary>True where it must not be carried out by another device server after it may have been by one.</summary>
    public bool IsOnce { get; init; }
}
