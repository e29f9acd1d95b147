using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Points;

/// <summary>Registers points.</summary>
internal static class PointRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what the bundler says; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddPointTopics(string beamline)
        {
            services.TryAddSingleton(s => new PointTopics(s.GetRequiredService<TopicHub>(), beamline));
            return services;
        }

        /// <summary>Adds the bundler.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddPoints(string beamline) => services
            .AddPointTopics(beamline)
            .AddDeviceTopics(beamline)
            .AddScanDesk(beamline)
            .AddSingleton(s => new PointBundler(
                s.GetRequiredService<ScanTopics>().Documents,
                s.GetRequiredService<DeviceTopics>().Readings,
                s.GetRequiredService<PointTopics>(),
                s.GetRequiredService<DeviceTopics>(),
                s.GetRequiredService<PointOptions>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<PointBundler>>()));
    }
}
