using Beamtime.Core.Topics;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices.Asynchronous;

/// <summary>Begins and ends the files of asynchronous data as devices are staged and released.</summary>
/// <param name="indices">Takes how far signals are.</param>
/// <param name="options">Bounds.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The log.</param>
internal sealed class AsynchronousRecorder(
    Topic<AsynchronousIndex> indices, DeviceOptions options, TimeProvider time, ILogger log)
{
    private readonly H5Compression _compression = H5Compression.Find(options.AsynchronousCompression)
        ?? throw AsynchronousErrors.Unfit.Fault($"devices.asynchronous_compression is '{options.AsynchronousCompression}'.");

    private readonly Lock _gate = new();
    private readonly Dictionary<string, AsynchronousWriter> _open = new(StringComparer.Ordinal);

    /// <summary>Makes the file of a device that is being staged, and gives the device its sink.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="device">The device.</param>
    /// <param name="scan">The scan.</param>
    /// <returns>The file.</returns>
    /// <exception cref="FaultException">The file cannot be made.</exception>
    public async ValueTask<AsynchronousFile> BeginAsync(string name, IAsynchronous device, ScanSetup scan)
    {
        await EndAsync(name);
        // Room of its own: a device that gives more than the disk takes holds up no other.
        var room = new AsynchronousRoom(options.AsynchronousMemory, options.AsynchronousMinimumFree);
        var writer = AsynchronousWriter.Create(name, device.AsynchronousSignals, scan, room, Tell, _compression, time, log);
        lock (_gate)
        {
            _open[name] = writer;
        }

        device.Begin(writer);
        return writer.Description;
    }

    /// <summary>Closes the file of a device that was released; does nothing where there is none.</summary>
    /// <param name="name">The device's name.</param>
    /// <exception cref="FaultException">The file is not whole.</exception>
    public async ValueTask EndAsync(string name)
    {
        AsynchronousWriter? writer;
        lock (_gate)
        {
            _open.Remove(name, out writer);
        }

        if (writer is not null && await writer.EndAsync() is { } fault)
        {
            throw new FaultException(fault);
        }
    }

    // Viewers only; whoever misses one is told by the next.
    private void Tell(AsynchronousIndex index) => _ = indices.TryPublish(index);
}
