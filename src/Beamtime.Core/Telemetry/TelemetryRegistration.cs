using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Core.Telemetry;

/// <summary>Registers what tells how the program does.</summary>
internal static class TelemetryRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Adds the collecting of metrics; the parts of the program add their <see cref="MetricSample"/>s and
        /// <see cref="BorrowedMetric"/>s.
        /// </summary>
        /// <param name="options">The bounds.</param>
        /// <param name="declaring">Assemblies whose instruments are shown.</param>
        public IServiceCollection AddTelemetry(TelemetryOptions options, params IReadOnlyList<Assembly> declaring) => services
            .AddSingleton(s => new MetricCollector(options.SeriesLimit, s.GetServices<BorrowedMetric>(), declaring))
            .AddSingleton<MetricSampling>()
            .AddSingleton<LoopBoard>()
            .AddSingleton<HealthBoard>();
    }
}
