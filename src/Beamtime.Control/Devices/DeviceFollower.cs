using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>
/// Follows readings of devices for one viewer: what devices tell on their own, and the last readings of the others a few
/// times a second where they changed. A viewer that is slow misses values, never the last one.
/// </summary>
internal sealed class DeviceFollower(DeviceTopics topics, DeviceBook book)
{
    /// <summary>What one viewer is told, beginning with the last readings.</summary>
    /// <param name="devices">The devices; empty for all.</param>
    /// <param name="cancel">Ends the stream.</param>
    public async IAsyncEnumerable<SseItem<DeviceEvent>> FollowAsync(
        IReadOnlySet<string> devices, [EnumeratorCancellation] CancellationToken cancel)
    {
        var signal = new TopicSignal();
        using var changes = topics.Changes.SubscribeLossy(signal);
        using var values = topics.Values.SubscribeLossy(signal);
        var (changed, rows) = (new DeviceChange[256], new DeviceValues[16]);
        Dictionary<(string Device, string Signal), Reading> told = [];
        yield return new SseItem<DeviceEvent>(new DeviceEvent("", "", null, null, null), "subscribed");
        foreach (var device in book.Usable.Where(d => IsWanted(d.Name)))
        {
            foreach (var item in News(device, device.Last, told))
            {
                yield return item;
            }
        }

        while (!cancel.IsCancellationRequested)
        {
            Dictionary<(string Device, string Signal), Reading> newest = [];
            for (int count; (count = changes.Read(changed)) > 0;)
            {
                foreach (var change in changed.Take(count).Where(c => IsWanted(c.Device)))
                {
                    newest[(change.Device, change.Signal)] = change.Reading;
                }
            }

            foreach (var ((device, name), reading) in newest)
            {
                if (book.Find(device) is Beamtime.Sdk.Errors.Accepted<KnownDevice>(var known)
                    && known.Find(name) is { } found && IsNews(device, found, reading, told))
                {
                    yield return Item(device, found, reading);
                }
            }

            DeviceValues? last = null;
            for (int count; (count = values.Read(rows)) > 0;)
            {
                last = rows[count - 1];
            }

            foreach (var (device, row) in last?.Rows ?? new Dictionary<string, Reading[]>())
            {
                if (IsWanted(device) && book.Has(device))
                {
                    foreach (var item in News(book[device], row, told))
                    {
                        yield return item;
                    }
                }
            }

            await signal.WaitAsync(cancel);
        }

        bool IsWanted(string device) => devices.Count == 0 || devices.Contains(device);
    }

    /// <summary>The frames and curves that one viewer is shown, beginning with the last one; a slow viewer misses some.</summary>
    /// <param name="devices">The devices; empty for all.</param>
    /// <param name="cancel">Ends the stream.</param>
    public async IAsyncEnumerable<SseItem<DevicePreview>> FollowPreviewsAsync(
        IReadOnlySet<string> devices, [EnumeratorCancellation] CancellationToken cancel)
    {
        var signal = new TopicSignal();
        using var previews = topics.Previews.SubscribeLossy(signal);
        var batch = new DevicePreview[16];
        if (await topics.Previews.LastAsync(cancel) is { Message: var last } && (devices.Count == 0 || devices.Contains(last.Device)))
        {
            yield return new SseItem<DevicePreview>(last);
        }

        while (!cancel.IsCancellationRequested)
        {
            for (int count; (count = previews.Read(batch)) > 0;)
            {
                foreach (var preview in batch.Take(count).Where(p => devices.Count == 0 || devices.Contains(p.Device)).ToList())
                {
                    yield return new SseItem<DevicePreview>(preview);
                }
            }

            await signal.WaitAsync(cancel);
        }
    }

    private static List<SseItem<DeviceEvent>> News(
        KnownDevice device, ReadOnlyMemory<Reading> row, Dictionary<(string Device, string Signal), Reading> told)
    {
        List<SseItem<DeviceEvent>> news = [];
        for (var i = 0; i < Math.Min(row.Length, device.ReadSignals.Count); i++)
        {
            if (IsNews(device.Name, device.ReadSignals[i], row.Span[i], told))
            {
                news.Add(Item(device.Name, device.ReadSignals[i], row.Span[i]));
            }
        }

        return news;
    }

    private static bool IsNews(
        string device, Signal signal, Reading reading, Dictionary<(string Device, string Signal), Reading> told)
    {
        if (told.TryGetValue((device, signal.Name), out var before) && (before.Value == reading.Value || before.Timestamp > reading.Timestamp))
        {
            return false;
        }

        told[(device, signal.Name)] = reading;
        return true;
    }

    private static SseItem<DeviceEvent> Item(string device, Signal signal, Reading reading) => new(new DeviceEvent(
        device,
        signal.Name,
        reading.Value.IsMissing ? null : SignalAnswer.Json(reading.Value),
        signal.Unit,
        reading.Value.IsMissing ? null : reading.Timestamp));
}
