using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;

namespace Beamtime.Control.Devices;

/// <summary>Tells what a device server has and that it lives: its roster, its sign of life, last readings and changes.</summary>
internal sealed class DeviceAnnouncer
{
    private readonly DeviceRoster _roster;
    private readonly DeviceTopics _topics;
    private readonly DeviceServer _server;
    private readonly OwnerEpoch _owner;
    private readonly DeviceOptions _options;
    private readonly TimeProvider _time;
    private readonly TopicSignal _changed = new();
    private readonly TopicSignal _turned = new();
    private readonly TopicSignal _previewed = new();
    private readonly Dictionary<IDevice, Action> _heard = [];
    private readonly Lock _gate = new();

    // Set by devices from any thread, which must not wait; the newest of a signal replaces what was not told yet.
    private Dictionary<(string Device, string Signal), Reading> _untold = [];

    private Dictionary<string, DeviceProgress> _untoldProgress = [];
    private Dictionary<(string Device, PreviewSignal Signal), PreviewFrame> _untoldFrames = [];

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
        Listen();
        roster.Changed += () =>
        {
            Listen();
            _turned.Set();
        };
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
        await (await Task.WhenAny(RunBeatsAsync(cancel), RunValuesAsync(cancel), RunChangesAsync(cancel), RunRosterAsync(cancel), RunPreviewsAsync(cancel)));
    }

    private async Task RunRosterAsync(CancellationToken cancel)
    {
        while (true)
        {
            await _turned.WaitAsync(cancel);
            await _topics.Roster.PublishAsync(DeviceRosterState.Of(_server.Id, _roster), cancel);
            await _topics.Values.PublishAsync(Values(), cancel);
        }
    }

    private async Task RunPreviewsAsync(CancellationToken cancel)
    {
        while (true)
        {
            await _previewed.WaitAsync(cancel);
            Dictionary<(string Device, PreviewSignal Signal), PreviewFrame> telling;
            lock (_gate)
            {
                (telling, _untoldFrames) = (_untoldFrames, []);
            }

            foreach (var ((device, signal), frame) in telling)
            {
                if (PreviewThinner.Thin(device, signal, frame) is { } preview)
                {
                    await _topics.Previews.PublishAsync(preview, cancel);
                }
            }

            await Task.Delay(_options.PreviewsInterval, _time, cancel);
        }
    }

    private Action ListenTo(string name, IDevice driver)
    {
        Action<Signal, Reading> note = (signal, reading) => Note(name, signal.Name, reading);
        Action<DeviceProgress> progress = done => NoteProgress(name, done);
        Action<PreviewSignal, PreviewFrame> preview = (signal, frame) => NoteFrame(name, signal, frame);
        var (monitored, progressing, previewing) = (driver as IMonitored, driver as IProgressing, driver as IPreviewing);
        monitored?.Changed += note;
        progressing?.Progressed += progress;
        previewing?.Previewed += preview;
        return () =>
        {
            monitored?.Changed -= note;
            progressing?.Progressed -= progress;
            previewing?.Previewed -= preview;
        };
    }

    private void NoteProgress(string device, DeviceProgress progress)
    {
        lock (_gate)
        {
            _untoldProgress[device] = progress;
        }

        _changed.Set();
    }

    private void NoteFrame(string device, PreviewSignal signal, PreviewFrame frame)
    {
        lock (_gate)
        {
            _untoldFrames[(device, signal)] = frame;
        }

        _previewed.Set();
    }

    private void Listen()
    {
        lock (_heard)
        {
            var present = _roster.Page.Usable.Values.ToDictionary(d => d.Device);
            foreach (var gone in _heard.Keys.Where(d => !present.ContainsKey(d)).ToList())
            {
                _heard.Remove(gone, out var leave);
                leave!();
            }

            foreach (var (driver, device) in present)
            {
                if (driver is IMonitored or IProgressing or IPreviewing && !_heard.ContainsKey(driver))
                {
                    _heard.Add(driver, ListenTo(device.Name, driver));
                }
            }
        }
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
            Dictionary<string, DeviceProgress> further;
            lock (_gate)
            {
                (telling, _untold) = (_untold, []);
                (further, _untoldProgress) = (_untoldProgress, []);
            }

            foreach (var (device, progress) in further)
            {
                await _topics.Progress.PublishAsync(
                    new DeviceProgressed(device, progress.Value, progress.Most, progress.IsDone), cancel);
            }

            foreach (var ((device, signal), reading) in telling)
            {
                await _topics.Changes.PublishAsync(new DeviceChange(device, signal, reading), cancel);
            }

            await Task.Delay(_options.ChangesInterval, _time, cancel);
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
