using Beamtime.Control;
using Beamtime.Control.Devices;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Workflows;
using Beamtime.Data;

namespace Beamtime.Roles;

/// <summary>Puts together what tells how the program does.</summary>
internal static class SightRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds metrics with the samples of all parts.</summary>
        /// <param name="settings">The effective settings.</param>
        public IServiceCollection AddSight(EffectiveSettings settings)
        {
            services.AddTelemetry(
                settings.Get<TelemetryOptions>(),
                typeof(TelemetryOptions).Assembly,
                typeof(ControlRegistration).Assembly,
                typeof(DataRegistration).Assembly,
                typeof(SightRegistration).Assembly);
            foreach (var borrowed in DatabaseMetrics.Borrowed)
            {
                services.AddSingleton(borrowed);
            }

            return services
                .AddSample("database", (s, cancel) => DatabaseMetrics.SampleAsync(
                    s.GetRequiredService<BeamtimeDatabase>(), s.GetRequiredService<TimeProvider>(), cancel))
                .AddSample("ledger", (s, cancel) => LedgerMetrics.SampleAsync(s.GetRequiredService<BeamtimeDatabase>(), cancel))
                .AddSample("jobs", (s, cancel) => s.GetRequiredService<JobMetrics>().SampleAsync(
                    s.GetRequiredService<BeamtimeDatabase>(), cancel))
                .AddSample("workflows", (s, cancel) => WorkflowMetrics.SampleAsync(s.GetRequiredService<BeamtimeDatabase>(), cancel))
                .AddSample("devices", (s, _) =>
                {
                    if (s.GetService<DeviceRoster>() is { } roster)
                    {
                        DeviceMetrics.Sample(roster);
                    }

                    return Task.CompletedTask;
                });
        }

        private IServiceCollection AddSample(string name, Func<IServiceProvider, CancellationToken, Task> take) =>
            services.AddSingleton(s => new MetricSample(name, cancel => take(s, cancel)));
    }
}
