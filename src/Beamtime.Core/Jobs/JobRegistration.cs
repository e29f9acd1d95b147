using System.Globalization;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs.Schedules;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Jobs;

/// <summary>Registers the job queue; the database and the clock are registered by the host.</summary>
internal static class JobRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>The queue, its store, its counters and the handlers that the domains fill.</summary>
        public IServiceCollection AddJobs() => services
            .AddSingleton<JobMetrics>()
            .AddSingleton(s => new JobHandlers { TraceOf = new JobTraces(s.GetRequiredService<BeamtimeDatabase>().Source).FindAsync })
            .AddSingleton<JobQueue>()
            .AddSingleton<WorkQueueStore>()
            .AddSingleton(s => new WorkerRegister(s.GetRequiredService<BeamtimeDatabase>().Source))
            .AddSingleton<JobStore>()
            .AddSingleton<JobResults>()
            .AddSingleton<ScheduleStore>()
            .AddSingleton(s => new Scheduler(
                s.GetRequiredService<BeamtimeDatabase>(),
                s.GetRequiredService<ScheduleStore>(),
                string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}"),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<Scheduler>>()));
    }
}
