using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// Sets devices outside of scans, where it is known who uses them: in the scan server. Tells that it lives, and which scan
/// uses which devices.
/// </summary>
internal sealed class DeviceSetter(
    DeviceBook book, DeviceLink link, DeviceDesk desk, DeviceLocks locks, DeviceTopics topics, DeviceOptions options, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Answers and tells until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel) =>
        await (await Task.WhenAny(
            topics.Sets.ServeAsync(AnswerAsync, cancel), topics.Calls.ServeAsync(CallAsync, cancel), TellAsync(cancel)));

    private async ValueTask<CallDone> CallAsync(CallRequest request, CancellationToken cancel)
    {
        var device = book.Find(request.Device).OrThrow();
        await link.OwnedAsync(cancel);
        var use = Take(device, [.. locks.AgainstSets, .. device.RefusalsToCall(request.Method)]);
        return await CallTakenAsync(request, use).WaitAsync(cancel);
    }

    private async Task<CallDone> CallTakenAsync(CallRequest request, DeviceUse use)
    {
        try
        {
            var done = await link.AskAsync(
                [new(0, OperationKind.Call, request.Device, request.Method)], options.SetDeadline, CancellationToken.None, arguments: request.Arguments);
            return new CallDone(done.Rows[request.Device][0].Value);
        }
        finally
        {
            locks.Release(use);
        }
    }

    private async Task TellAsync(CancellationToken cancel)
    {
        await link.OwnedAsync(cancel);
        await using var timer = time.CreateTimer(
            static changed => ((TopicSignal)changed!).Set(), locks.Changed, TimeSpan.Zero, options.BeatInterval);
        while (true)
        {
            await locks.Changed.WaitAsync(cancel);
            await topics.Owner.PublishAsync(new OwnerBeat(link.Epoch, locks.Scans), cancel);
            await Task.Delay(Pause, time, cancel);
        }
    }

    private async ValueTask<DeviceAnswer> AnswerAsync(SetRequest request, CancellationToken cancel)
    {
        var device = book.Find(request.Device).OrThrow();
        if (request.Target.IsMissing)
        {
            locks.ReleaseStopped(device.Name);
            return DeviceAnswer.Of(device, device.Last, default, locks.Scans);
        }

        await link.OwnedAsync(cancel);
        var target = device.Fit(request.Signal, request.Target);
        var use = Take(device, [.. locks.AgainstSets, .. device.RefusalsToSet(request.Signal, target)]);
        await SetTakenAsync(new(0, OperationKind.Set, device.Name, request.Signal, target), use).WaitAsync(cancel);
        return await desk.ReadAsync(device, cancel);
    }

    private DeviceUse Take(KnownDevice device, List<Reason> reasons)
    {
        var isTaken = locks.TryTakeForSet(device.Name, out var use);
        if (!isTaken)
        {
            reasons.Add(DeviceErrors.Busy.Because($"{device.Name} is {use}."));
        }

        if (reasons.Count > 0)
        {
            if (isTaken)
            {
                locks.Release(use);
            }

            throw new RefusedException(reasons);
        }

        return use;
    }

    private async Task SetTakenAsync(Operation set, DeviceUse use)
    {
        try
        {
            await link.AskAsync([set], options.SetDeadline, CancellationToken.None);
        }
        finally
        {
            locks.Release(use);
        }
    }
}
