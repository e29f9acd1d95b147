using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Points;

/// <summary>Registers points.</summary>
internal static class PointRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the bundler.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddPoints(string beamline) => services
            .AddSingleton(s => new PointTopics(s.GetRequiredService<TopicHub>(), beamline))
            .AddSingleton(s => new PointBundler(
                s.GetRequiredService<ScanTopics>().Documents,
                s.GetRequiredService<Topic<PointReadings>>(),
                s.GetRequiredService<PointTopics>().Points,
                s.GetRequiredService<PointOptions>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<PointBundler>>()));
    }
}
