using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>Tells what a device server has and that it lives: its roster, its sign of life, last readings and changes.</summary>
internal sealed class DeviceAnnouncer
{
    private static readonly TimeSpan ChangePause = TimeSpan.FromMilliseconds(20);
    private readonly DeviceRoster _roster;
    private readonly DeviceTopics _topics;
    private readonly DeviceServer _server;
    private readonly OwnerEpoch _owner;
    private readonly DeviceOptions _options;
    private readonly TimeProvider _time;
    private readonly TopicSignal _changed = new();
    private readonly Lock _gate = new();

    // Set by devices from any thread, which must not wait; the newest of a signal replaces what was not told yet.
    private Dictionary<(string Device, string Signal), Reading> _untold = [];

    /// <summary>Listens to the devices at once.</summary>
    /// <param name="roster">The devices.</param>
    /// <param name="topics">Where it is told.</param>
    /// <param name="server">The device server.</param>
    /// <param name="owner">The highest owner's epoch.</param>
    /// <param name="options">How often.</param>
    /// <param name="time">The clock.</param>
    public DeviceAnnouncer(
        DeviceRoster roster, DeviceTopics topics, DeviceServer server, OwnerEpoch owner, DeviceOptions options, TimeProvider time)
    {
        (_roster, _topics, _server, _owner, _options, _time) = (roster, topics, server, owner, options, time);
        foreach (var device in roster.Usable)
        {
            if (device.Device is IMonitored monitored)
            {
                monitored.Changed += (signal, reading) => Note(device.Name, signal.Name, reading);
            }
        }
    }

    /// <summary>Tells what there is, and then that the device server lives.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task AnnounceAsync(CancellationToken cancel)
    {
        await _topics.Roster.PublishAsync(DeviceRosterState.Of(_server.Id, _roster), cancel);
        await _topics.Values.PublishAsync(Values(), cancel);
        await BeatAsync(cancel);
    }

    /// <summary>Tells until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await AnnounceAsync(cancel);
        await (await Task.WhenAny(RunBeatsAsync(cancel), RunValuesAsync(cancel), RunChangesAsync(cancel)));
    }

    private async Task RunBeatsAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(_options.BeatInterval, _time, cancel);
            await BeatAsync(cancel);
        }
    }

    private async Task RunValuesAsync(CancellationToken cancel)
    {
        var told = Lasts();
        while (true)
        {
            await Task.Delay(_options.ValuesInterval, _time, cancel);
            var now = Lasts();
            if (!now.AsSpan().SequenceEqual(told))
            {
                told = now;
                await _topics.Values.PublishAsync(Values(), cancel);
            }
        }
    }

    private async Task RunChangesAsync(CancellationToken cancel)
    {
        while (true)
        {
            await _changed.WaitAsync(cancel);
            Dictionary<(string Device, string Signal), Reading> telling;
            lock (_gate)
            {
                (telling, _untold) = (_untold, []);
            }

            foreach (var ((device, signal), reading) in telling)
            {
                await _topics.Changes.PublishAsync(new DeviceChange(device, signal, reading), cancel);
            }

            await Task.Delay(ChangePause, _time, cancel);
        }
    }

    private ValueTask BeatAsync(CancellationToken cancel) =>
        _topics.Beats.PublishAsync(new DeviceBeat(_server.Id, _owner.Highest), cancel);

    private void Note(string device, string signal, Reading reading)
    {
        lock (_gate)
        {
            _untold[(device, signal)] = reading;
        }

        _changed.Set();
    }

    private ReadOnlyMemory<Reading>[] Lasts() => [.. _roster.Usable.Select(d => d.Last)];

    private DeviceValues Values() => new(_server.Id, _roster.Usable.ToDictionary(d => d.Name, d => d.Last.ToArray()));
}
