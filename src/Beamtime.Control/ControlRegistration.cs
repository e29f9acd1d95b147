using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Control.Points;
using Beamtime.Control.Procedures;
using Beamtime.Control.Recording;
using Beamtime.Control.Runs;
using Beamtime.Control.Scans;
using Beamtime.Core.Settings;
using Beamtime.Core.Topics;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Beamtime.Control;

/// <summary>Registers the half that measures.</summary>
internal static class ControlRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds devices, scans, points and recording of the beamline, with their loops.</summary>
        /// <param name="settings">The effective settings.</param>
        /// <param name="roster">The beamline's devices, connected.</param>
        /// <param name="recordings">The folder of all recordings.</param>
        /// <param name="dataFolder">The program's data folder; exists.</param>
        public IServiceCollection AddControl(
            EffectiveSettings settings, DeviceRoster roster, string recordings, string dataFolder)
        {
            var beamline = settings.Get<ScanOptions>().Beamline;
            services.TryAddSingleton<TopicHub>(s => new LocalTopics(s.GetRequiredService<TimeProvider>()));
            return services
                .AddDevices(beamline, roster, Path.Combine(dataFolder, $"{beamline}.device-epoch"))
                .AddDeviceOwner(beamline)
                .AddScans(beamline)
                .AddPoints(beamline)
                .AddRecording(beamline, recordings)
                .AddRecordingWatch()
                .AddBeamline()
                .AddRuns(beamline);
        }
    }

    extension(IServiceProvider services)
    {
        /// <summary>
        /// Reads the site's description of the beamline and its procedures, sets up the gate, and finishes what a program
        /// that died left: recordings that were open; procedures that ran are held.
        /// </summary>
        /// <param name="cancel">Gives up.</param>
        /// <exception cref="Beamtime.Sdk.Errors.RefusedException">All mistakes in the site's files.</exception>
        public async Task RecoverControlAsync(CancellationToken cancel)
        {
            await services.GetRequiredService<DeviceAnnouncer>().AnnounceAsync(cancel);
            await services.GetRequiredService<DeviceWatch>().LookAsync(cancel);
            services.GetRequiredService<ScanGuard>().Require(services.GetRequiredService<GateKeeper>().Against);
            var procedures = services.GetRequiredService<ProcedureDesk>();
            await procedures.HoldInterruptedAsync(cancel);
            await services.GetRequiredService<RecordingRecovery>().RecoverAsync(cancel);
        }

        /// <summary>The loops, in the order in which they start; they stop in the reverse order.</summary>
        public IReadOnlyList<(string Name, Func<CancellationToken, Task> Run)> ControlLoops() =>
        [
            ("device server", services.GetRequiredService<DeviceServer>().RunAsync),
            ("device announcer", services.GetRequiredService<DeviceAnnouncer>().RunAsync),
            ("device watch", services.GetRequiredService<DeviceWatch>().RunAsync),
            ("device setter", services.GetRequiredService<DeviceSetter>().RunAsync),
            ("file writer", services.GetRequiredService<FileWriter>().RunAsync),
            ("permit watch", services.GetRequiredService<PermitWatch>().RunAsync),
            ("bundler", services.GetRequiredService<PointBundler>().RunAsync),
            ("recording watch", services.GetRequiredService<RecordingWatch>().RunAsync),
            ("scan worker", services.GetRequiredService<ScanWorker>().RunAsync),
            ("procedure runner", services.GetRequiredService<ProcedureRunner>().RunAsync),
        ];
    }

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of devices, scans, points, the beamline, the gate and procedures.</summary>
        public IEndpointRouteBuilder MapControl() => 
            routes.MapDevices().MapScans().MapPoints().MapBeamline().MapGate().MapProcedures();
    }
}
