using Beamtime.Control.Actors;
using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Control.Plugins;
using Beamtime.Control.Points;
using Beamtime.Control.Procedures;
using Beamtime.Control.Recording;
using Beamtime.Control.Recording.Retrieval;
using Beamtime.Control.Runs;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Control.Scans.Batons;
using Beamtime.Control.Scans.Groups;
using Beamtime.Control.Scans.Lists;
using Beamtime.Control.Scans.Metadata;
using Beamtime.Control.Scans.Moves;
using Beamtime.Control.Scans.Steps;
using Beamtime.Control.Scripts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control;

/// <summary>Registers the half that measures, part by part.</summary>
internal static class ControlRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what REST needs of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="recordings">The folder of all recordings.</param>
        public IServiceCollection AddControlApi(string beamline, string recordings) => services
            .AddPluginWatch(beamline)
            .AddDeviceLink(beamline)
            .AddScanDesk(beamline)
            .AddScripts(beamline)
            .AddSingleton<ActorDesk>()
            .AddSingleton<ActorWatch>()
            .AddPointTopics(beamline)
            .AddRecorder(beamline, recordings)
            .AddBeamlineTopics(beamline)
            .AddGateTopics(beamline)
            .AddProcedureTopics(beamline);

        /// <summary>Adds the scan server of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="recordings">The folder of all recordings.</param>
        public IServiceCollection AddScanServer(string beamline, string recordings) => services
            .AddPluginWatch(beamline)
            .AddDeviceOwner(beamline)
            .AddScans(beamline)
            .AddRecorder(beamline, recordings)
            .AddRecordingWatch()
            .AddBeamline(beamline)
            .AddRuns(beamline)
            .AddSingleton<ScanServerStart>();

        /// <summary>Adds the device server of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="roster">The beamline's devices, connected.</param>
        /// <param name="dataFolder">The program's data folder; exists.</param>
        public IServiceCollection AddDeviceServer(string beamline, DeviceRoster roster, string dataFolder) =>
            services.AddPluginWatch(beamline).AddDevices(beamline, roster, Path.Combine(dataFolder, $"{beamline}.device-epoch"));

        /// <summary>Adds the bundler of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddBundler(string beamline) => services.AddPoints(beamline);

        /// <summary>Adds the file writer of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="recordings">The folder of all recordings.</param>
        public IServiceCollection AddFileWriter(string beamline, string recordings) =>
            services.AddPluginWatch(beamline).AddRecording(beamline, recordings);
    }

    extension(IServiceProvider services)
    {
        /// <summary>
        /// Before the loops: tells which devices there are, or learns it; reads the site's description of the beamline and its
        /// procedures, sets up the gate, and finishes what a program that died left: recordings whose scans are over;
        /// procedures that ran are held.
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

            // Together with the device server: a mistake in the site's files keeps the program from starting.
            if (parts.HasFlag(ControlParts.ScanServer | ControlParts.DeviceServer))
            {
                await services.GetRequiredService<ScanServerStart>().DoAsync(cancel);
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
            (ControlParts Part, string Name, Func<CancellationToken, Task> Run)[] loops =
            [
                (parts & (ControlParts.All ^ ControlParts.Bundler), "plugin watch", Run<PluginWatch>(w => w.RunAsync)),
                (ControlParts.ScanServer, "plugin reception", Run<PluginReception>(r => r.RunAsync)),
                (parts & ControlParts.Api, "actor watch", Run<ActorWatch>(w => w.RunAsync)),
                (ControlParts.DeviceServer, "device server", Run<DeviceServer>(d => d.RunAsync)),
                (ControlParts.DeviceServer, "roster editor", Run<RosterEditor>(e => e.RunAsync)),
                (ControlParts.DeviceServer, "device announcer", Run<DeviceAnnouncer>(d => d.RunAsync)),
                (parts & (ControlParts.Api | ControlParts.ScanServer), "device watch", Run<DeviceWatch>(d => d.RunAsync)),
                (ControlParts.ScanServer, "device setter", Run<DeviceSetter>(d => d.RunAsync)),
                (ControlParts.ScanServer, "device configurator", Run<DeviceConfigurator>(c => c.RunAsync)),
                (ControlParts.ScanServer, "step reception", Run<StepReception>(r => r.RunAsync)),
                (ControlParts.ScanServer, "move history", Run<MoveHistory>(h => h.RunAsync)),
                (ControlParts.ScanServer, "mover", Run<Mover>(m => m.RunAsync)),
                (ControlParts.FileWriter, "file writer", Run<FileWriter>(w => w.RunAsync)),
                (ControlParts.FileWriter, "point reception", Run<PointReception>(r => r.RunAsync)),
                (ControlParts.ScanServer, "permit watch", Started<PermitWatch>(w => w.RunAsync)),
                (ControlParts.Bundler, "bundler", Run<PointBundler>(b => b.RunAsync)),
                (ControlParts.ScanServer, "recording watch", Run<RecordingWatch>(w => w.RunAsync)),
                (ControlParts.ScanServer, "scan worker", Started<ScanWorkers>(w => w.RunAsync)),
                (ControlParts.ScanServer, "procedure runner", Started<ProcedureRunner>(r => r.RunAsync)),
                (ControlParts.ScanServer, "scan reception", Started<ScanReception>(r => r.RunAsync)),
                (ControlParts.ScanServer, "scan lists", Started<ScanLists>(l => l.RunAsync)),
                (ControlParts.ScanServer, "baton keeper", Started<BatonKeeper>(k => k.RunAsync)),
                (ControlParts.ScanServer, "alarm bell", Started<AlarmBell>(b => b.RunAsync)),
                (ControlParts.ScanServer, "beamline reception", Started<BeamlineReception>(r => r.RunAsync)),
                (ControlParts.ScanServer, "state watch", Started<StateWatch>(w => w.RunAsync)),
                (ControlParts.ScanServer, "interlock", Started<Interlock>(i => i.RunAsync)),
                (ControlParts.ScanServer, "state desk", Started<StateDesk>(d => d.RunAsync)),
                (ControlParts.ScanServer, "gate reception", Started<GateReception>(r => r.RunAsync)),
                (ControlParts.ScanServer, "procedure reception", Started<ProcedureReception>(r => r.RunAsync)),
            ];
            return loops
                .Where(l => (l.Part & parts) != 0)
                .Select(l => l with { Part = OneOf(l.Part) });

            // What several parts need is the scan server's where that is here.
            static ControlParts OneOf(ControlParts some) => some.HasFlag(ControlParts.ScanServer)
                ? ControlParts.ScanServer
                : (ControlParts)((int)some & -(int)some);

            Func<CancellationToken, Task> Run<T>(Func<T, Func<CancellationToken, Task>> loop)
                where T : notnull => cancel => loop(services.GetRequiredService<T>())(cancel);

            Func<CancellationToken, Task> Started<T>(Func<T, Func<CancellationToken, Task>> loop)
                where T : notnull => async cancel =>
            {
                await services.GetRequiredService<ScanServerStart>().DoAsync(cancel);
                await loop(services.GetRequiredService<T>())(cancel);
            };
        }
    }

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of devices, scans, points, the beamline, the gate and procedures.</summary>
        public IEndpointRouteBuilder MapControl() =>
            routes.MapPlugins().MapDevices().MapScans().MapScanLists().MapMetadata().MapScanGroups().MapMoves().MapSteps().MapBaton()
                .MapAlarms().MapPoints().MapRecordings().MapBeamline().MapGate().MapProcedures().MapScripts().MapActors();
    }
}
