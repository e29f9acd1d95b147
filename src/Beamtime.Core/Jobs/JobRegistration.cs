using Beamtime.Core.Database;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Core.Jobs;

/// <summary>Registers the job queue; the database and the clock are registered by the host.</summary>
internal static class JobRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>The queue, its store, its counters and the handlers that the domains fill.</summary>
        public IServiceCollection AddJobs() => services
            .AddSingleton<JobMetrics>()
            .AddSingleton<JobHandlers>()
            .AddSingleton<JobQueue>()
            .AddSingleton<WorkQueueStore>()
            .AddSingleton(s => new WorkerRegister(s.GetRequiredService<BeamtimeDatabase>().Source))
            .AddSingleton<JobStore>()
            .AddSingleton<JobResults>();
    }
}
