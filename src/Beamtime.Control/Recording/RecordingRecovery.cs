using System.Text.Json;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>
/// Closes at start what an earlier writer left open, wherever it was killed: without live file, in the middle of one,
/// in the final file, before the registration. Being killed in it changes nothing: the next start does the rest.
/// </summary>
/// <param name="store">The open recordings.</param>
/// <param name="finisher">Makes final files.</param>
/// <param name="beamline">The beamline.</param>
/// <param name="log">The log.</param>
internal sealed partial class RecordingRecovery(
    RecordingStore store, RecordingFinisher finisher, string beamline, ILogger<RecordingRecovery> log)
{
    /// <summary>Closes every open recording of the beamline; before any scan is written.</summary>
    /// <param name="cancel">Ends recovery; the next start goes on.</param>
    /// <returns>What was closed. What could not be is in the log and stays open.</returns>
    public async Task<IReadOnlyList<RecordingClosed>> RecoverAsync(CancellationToken cancel)
    {
        var closed = new List<RecordingClosed>();
        foreach (var row in await store.ListOpenAsync(beamline, cancel))
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                var recording = Close(row);
                await finisher.RegisterAsync(recording, cancel);
                Recovered(row.Prefix, recording.End, recording.Points);
                closed.Add(recording);
            }
            catch (FaultException fault)
            {
                NotRecovered(fault, row.Prefix, fault.Reason.Code);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
            {
                NotRecovered(error, row.Prefix, RecordingErrors.FinalFailed.Code);
            }
        }

        return closed;
    }

    /// <summary>Makes sure that the final file of one recording is there and whole.</summary>
    /// <param name="row">The recording.</param>
    /// <returns>What is to be registered.</returns>
    public RecordingClosed Close(RecordingRow row)
    {
        var folder = new RecordingFolder(row.Folder, row.Prefix);
        if (File.Exists(folder.Final) && TryRead(folder) is { } told)
        {
            FolderSync.SyncNames(folder.Folder);
            RecordingFinisher.RemoveLive(folder);
            return finisher.Measure(told, folder);
        }

        Directory.CreateDirectory(folder.Folder);
        var source = RecordingSource.Open(folder, Unopened(row), told: null);
        ReleaseFrames(source);
        return finisher.Close(source);
    }

    // The devices of a scan that is recovered write no more; without this only followers could open their files.
    private static void ReleaseFrames(RecordingSource source)
    {
        foreach (var frames in source.Scan.Frames.Values)
        {
            var path = Path.Combine(source.Folder.Folder, Path.GetFileName(frames.FileName));
            if (File.Exists(path))
            {
                SwmrMark.Clear(path);
            }
        }
    }

    // The name is given only after the content is on the disk; a final file that cannot be read is none of ours.
    private static RecordingClosed? TryRead(RecordingFolder folder)
    {
        try
        {
            using var file = H5File.Open(folder.Final);
            return JsonSerializer.Deserialize(
                LiveLayout.ReadText(file, "/entry/collection/metadata/recording"), RecordingJson.Default.RecordingClosed);
        }
        catch (Exception error) when (error is Hdf5Exception or JsonException && folder.FindLive().Count > 0)
        {
            return null;
        }
    }

    private static ScanOpened Unopened(RecordingRow row) => new()
    {
        Scan = row.Scan,
        Number = row.Number,
        Beamline = row.Beamline,
        ScanName = row.ScanName,
        Folder = row.Folder,
        FilePrefix = row.Prefix,
        StartedAt = row.OpenedAt,
        PlannedPoints = 0,
        Columns = [],
        Baseline = [],
        Configuration = [],
        Frames = new Dictionary<string, Beamtime.Sdk.Devices.FrameFile>(),
        Motors = [],
        ReadoutGroups = new Dictionary<string, IReadOnlyList<string>>(),
        Parameters = new Dictionary<string, string>(),
        UserMetadata = new Dictionary<string, string>(),
        Who = "",
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recording {Prefix} was left open and is closed now: {End}, {Points} points")]
    private partial void Recovered(string prefix, ScanEnd end, long points);

    [LoggerMessage(Level = LogLevel.Error, Message = "Recording {Prefix} cannot be closed ({Code}); the next start tries again")]
    private partial void NotRecovered(Exception error, string prefix, string code);
}
