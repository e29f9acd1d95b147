using Beamtime.Core.Jobs;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Data.Compute;

/// <summary>Registers compute with the host and the workers.</summary>
internal static class ComputeRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds compute processes and what runs in them.</summary>
        public IServiceCollection AddCompute() => services
            .AddSingleton<ComputeProcess>()
            .AddSingleton<ReconstructionProcess>()
            .AddSingleton<RotationCentreJob>();
    }

    extension(JobHandlers handlers)
    {
        /// <summary>Has a worker answer compute requests.</summary>
        /// <param name="services">The host's services.</param>
        public JobHandlers AddCompute(IServiceProvider services) =>
            handlers.Add(RotationCentreJob.Kind, services.GetRequiredService<RotationCentreJob>().RunAsync);
    }
}
