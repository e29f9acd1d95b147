using Beamtime.Core.Topics;

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
/// each other; a set takes its one device for as long as it lasts, or is refused.
/// </summary>
internal sealed class DeviceLocks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DeviceUse> _uses = new(StringComparer.Ordinal);
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

    /// <summary>Takes all devices; waits until all are free.</summary>
    /// <param name="scan">The scan's number.</param>
    /// <param name="devices">The devices' names.</param>
    /// <param name="cancel">Ends the wait; nothing is then taken.</param>
    public async Task AcquireAsync(int scan, IReadOnlyCollection<string> devices, CancellationToken cancel)
    {
        while (true)
        {
            Task released;
            lock (_gate)
            {
                if (!devices.Any(_uses.ContainsKey))
                {
                    var use = new DeviceUse(scan);
                    foreach (var device in devices)
                    {
                        _uses[device] = use;
                    }

                    Changed.Set();
                    return;
                }

                released = _released.Task;
            }

            await released.WaitAsync(cancel);
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

    private void Release(Func<KeyValuePair<string, DeviceUse>, bool> which)
    {
        TaskCompletionSource released;
        lock (_gate)
        {
            foreach (var device in _uses.Where(which).Select(u => u.Key).ToList())
            {
                _uses.Remove(device);
            }

            released = _released;
            _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        released.SetResult();
        Changed.Set();
    }
}
