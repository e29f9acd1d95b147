using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Plugins;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>Hands the parts of recording to the program.</summary>
internal static class RecordingRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>
        /// Registers the file writer, recovery and the recorder of one beamline. The program runs recovery, then the
        /// writer, and aborts a scan whose <see cref="RecordingFault"/> ends it.
        /// </summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="folder">Folder of all recordings.</param>
        public IServiceCollection AddRecording(string beamline, string folder) => services
            .AddSingleton<RecordingStore>()
            .AddSingleton<ScanRecorder>(s => new FileRecorder(
                folder, beamline, s.GetRequiredService<RecordingStore>(), s.GetRequiredService<TimeProvider>()))
            .AddSingleton(s => new RecordingTopics(s.GetRequiredService<TopicHub>(), beamline))
            .AddSingleton(s => s.GetRequiredService<RecordingTopics>().Notices)
            .AddSingleton(s => new RecordingFinisher(
                s.GetRequiredService<RecordingOptions>(),
                s.GetRequiredService<PluginRegistry>().Sections,
                s.GetRequiredService<RecordingStore>().CloseAsync,
                s.GetRequiredService<ILogger<RecordingFinisher>>()))
            .AddSingleton(s => new RecordingRecovery(
                s.GetRequiredService<RecordingStore>(),
                s.GetRequiredService<RecordingFinisher>(),
                beamline,
                s.GetRequiredService<ILogger<RecordingRecovery>>()))
            .AddSingleton(s => new FileWriter(
                s.GetRequiredService<PointTopics>().Points,
                s.GetRequiredService<Topic<RecordingNotice>>(),
                s.GetRequiredService<RecordingFinisher>(),
                s.GetRequiredService<RecordingOptions>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<FileWriter>>()))
            .AddSingleton<RecordingWatch>();
    }
}
