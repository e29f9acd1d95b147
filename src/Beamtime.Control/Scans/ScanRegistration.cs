using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Control.Scans.Batons;
using Beamtime.Control.Scans.Groups;
using Beamtime.Control.Scans.Lists;
using Beamtime.Control.Scans.Metadata;
using Beamtime.Control.Scans.Moves;
using Beamtime.Control.Scans.Steps;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Beamtime.Control.Scans;

/// <summary>Registers scans, by the role that needs them.</summary>
internal static class ScanRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what every process needs that asks for scans or follows them; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddScanDesk(string beamline)
        {
            services.TryAddSingleton(s => new ScanTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton(s => new ScanCatalogue(s.GetRequiredService<PluginShelf>()));
            services.TryAddSingleton<ScanStore>();
            services.TryAddSingleton(s => new AlarmTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<AlarmStore>();
            services.TryAddSingleton(s => new ScanListTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<ScanListStore>();
            services.TryAddSingleton(s => new BatonTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<ScanDesk>();
            services.TryAddSingleton<ScanRepetition>();
            services.TryAddSingleton<ScanGroupStore>();
            services.TryAddSingleton<MetadataFields>();
            services.TryAddSingleton<MetadataBook>();
            services.TryAddSingleton<MetadataDesk>();
            services.TryAddSingleton(s => new MoveTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<MoveDesk>();
            services.TryAddSingleton<MoveHistory>();
            services.TryAddSingleton(s => new StepTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<QueueView>();
            return services;
        }

        /// <summary>Adds the scan server of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddScans(string beamline) => services
            .AddScanDesk(beamline)
            .AddSingleton<ScanGuard>()
            .AddSingleton<ScanQueues>()
            .AddSingleton<ScanControl>()
            .AddSingleton<QueueControl>()
            .AddSingleton<MetadataIntake>()
            .AddSingleton<ScanReception>()
            .AddSingleton<Mover>()
            .AddSingleton<StepReception>()
            .AddSingleton(s => s.GetRequiredService<ScanRoom>().Steps)
            .AddSingleton<AlarmBell>()
            .AddSingleton<ScanLists>()
            .AddSingleton<BatonKeeper>()
            .AddSingleton<ScanEndings>()
            .AddSingleton(s => new ScanRoom(
                s.GetRequiredService<ScanStore>(),
                s.GetRequiredService<ScanQueues>(),
                s.GetRequiredService<ScanGuard>(),
                s.GetRequiredService<ScanRecorder>(),
                s.GetRequiredService<ScanEndings>(),
                s.GetRequiredService<AlarmStore>(),
                s.GetRequiredService<DeviceLocks>(),
                s.GetRequiredService<DeviceBook>(),
                s.GetRequiredService<DeviceLink>(),
                s.GetRequiredService<ScanTopics>().Documents,
                s.GetRequiredService<ScanOptions>()))
            .AddSingleton<ScanWorkers>();
    }
}
