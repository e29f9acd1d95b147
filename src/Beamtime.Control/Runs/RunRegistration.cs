using Beamtime.Control.Beamline;
using Beamtime.Control.Procedures;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Beamtime.Control.Runs;

/// <summary>Registers what admits runs, and what ties procedures to the beamline and to scans.</summary>
internal static class RunRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what every process needs that asks the gate; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddGateTopics(string beamline)
        {
            services.TryAddSingleton(s => new GateTopics(s.GetRequiredService<TopicHub>(), beamline));
            return services;
        }

        /// <summary>Adds the gate, the procedures of the beamline and their action <c>scan</c>.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddRuns(string beamline) => services
            .AddGateTopics(beamline)
            .AddSingleton<GateReception>()
            .AddSingleton<GateKeeper>()
            .AddSingleton(s => ActivatorUtilities.CreateInstance<ScanAction>(s).Action)
            .AddProcedures(beamline, s => s.GetRequiredService<BeamlineDescription>().Writable.Contains);
    }
}
