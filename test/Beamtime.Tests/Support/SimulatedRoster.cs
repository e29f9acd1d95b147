using Beamtime.Control.Devices;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Support;

/// <summary>A roster of simulated devices, from the text of a <c>devices.yaml</c>.</summary>
internal static class SimulatedRoster
{
    public static async Task<DeviceRoster> ConnectAsync(
        TemporaryFolder folder, string devices, TimeProvider time, CancellationToken cancel)
    {
        var file = folder["devices.yaml"];
        await File.WriteAllTextAsync(file, devices, cancel);
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        return await DeviceRoster.ConnectAsync(
            DeviceFile.Read(file), plugins, new DeviceOptions(), time, NullLogger<DeviceRoster>.Instance, cancel);
    }
}
