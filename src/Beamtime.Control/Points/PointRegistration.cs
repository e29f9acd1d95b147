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
        public IServiceCollection AddPoints() => services
            .AddSingleton(s => new PointBundler(
                s.GetRequiredService<ScanTopics>().Documents,
                s.GetRequiredService<Topic<PointReadings>>(),
                s.GetRequiredService<ScanTopics>().Points,
                s.GetRequiredService<PointOptions>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<PointBundler>>()));
    }
}
