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
        await (await Task.WhenAny(topics.Sets.ServeAsync(AnswerAsync, cancel), TellAsync(cancel)));

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
        List<Reason> reasons = [.. device.RefusalsToSet(request.Signal, request.Target)];
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

        await SetTakenAsync(new(0, OperationKind.Set, device.Name, request.Signal, request.Target), use).WaitAsync(cancel);
        return await desk.ReadAsync(device, cancel);
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
