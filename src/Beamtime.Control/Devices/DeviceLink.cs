using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// The way to the device server from where devices are used. Who owns the devices sets them with its epoch; without one
/// they can be read and stopped.
/// </summary>
internal sealed class DeviceLink(DeviceTopics topics, DeviceWatch watch, DeviceBook book, DeviceOptions options, TimeProvider time)
{
    private readonly TaskCompletionSource _owned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _epoch;
    private long _lastId;

    /// <summary>The device server.</summary>
    public DeviceWatch Watch => watch;

    /// <summary>The owner's epoch; 0 while this process does not own the devices.</summary>
    public long Epoch => Volatile.Read(ref _epoch);

    /// <summary>Deadlines of devices.</summary>
    public DeviceOptions Options => options;

    /// <summary>The instructions' topic, for who looks after the session himself.</summary>
    public RequestTopic<Instruction, InstructionDone> Instructions => topics.Instructions;

    /// <summary>The id of a further instruction of this owner.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>From now on this process owns the devices.</summary>
    /// <param name="epoch">Its epoch, above all earlier ones.</param>
    public void Own(long epoch)
    {
        Volatile.Write(ref _epoch, epoch);
        _owned.TrySetResult();
    }

    /// <summary>Waits until this process owns the devices.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public Task OwnedAsync(CancellationToken cancel) => _owned.Task.WaitAsync(cancel);

    /// <summary>Carries out operations that belong to no scan.</summary>
    /// <param name="operations">The operations.</param>
    /// <param name="allowed">Deadline of the slowest.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="allowsGaps">Whether readings may be missing.</param>
    /// <param name="arguments">Arguments of a call.</param>
    /// <exception cref="FaultException">A device's, or <c>role.unreachable</c> or <c>device.server.restarted</c>.</exception>
    public async ValueTask<InstructionDone> AskAsync(
        Operation[] operations, TimeSpan allowed, CancellationToken cancel, bool allowsGaps = false, Value[]? arguments = null)
    {
        var session = await watch.SessionAsync(options.SilenceLimit, cancel);
        return await AskAsync(
            new Instruction
            {
                OwnerEpoch = Epoch,
                Id = Epoch == 0 ? null : NextId(),
                Server = session.Server,
                Operations = operations,
                AllowsGaps = allowsGaps,
                Arguments = arguments,
            },
            allowed + TimeSpan.FromSeconds(10),
            session,
            cancel);
    }

    /// <summary>Asks for an instruction; whether it was carried out is uncertain when the device server is lost meanwhile.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="deadline">How long to wait.</param>
    /// <param name="session">The device server that it is for.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<InstructionDone> AskAsync(
        Instruction instruction, TimeSpan deadline, DeviceServerSession session, CancellationToken cancel)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, session.Lost);
        InstructionDone done;
        try
        {
            done = await topics.Instructions.AskAsync(instruction, deadline, both.Token);
        }
        catch (OperationCanceledException) when (session.Why is { } why && !cancel.IsCancellationRequested)
        {
            throw new FaultException(why);
        }

        foreach (var operation in instruction.Operations)
        {
            // A reading that did not come tells nothing of the device: what was known of it stays.
            if (operation.Kind == OperationKind.Read && done.Rows.TryGetValue(operation.Device, out var row)
                && !Array.TrueForAll(row, reading => reading.Value.IsMissing))
            {
                book.Remember(operation.Device, row);
            }
        }

        return done;
    }

    /// <summary>Whether an error says that it is uncertain what became of an instruction.</summary>
    /// <param name="error">The error.</param>
    public static bool IsLoss(Exception error) => error is FaultException fault
        && (fault.Reason.Code == TopicErrors.RoleUnreachable.Code || fault.Reason.Code == DeviceErrors.ServerRestarted.Code);

    /// <summary>Stops devices past their mailboxes; one that fails does not keep the others from stopping.</summary>
    /// <param name="devices">Device names; null for every device that is not read only.</param>
    /// <returns>What failed, a device server that does not answer included.</returns>
    public async Task<IReadOnlyList<Reason>> StopAsync(IReadOnlyCollection<string>? devices)
    {
        try
        {
            using var limit = new CancellationTokenSource(options.StopDeadline + options.SilenceLimit, time);
            var session = await watch.SessionAsync(TimeSpan.Zero, limit.Token);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, session.Lost);
            return (await topics.Stops.AskAsync(new StopRequest(devices), options.StopDeadline * 2, both.Token)).Failed;
        }
        catch (OperationCanceledException)
        {
            return [TopicErrors.RoleUnreachable.Because("The device server was lost before it said that it has stopped the devices.")];
        }
        catch (FaultException fault)
        {
            return [fault.Reason];
        }
    }
}
