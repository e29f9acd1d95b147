using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Scans.Moves;

/// <summary>Moves positioners outside of scans, where it is known who uses them: in the scan server.</summary>
internal sealed partial class Mover(
    DeviceBook book,
    DeviceLink link,
    DeviceLocks locks,
    MoveTopics topics,
    MoveHistory history,
    TimeProvider time,
    ILogger<Mover> logger)
{
    private const int Kept = 200;
    private readonly Lock _gate = new();
    private readonly List<Move> _moves = [];

    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Commands.ServeAsync(AnswerAsync, cancel);

    private async ValueTask<MoveList> AnswerAsync(MoveCommand command, CancellationToken cancel) => command switch
    {
        { Request: { } request } => new MoveList([await BeginAsync(request, command.Who, command.Id, cancel)]),
        { Id: { } id, Stops: true } => new MoveList([await StopAsync(Find(id))]),
        { Id: { } id } => new MoveList([await LookAsync(Find(id), cancel)]),
        _ => new MoveList([.. Snapshot().Select(m => m.Told())]),
    };

    private async Task<MoveAnswer> BeginAsync(MoveRequest request, Guid who, Guid? key, CancellationToken cancel)
    {
        if (key is { } id && Snapshot().FirstOrDefault(m => m.Id == id) is { } known)
        {
            return known.Told();
        }

        await link.OwnedAsync(cancel);
        var devices = DevicesOf(request);
        List<(KnownDevice Device, DeviceUse Use)> taken = [];
        try
        {
            Take(devices, taken);
            var starts = await ReadAsync(devices, cancel);
            MoveAxis[] axes =
            [
                .. devices.Select(d => new MoveAxis(
                    d, starts[d.Name], request.Targets[d.Name] + (request.Relative ? starts[d.Name] : 0))),
            ];
            if (axes.SelectMany(a => a.Device.RefusalsToSet(null, Value.Of(a.Target))).ToArray() is { Length: > 0 } reasons)
            {
                throw new RefusedException(reasons);
            }

            var move = new Move(key ?? Guid.CreateVersion7(time.GetUtcNow()), who, time.GetUtcNow(), axes);
            Keep(move);
            // Whoever gives up asking does not keep it from moving any more.
            await history.BeginAsync(move, CancellationToken.None);
            foreach (var (axis, (_, use)) in axes.Zip(taken))
            {
                LogMoves(logger, axis.Device.Name, axis.Start, axis.Target, who);
                _ = MoveAsync(move, axis, use);
            }

            taken.Clear();
            return move.Told();
        }
        finally
        {
            foreach (var (_, use) in taken)
            {
                locks.Release(use);
            }
        }
    }

    private KnownDevice[] DevicesOf(MoveRequest request)
    {
        if (request.Targets.Count == 0)
        {
            throw new RefusedException(MoveErrors.Empty.Because("The move names no device."));
        }

        List<Reason> reasons = [.. locks.AgainstSets];
        List<KnownDevice> devices = [];
        foreach (var (name, target) in request.Targets)
        {
            switch (book.Find(name))
            {
                case Refused<KnownDevice> refused:
                    reasons.AddRange(refused.Reasons);
                    break;
                case Accepted<KnownDevice>(var device):
                    // Where it is cannot change whether it can be set at all; a relative target is judged once that is read.
                    reasons.AddRange(device.HintedIndex < 0
                        ? [DeviceErrors.Unable.Because($"{name} cannot be moved.")]
                        : request.Relative && double.IsFinite(target) && device.Hinted is { IsSettable: true } && !device.Description.ReadOnly
                            ? []
                            : device.RefusalsToSet(null, Value.Of(target)));
                    devices.Add(device);
                    break;
            }
        }

        return reasons.Count > 0 ? throw new RefusedException(reasons) : [.. devices];
    }

    private void Take(KnownDevice[] devices, List<(KnownDevice Device, DeviceUse Use)> taken)
    {
        List<Reason> busy = [];
        foreach (var device in devices)
        {
            if (locks.TryTakeForSet(device.Name, out var use))
            {
                taken.Add((device, use));
            }
            else
            {
                busy.Add(DeviceErrors.Busy.Because($"{device.Name} is {use}."));
            }
        }

        if (busy.Count > 0)
        {
            throw new RefusedException(busy);
        }
    }

    private async Task<Dictionary<string, double>> ReadAsync(IReadOnlyList<KnownDevice> devices, CancellationToken cancel)
    {
        var read = await link.AskAsync(
            [.. devices.Select(d => new Operation(0, OperationKind.Read, d.Name))], link.Options.ReadDeadline, cancel);
        return devices.ToDictionary(d => d.Name, d => read.Rows[d.Name][d.HintedIndex].Value.AsDouble());
    }

    // Never throws: what happens becomes the axis' end.
    private async Task MoveAsync(Move move, MoveAxis axis, DeviceUse use)
    {
        Reason? failed = null;
        try
        {
            await link.AskAsync(
                [new Operation(0, OperationKind.Set, axis.Device.Name, null, Value.Of(axis.Target))],
                link.Options.SetDeadline,
                CancellationToken.None);
        }
        catch (Exception error)
        {
            failed = error is FaultException fault ? fault.Reason : DeviceErrors.Fault.Because($"{axis.Device.Name}: {error.Message}");
            LogFailed(logger, axis.Device.Name, axis.Target, failed.Message);
        }

        locks.Release(use);
        if (move.End(axis, failed, time.GetUtcNow()))
        {
            await history.EndAsync(move, move.Over(await ReadAgainAsync(move)));
        }
    }

    // Where the axes are now; false where nobody can tell.
    private async Task<bool> ReadAgainAsync(Move move)
    {
        try
        {
            await LookAsync(move, CancellationToken.None);
            return true;
        }
        catch (FaultException fault)
        {
            LogUnread(logger, move.Id, fault.Reason.Message);
            return false;
        }
    }

    private async Task<MoveAnswer> StopAsync(Move move)
    {
        string[] moving = [.. move.Axes.Where(a => !a.IsOver).Select(a => a.Device.Name)];
        if (moving.Length > 0)
        {
            move.BeginStop();
            if (await link.StopAsync(moving) is [var failed, ..])
            {
                throw new FaultException(failed);
            }

            // At once: whoever stops a device sets it next, also where its driver still holds on to what was stopped.
            Array.ForEach(moving, locks.ReleaseStopped);
        }

        return move.Told();
    }

    // Also where it is over: the last readings may be older than its end.
    private async Task<MoveAnswer> LookAsync(Move move, CancellationToken cancel)
    {
        var readable = move.Axes.Select(a => a.Device.Name).Where(book.Has).ToArray();
        if (readable.Length > 0)
        {
            await link.AskAsync(
                [.. readable.Select(d => new Operation(0, OperationKind.Read, d))],
                link.Options.ReadDeadline,
                cancel,
                allowsGaps: true);
        }

        return move.Told();
    }

    private Move Find(Guid id) => Snapshot().FirstOrDefault(m => m.Id == id)
        ?? throw new RefusedException(MoveErrors.Unknown.Because($"There is no move '{id}'."));

    private Move[] Snapshot()
    {
        lock (_gate)
        {
            return [.. Enumerable.Reverse(_moves)];
        }
    }

    // The oldest that are over make room; those that move are kept, and are as few as there are devices.
    private void Keep(Move move)
    {
        lock (_gate)
        {
            _moves.Add(move);
            while (_moves.Count > Kept && _moves.FindIndex(m => m.State.IsOver) is >= 0 and var oldest)
            {
                _moves.RemoveAt(oldest);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Device} moves from {Start} to {Target}, asked by {Who}")]
    private static partial void LogMoves(ILogger logger, string device, double start, double target, Guid who);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Where move {Move} has ended cannot be read: {Message}")]
    private static partial void LogUnread(ILogger logger, Guid move, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} did not get to {Target}: {Message}")]
    private static partial void LogFailed(ILogger logger, string device, double target, string message);
}
