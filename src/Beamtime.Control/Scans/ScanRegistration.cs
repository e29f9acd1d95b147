using Beamtime.Control.Devices;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Plugins;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control.Scans;

/// <summary>Registers scans.</summary>
internal static class ScanRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the scan server of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddScans(string beamline) => services
            .AddSingleton(s => new ScanTopics(s.GetRequiredService<TopicHub>(), beamline))
            .AddSingleton(s => new ScanCatalogue(s.GetRequiredService<PluginRegistry>()))
            .AddSingleton<ScanGuard>()
            .AddSingleton<ScanStore>()
            .AddSingleton<ScanQueue>()
            .AddSingleton(s => new ScanRoom(
                s.GetRequiredService<ScanStore>(),
                s.GetRequiredService<ScanQueue>(),
                s.GetRequiredService<ScanGuard>(),
                s.GetRequiredService<ScanRecorder>(),
                s.GetRequiredService<DeviceLocks>(),
                s.GetRequiredService<DeviceBook>(),
                s.GetRequiredService<DeviceLink>(),
                s.GetRequiredService<ScanTopics>().Documents,
                s.GetRequiredService<ScanOptions>()))
            .AddSingleton<ScanWorker>();
    }
}
