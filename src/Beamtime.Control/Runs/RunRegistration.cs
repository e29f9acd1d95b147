using Beamtime.Control.Beamline;
using Beamtime.Control.Procedures;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control.Runs;

/// <summary>Registers what admits runs, and what ties procedures to the beamline and to scans.</summary>
internal static class RunRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the gate, the procedures of the beamline and their action <c>scan</c>.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddRuns(string beamline) => services
            .AddSingleton<GateKeeper>()
            .AddSingleton(s => ActivatorUtilities.CreateInstance<ScanAction>(s).Action)
            .AddProcedures(beamline, s => s.GetRequiredService<BeamlineDescription>().Writable.Contains);
    }
}
