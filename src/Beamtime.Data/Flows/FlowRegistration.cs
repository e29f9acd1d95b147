using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Data.Flows;

/// <summary>Registers flows with the host and the workers.</summary>
internal static class FlowRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the flows and the subscription that starts them.</summary>
        public IServiceCollection AddFlows() => services
            .AddSingleton<VolumeMaking>()
            .AddSingleton<RecordingFlow>()
            .AddSingleton<StorageCopyFlow>()
            .AddSingleton<StorageCopyDesk>()
            .AddSingleton<RecordingIntake>()
            .AddSingleton(s => new LedgerSubscription(
                s.GetRequiredService<BeamtimeDatabase>(),
                RecordingIntake.Name,
                [RecordingEntries.Kind],
                s.GetRequiredService<RecordingIntake>().TakeAsync,
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILoggerFactory>().CreateLogger<LedgerSubscription>()));
    }

    extension(JobHandlers handlers)
    {
        /// <summary>Has a worker run the flows.</summary>
        /// <param name="services">The host's services, with a <see cref="WorkflowRunner"/> among them.</param>
        public JobHandlers AddFlows(IServiceProvider services)
        {
            var runner = services.GetRequiredService<WorkflowRunner>();
            runner.Add(handlers, RecordingFlow.Kind, services.GetRequiredService<RecordingFlow>().RunAsync);
            runner.Add(handlers, StorageCopyFlow.Kind, services.GetRequiredService<StorageCopyFlow>().RunAsync);
            return handlers;
        }
    }
}
