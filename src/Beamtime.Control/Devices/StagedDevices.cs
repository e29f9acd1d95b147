namespace Beamtime.Control.Devices;

/// <summary>The names of devices that an owner has made ready and not released.</summary>
internal sealed class StagedDevices
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Takes note of a device that is made ready or released.</summary>
    /// <param name="staging">The operation.</param>
    public void Note(in Operation staging)
    {
        lock (_gate)
        {
            _ = staging.Kind == OperationKind.Stage ? _names.Add(staging.Device) : _names.Remove(staging.Device);
        }
    }

    /// <summary>All of them; none are left.</summary>
    public IReadOnlyList<string> TakeAll()
    {
        lock (_gate)
        {
            string[] names = [.. _names];
            _names.Clear();
            return names;
        }
    }
}
