using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Control.Points;
using Beamtime.Control.Procedures;
using Beamtime.Control.Recording;
using Beamtime.Control.Runs;
using Beamtime.Control.Scans;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control;

/// <summary>Registers the half that measures, part by part.</summary>
internal static class ControlRegistration
{
    private static readonly TimeSpan RosterPoll = TimeSpan.FromMilliseconds(200);

    extension(IServiceCollection services)
    {
        /// <summary>Adds what REST needs of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="recordings">The folder of all recordings.</param>
        public IServiceCollection AddControlApi(string beamline, string recordings) => services
            .AddDeviceLink(beamline)
            .AddScanDesk(beamline)
            .AddPointTopics(beamline)
            .AddRecorder(beamline, recordings)
            .AddBeamlineTopics(beamline)
            .AddGateTopics(beamline)
            .AddProcedureTopics(beamline);

        /// <summary>Adds the scan server of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="recordings">The folder of all recordings.</param>
        public IServiceCollection AddScanServer(string beamline, string recordings) => services
            .AddDeviceOwner(beamline)
            .AddScans(beamline)
            .AddRecorder(beamline, recordings)
            .AddRecordingWatch()
            .AddBeamline(beamline)
            .AddRuns(beamline);

        /// <summary>Adds the device server of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="roster">The beamline's devices, connected.</param>
        /// <param name="dataFolder">The program's data folder; exists.</param>
        public IServiceCollection AddDeviceServer(string beamline, DeviceRoster roster, string dataFolder) =>
            services.AddDevices(beamline, roster, Path.Combine(dataFolder, $"{beamline}.device-epoch"));

        /// <summary>Adds the bundler of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddBundler(string beamline) => services.AddPoints(beamline);

        /// <summary>Adds the file writer of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="recordings">The folder of all recordings.</param>
        public IServiceCollection AddFileWriter(string beamline, string recordings) =>
            services.AddRecording(beamline, recordings);
    }

    extension(IServiceProvider services)
    {
        /// <summary>
        /// Before the loops: tells which devices there are, or learns it; reads the site's description of the beamline and its
        /// procedures, sets up the gate, and finishes what a program that died left: recordings whose scans are over;
        /// procedures that ran are held. A scan server waits here until a device server was heard.
        /// </summary>
        /// <param name="parts">The parts of this process.</param>
        /// <param name="cancel">Gives up.</param>
        /// <exception cref="Beamtime.Sdk.Errors.RefusedException">All mistakes in the site's files.</exception>
        public async Task RecoverControlAsync(ControlParts parts, CancellationToken cancel)
        {
            if (parts.HasFlag(ControlParts.DeviceServer))
            {
                await services.GetRequiredService<DeviceAnnouncer>().AnnounceAsync(cancel);
            }

            if ((parts & (ControlParts.Api | ControlParts.ScanServer)) != 0)
            {
                await services.GetRequiredService<DeviceWatch>().LookAsync(cancel);
            }

            if (parts.HasFlag(ControlParts.ScanServer))
            {
                while (services.GetRequiredService<DeviceBook>().Server is null)
                {
                    await Task.Delay(RosterPoll, services.GetRequiredService<TimeProvider>(), cancel);
                    await services.GetRequiredService<DeviceWatch>().LookAsync(cancel);
                }

                services.GetRequiredService<ScanGuard>().Require(services.GetRequiredService<GateKeeper>().Against);
                await services.GetRequiredService<ProcedureDesk>().HoldInterruptedAsync(cancel);
            }

            if (parts.HasFlag(ControlParts.FileWriter))
            {
                await services.GetRequiredService<RecordingRecovery>().RecoverAsync(cancel);
            }
        }

        /// <summary>The loops of the parts, in the order in which they start; they stop in the reverse order.</summary>
        /// <param name="parts">The parts of this process.</param>
        public IEnumerable<(ControlParts Part, string Name, Func<CancellationToken, Task> Run)> ControlLoops(ControlParts parts)
        {
            const ControlParts Users = ControlParts.Api | ControlParts.ScanServer;
            (ControlParts Parts, string Name, Func<Func<CancellationToken, Task>> Run)[] loops =
            [
                (ControlParts.DeviceServer, "device server", () => services.GetRequiredService<DeviceServer>().RunAsync),
                (ControlParts.DeviceServer, "device announcer", () => services.GetRequiredService<DeviceAnnouncer>().RunAsync),
                (Users, "device watch", () => services.GetRequiredService<DeviceWatch>().RunAsync),
                (ControlParts.ScanServer, "device setter", () => services.GetRequiredService<DeviceSetter>().RunAsync),
                (ControlParts.FileWriter, "file writer", () => services.GetRequiredService<FileWriter>().RunAsync),
                (ControlParts.ScanServer, "permit watch", () => services.GetRequiredService<PermitWatch>().RunAsync),
                (ControlParts.Bundler, "bundler", () => services.GetRequiredService<PointBundler>().RunAsync),
                (ControlParts.ScanServer, "recording watch", () => services.GetRequiredService<RecordingWatch>().RunAsync),
                (ControlParts.ScanServer, "scan worker", () => services.GetRequiredService<ScanWorker>().RunAsync),
                (ControlParts.ScanServer, "procedure runner", () => services.GetRequiredService<ProcedureRunner>().RunAsync),
                (ControlParts.ScanServer, "scan reception", () => services.GetRequiredService<ScanReception>().RunAsync),
                (ControlParts.ScanServer, "beamline reception", () => services.GetRequiredService<BeamlineReception>().RunAsync),
                (ControlParts.ScanServer, "gate reception", () => services.GetRequiredService<GateReception>().RunAsync),
                (ControlParts.ScanServer, "procedure reception", () => services.GetRequiredService<ProcedureReception>().RunAsync),
            ];
            return loops
                .Where(l => (l.Parts & parts) != 0)
                .Select(l => ((ControlParts)(-(int)(l.Parts & parts) & (int)(l.Parts & parts)), l.Name, l.Run()));
        }
    }

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of devices, scans, points, the beamline, the gate and procedures.</summary>
        public IEndpointRouteBuilder MapControl() =>
            routes.MapDevices().MapScans().MapPoints().MapBeamline().MapGate().MapProcedures();
    }
}
