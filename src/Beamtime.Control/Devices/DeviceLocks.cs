using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>Who uses a device: a scan, or somebody who sets it outside of scans.</summary>
/// <param name="Scan">The scan's number; null for a set.</param>
internal sealed record DeviceUse(int? Scan)
{
    /// <inheritdoc/>
    public override string ToString() => Scan is { } number ? $"used by scan {number}" : "being set";
}

/// <summary>
/// Which devices are in use and by whom. A scan takes all its devices at once or waits, so that two scans never wait for
/// each other; who waits longer goes first where both want a device, so that none waits for ever. A set takes its one
/// device for as long as it lasts, or is refused.
/// </summary>
internal sealed class DeviceLocks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DeviceUse> _uses = new(StringComparer.Ordinal);
    private readonly List<(int Scan, IReadOnlyCollection<string> Devices)> _waiting = [];
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The number of the scan that uses a device; null when none does.</summary>
    /// <param name="device">The device's name.</param>
    public int? OwnerOf(string device)
    {
        lock (_gate)
        {
            return _uses.GetValueOrDefault(device)?.Scan;
        }
    }

    /// <summary>Why no device may be set, moved or called outside of scans now; none where it may.</summary>
    public IReadOnlyList<Reason> AgainstSets { get; set => Volatile.Write(ref field, value); } = [];

    /// <summary>Set when somebody begins or ends to use devices.</summary>
    public TopicSignal Changed { get; } = new();

    /// <summary>Number of the scan that uses a device, by device.</summary>
    public IReadOnlyDictionary<string, int> Scans
    {
        get
        {
            lock (_gate)
            {
                return _uses.Where(u => u.Value.Scan is not null).ToDictionary(u => u.Key, u => u.Value.Scan!.Value);
            }
        }
    }

    /// <summary>Takes all devices if all are free and nobody waits for one of them.</summary>
    /// <param name="scan">The scan's number.</param>
    /// <param name="devices">The devices' names.</param>
    /// <returns>False when one is not free; nothing is then taken.</returns>
    public bool TryAcquire(int scan, IReadOnlyCollection<string> devices) => TryTake(scan, devices, waits: false);

    /// <summary>Takes all devices; waits until all are free.</summary>
    /// <param name="scan">The scan's number.</param>
    /// <param name="devices">The devices' names.</param>
    /// <param name="cancel">Ends the wait; nothing is then taken.</param>
    public async Task AcquireAsync(int scan, IReadOnlyCollection<string> devices, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                Task released;
                lock (_gate)
                {
                    released = _released.Task;
                }

                if (TryTake(scan, devices, waits: true))
                {
                    return;
                }

                await released.WaitAsync(cancel);
            }
        }
        catch (OperationCanceledException)
        {
            // Who comes behind may have waited for this one alone.
            Release(static _ => false, scan);
            throw;
        }
    }

    /// <summary>The devices that a scan waits for, with who has each: a scan, a set, or a scan that has waited longer.</summary>
    /// <param name="scan">The scan's number.</param>
    public IReadOnlyDictionary<string, DeviceUse> MissingFor(int scan)
    {
        lock (_gate)
        {
            Dictionary<string, DeviceUse> missing = new(StringComparer.Ordinal);
            var place = _waiting.FindIndex(w => w.Scan == scan);
            foreach (var device in place < 0 ? [] : _waiting[place].Devices)
            {
                if (_uses.TryGetValue(device, out var use))
                {
                    missing[device] = use;
                }
                else if (_waiting.Take(place).Where(w => w.Devices.Contains(device)).Select(w => (int?)w.Scan).FirstOrDefault() is { } earlier)
                {
                    missing[device] = new DeviceUse(earlier);
                }
            }

            return missing;
        }
    }

    /// <summary>Takes one device for a set.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="use">The set, to be released; where the device is in use, who uses it.</param>
    /// <returns>True when the device was free and is taken now.</returns>
    public bool TryTakeForSet(string device, out DeviceUse use)
    {
        lock (_gate)
        {
            if (_uses.TryGetValue(device, out var other))
            {
                use = other;
                return false;
            }

            _uses[device] = use = new DeviceUse(Scan: null);
            return true;
        }
    }

    /// <summary>Releases the device of a set, unless a stop has done so and others use it by now.</summary>
    /// <param name="set">The set.</param>
    public void Release(DeviceUse set) => Release(u => ReferenceEquals(u.Value, set));

    /// <summary>Releases a device from the set that was stopped.</summary>
    /// <param name="device">The device's name.</param>
    public void ReleaseStopped(string device) => Release(u => u.Key == device && u.Value.Scan is null);

    /// <summary>Releases all devices of a scan.</summary>
    /// <param name="scan">The scan's number.</param>
    public void Release(int scan) => Release(u => u.Value.Scan == scan);

    // Nobody overtakes one who waits longer for the same device.
    private bool TryTake(int scan, IReadOnlyCollection<string> devices, bool waits)
    {
        lock (_gate)
        {
            var place = _waiting.FindIndex(w => w.Scan == scan);
            var before = place < 0 ? _waiting : _waiting.Take(place);
            if (devices.Any(_uses.ContainsKey) || before.Any(w => w.Devices.Any(devices.Contains)))
            {
                if (place < 0 && waits)
                {
                    _waiting.Add((scan, devices));
                    Changed.Set();
                }

                return false;
            }

            var use = new DeviceUse(scan);
            foreach (var device in devices)
            {
                _uses[device] = use;
            }

            if (place >= 0)
            {
                _waiting.RemoveAt(place);
            }
        }

        Changed.Set();
        return true;
    }

    private void Release(Func<KeyValuePair<string, DeviceUse>, bool> which, int? givesUp = null)
    {
        TaskCompletionSource released;
        lock (_gate)
        {
            foreach (var device in _uses.Where(which).Select(u => u.Key).ToList())
            {
                _uses.Remove(device);
            }

            _waiting.RemoveAll(w => w.Scan == givesUp);
            released = _released;
            _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        released.SetResult();
        Changed.Set();
    }
}
