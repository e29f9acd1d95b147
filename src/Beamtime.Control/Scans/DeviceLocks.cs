namespace Beamtime.Control.Scans;

/// <summary>
/// Which scan uses which devices. A scan takes all its devices at once or waits, so that two scans never wait for each
/// other.
/// </summary>
internal sealed class DeviceLocks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _owners = new(StringComparer.Ordinal);
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The number of the scan that uses a device; null when it is free.</summary>
    /// <param name="device">The device's name.</param>
    public int? OwnerOf(string device)
    {
        lock (_gate)
        {
            return _owners.TryGetValue(device, out var owner) ? owner : null;
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
                if (!devices.Any(_owners.ContainsKey))
                {
                    foreach (var device in devices)
                    {
                        _owners[device] = scan;
                    }

                    return;
                }

                released = _released.Task;
            }

            await released.WaitAsync(cancel);
        }
    }

    /// <summary>Releases all devices of a scan.</summary>
    /// <param name="scan">The scan's number.</param>
    public void Release(int scan)
    {
        TaskCompletionSource released;
        lock (_gate)
        {
            foreach (var device in _owners.Where(o => o.Value == scan).Select(o => o.Key).ToList())
            {
                _owners.Remove(device);
            }

            released = _released;
            _released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        released.SetResult();
    }
}
