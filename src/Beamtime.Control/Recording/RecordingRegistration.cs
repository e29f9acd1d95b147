using Beamtime.Control.Plugins;
using Beamtime.Control.Points;
using Beamtime.Control.Recording.Retrieval;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>Registers recording, by the role that needs it.</summary>
internal static class RecordingRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what scans and their viewers need of recording; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="folder">Folder of all recordings.</param>
        public IServiceCollection AddRecorder(string beamline, string folder)
        {
            services.TryAddSingleton<RecordingStore>();
            services.TryAddSingleton<HistoryStore>();
            services.TryAddSingleton<RecordedPoints>();
            services.TryAddSingleton(s => new RecordingTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<ScanRecorder>(s => new FileRecorder(
                folder,
                beamline,
                s.GetRequiredService<RecordingStore>(),
                s.GetRequiredService<RecordingTopics>(),
                s.GetRequiredService<RecordingOptions>(),
                s.GetRequiredService<TimeProvider>()));
            return services;
        }

        /// <summary>Adds the file writer of a beamline, and recovery, which the program runs before it.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="folder">Folder of all recordings.</param>
        public IServiceCollection AddRecording(string beamline, string folder) => services
            .AddRecorder(beamline, folder)
            .AddPointTopics(beamline)
            .AddScanDesk(beamline)
            .AddSingleton(s => new GuardedReader(GuardedReader.Itself, s.GetRequiredService<TimeProvider>()))
            .AddSingleton<PointReception>()
            .AddSingleton(s => new RecordingFinisher(
                s.GetRequiredService<RecordingOptions>(),
                () => s.GetRequiredService<PluginShelf>().Current.Registry.Sections,
                // As they are at the start: a plugin that is read anew must not take away what the settings ask for.
                RecordingFormats.Of(s.GetRequiredService<RecordingOptions>(), s.GetRequiredService<PluginShelf>().Current.Registry),
                s.GetRequiredService<RecordingStore>().CloseAsync,
                s.GetRequiredService<ILogger<RecordingFinisher>>()))
            .AddSingleton(s => new RecordingRecovery(
                s.GetRequiredService<RecordingStore>(),
                s.GetRequiredService<ScanStore>(),
                s.GetRequiredService<PointTopics>(),
                s.GetRequiredService<RecordingFinisher>(),
                beamline,
                s.GetRequiredService<ILogger<RecordingRecovery>>()))
            .AddSingleton(s => new FileWriter(
                s.GetRequiredService<PointTopics>().Points,
                s.GetRequiredService<ScanTopics>().BeamlineStates,
                s.GetRequiredService<RecordingTopics>(),
                s.GetRequiredService<RecordingFinisher>(),
                s.GetRequiredService<RecordingRecovery>(),
                s.GetRequiredService<RecordingOptions>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<FileWriter>>()));

        /// <summary>Adds the watch that ends a scan which cannot be recorded.</summary>
        public IServiceCollection AddRecordingWatch() => services.AddSingleton<RecordingWatch>();
    }
}
