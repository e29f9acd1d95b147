using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Core.Workflows;

/// <summary>Registers workflows, above jobs.</summary>
internal static class WorkflowRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>The store that starts and shows workflows, the desk, and the runner that domains add their kinds to.</summary>
        /// <param name="seed">Seed of the retries' jitter.</param>
        public IServiceCollection AddWorkflows(int seed) => services
            .AddSingleton<WorkflowKinds>()
            .AddSingleton<WorkflowStore>()
            .AddSingleton<WorkflowDesk>()
            .AddSingleton<WorkflowSweeper>()
            .AddSingleton(provider => new WorkflowRunner(
                provider.GetRequiredService<BeamtimeDatabase>(),
                provider.GetRequiredService<JobQueue>(),
                provider.GetRequiredService<WorkflowKinds>(),
                seed,
                provider.GetRequiredService<TimeProvider>()));
    }
}
