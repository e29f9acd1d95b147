using Beamtime.Core.Topics;

namespace Beamtime.Control.Devices;

/// <summary>Runs the mailboxes of all usable devices, also of those that come while it runs.</summary>
/// <param name="roster">The devices.</param>
internal sealed class MailboxTender(DeviceRoster roster)
{
    /// <summary>Runs them until cancelled; the mailbox of a device that went ends by itself.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        var changed = new TopicSignal();
        roster.Changed += changed.Set;
        HashSet<DeviceMailbox> tended = [];
        var failed = new TaskCompletionSource();
        try
        {
            while (true)
            {
                var present = roster.Page.Usable.Values.Select(d => d.Mailbox).ToHashSet();
                tended.IntersectWith(present);
                foreach (var mailbox in present.Where(tended.Add))
                {
                    _ = WatchAsync(mailbox);
                }

                var next = changed.WaitAsync(cancel).AsTask();
                await (await Task.WhenAny(next, failed.Task));
            }
        }
        finally
        {
            roster.Changed -= changed.Set;
        }

        async Task WatchAsync(DeviceMailbox mailbox)
        {
            try
            {
                await mailbox.RunAsync(cancel);
            }
            catch (Exception error)
            {
                failed.TrySetException(error);
            }
        }
    }
}
