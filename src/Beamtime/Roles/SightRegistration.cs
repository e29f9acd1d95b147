using Beamtime.Control;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Topics;
using Beamtime.Core.Workflows;
using Beamtime.Data;
using Beamtime.Data.Storage;

namespace Beamtime.Roles;

/// <summary>Puts together what tells how the program does.</summary>
internal static class SightRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds metrics with the samples of all parts.</summary>
        /// <param name="launch">Settings and roles.</param>
        public IServiceCollection AddSight(HostLaunch launch)
        {
            services.AddTelemetry(
                launch.Settings.Get<TelemetryOptions>(),
                typeof(TelemetryOptions).Assembly,
                typeof(ControlRegistration).Assembly,
                typeof(DataRegistration).Assembly,
                typeof(SightRegistration).Assembly);
            foreach (var borrowed in DatabaseMetrics.Borrowed)
            {
                services.AddSingleton(borrowed);
            }

            services.AddSingleton(_ => new TraceExport(
                launch.Settings.Get<TelemetryOptions>(),
                new LogOrigin(launch.Roles.ToString(), launch.Settings.Get<ScanOptions>().Beamline)));
            services.AddReadiness(launch.Roles);
            return services
                .AddSample("database", (s, cancel) => DatabaseMetrics.SampleAsync(
                    s.GetRequiredService<BeamtimeDatabase>(), s.GetRequiredService<TimeProvider>(), cancel))
                .AddSample("ledger", (s, cancel) => LedgerMetrics.SampleAsync(s.GetRequiredService<BeamtimeDatabase>(), cancel))
                .AddSample("jobs", (s, cancel) => s.GetRequiredService<JobMetrics>().SampleAsync(
                    s.GetRequiredService<BeamtimeDatabase>(), cancel))
                .AddSample("workflows", (s, cancel) => WorkflowMetrics.SampleAsync(s.GetRequiredService<BeamtimeDatabase>(), cancel))
                .AddSample("loops", (s, _) =>
                {
                    ProgramMetrics.Sample(s.GetRequiredService<LoopBoard>(), s.GetRequiredService<TimeProvider>());
                    return Task.CompletedTask;
                })
                .AddSample("topics", (s, _) =>
                {
                    // Who takes no part in scans opens no topics, and need not connect to look at them.
                    if (launch.Roles.IsAtBeamline)
                    {
                        TopicMetrics.Sample(s.GetRequiredService<TopicHub>());
                    }

                    return Task.CompletedTask;
                })
                .AddSample("scans", (s, cancel) => s.GetService<ScanWorkers>() is null
                    ? Task.CompletedTask
                    : ScanMetrics.SampleAsync(s.GetRequiredService<QueueView>(), cancel))
                .AddSample("devices", (s, _) =>
                {
                    if (s.GetService<DeviceRoster>() is { } roster)
                    {
                        DeviceMetrics.Sample(roster);
                    }

                    return Task.CompletedTask;
                });
        }

        private void AddReadiness(RoleSet roles)
        {
            services
                .AddCheck("database", isNeeded: true, (s, cancel) => ReadyChecks.DatabaseAsync(
                    s.GetRequiredService<BeamtimeDatabase>(), s.GetRequiredService<TimeProvider>(), cancel))
                .AddCheck("loops", isNeeded: true, (s, _) => Task.FromResult(ReadyChecks.Loops(
                    s.GetRequiredService<LoopBoard>(), s.GetRequiredService<TelemetryOptions>(), s.GetRequiredService<TimeProvider>())))
                .AddCheck("jobs", isNeeded: false, (s, cancel) => ReadyChecks.JobsAsync(
                    s.GetRequiredService<BeamtimeDatabase>(), s.GetRequiredService<TelemetryOptions>(), cancel))
                .AddCheck("workers", isNeeded: false, (s, cancel) => ReadyChecks.WorkersAsync(
                    s.GetRequiredService<WorkerRegister>(), cancel))
                .AddCheck("scheduler", isNeeded: false, (s, cancel) => ReadyChecks.SchedulerAsync(
                    s.GetRequiredService<BeamtimeDatabase>(), cancel))
                .AddCheck("disk", isNeeded: true, (s, _) => Task.FromResult(ReadyChecks.Disk(
                    ClusterFolder.For(s.GetRequiredService<DatabaseOptions>()).Root,
                    s.GetRequiredService<DatabaseOptions>(),
                    s.GetRequiredService<StorageSet>())))
                .AddCheck("topics", isNeeded: true, (s, cancel) => ReadyChecks.TopicsAsync(
                    s.GetRequiredService<TopicHub>(), s.GetRequiredService<TimeProvider>(), cancel));
            if (roles.Has(Role.DeviceServer))
            {
                services.AddCheck("devices", isNeeded: false, (s, _) => Task.FromResult(
                    ReadyChecks.Devices(s.GetRequiredService<DeviceRoster>())));
            }
        }

        private IServiceCollection AddCheck(
            string name, bool isNeeded, Func<IServiceProvider, CancellationToken, Task<HealthFinding>> look) =>
            services.AddSingleton(s => new HealthCheck(name, isNeeded, cancel => look(s, cancel)));

        private IServiceCollection AddSample(string name, Func<IServiceProvider, CancellationToken, Task> take) =>
            services.AddSingleton(s => new MetricSample(name, cancel => take(s, cancel)));
    }
}
