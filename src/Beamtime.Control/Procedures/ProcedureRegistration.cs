using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Beamtime.Control.Procedures;

/// <summary>Registers procedures; the host registers jobs, other parts register their actions.</summary>
internal static class ProcedureRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what every process needs that asks for procedures; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddProcedureTopics(string beamline)
        {
            services.TryAddSingleton(s => new ProcedureTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<ProcedureStore>();
            return services;
        }

        /// <summary>Adds the runbook of a beamline and what carries it out.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="mayWrite">Makes the question whether an address may be written.</param>
        public IServiceCollection AddProcedures(string beamline, Func<IServiceProvider, WritePermission> mayWrite)
        {
            services.TryAddSingleton<RotationCentreFinder>(s =>
                ActivatorUtilities.CreateInstance<RotationCentreJobs>(s).FindAsync);
            return services
                .AddSingleton(mayWrite)
                .AddSingleton(s => ProcedureAction.Wait(s.GetRequiredService<TimeProvider>()))
                .AddSingleton<IReadOnlyDictionary<string, ProcedureAction>>(s =>
                    s.GetServices<ProcedureAction>().ToDictionary(a => a.Name, StringComparer.Ordinal))
                .AddSingleton(s => new ProcedureBook(
                    ProcedureFile.Read(
                        s.GetRequiredService<Site>().ProceduresFile,
                        s.GetRequiredService<DeviceBook>(),
                        s.GetRequiredService<WritePermission>(),
                        s.GetRequiredService<IReadOnlyDictionary<string, ProcedureAction>>()),
                    s.GetRequiredService<DeviceBook>()))
                .AddProcedureTopics(beamline)
                .AddSingleton<StepConductor>()
                .AddSingleton<ProcedureRunner>()
                .AddSingleton<ProcedureReception>()
                .AddSingleton(s => ActivatorUtilities.CreateInstance<ProcedureDesk>(s, beamline));
        }
    }
}
