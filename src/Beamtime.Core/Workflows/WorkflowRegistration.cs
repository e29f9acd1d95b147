using Beamtime.Core.Database;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Core.Workflows;

/// <summary>Registers workflows, above jobs.</summary>
internal static class WorkflowRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>The store that starts and shows workflows, and the runner that domains add their kinds to.</summary>
        /// <param name="seed">Seed of the retries' jitter.</param>
        public IServiceCollection AddWorkflows(int seed) => services
            .AddSingleton<WorkflowStore>()
            .AddSingleton(provider => new WorkflowRunner(
                provider.GetRequiredService<BeamtimeDatabase>(), seed, provider.GetRequiredService<TimeProvider>()));
    }
}
