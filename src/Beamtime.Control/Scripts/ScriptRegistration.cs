using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Moves;
using Beamtime.Core.Jobs;
using Beamtime.Core.Workflows;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control.Scripts;

/// <summary>Registers server scripts with the host and the workers.</summary>
internal static class ScriptRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds server scripts: their catalogue, desk and work.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddScripts(string beamline) => services
            .AddSingleton<ScriptCatalogue>()
            .AddSingleton<ScriptStore>()
            .AddSingleton<ScriptDesk>()
            .AddSingleton(s => new ScriptRoom(
                s.GetRequiredService<ScanDesk>(),
                s.GetRequiredService<ScanStore>(),
                s.GetRequiredService<ScanRecorder>(),
                s.GetRequiredService<MoveDesk>(),
                s.GetRequiredService<DeviceDesk>(),
                s.GetRequiredService<ScriptOptions>(),
                beamline,
                s.GetRequiredService<TimeProvider>()))
            .AddSingleton<ScriptWork>();
    }

    extension(JobHandlers handlers)
    {
        /// <summary>Has a worker run server scripts.</summary>
        /// <param name="services">The host's services, with <see cref="ScriptWork"/> among them.</param>
        public JobHandlers AddScripts(IServiceProvider services)
        {
            var work = services.GetRequiredService<ScriptWork>();
            services.GetRequiredService<WorkflowRunner>().Add(handlers, work.Kind, work.RunAsync);
            return handlers;
        }
    }
}
