using System.Text.Json;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>
/// Closes at start what an earlier writer left open, wherever it was killed: without live file, in the middle of one,
/// in the final file, before the registration. What belongs to a scan that is not over is left open: the scan may go on,
/// or the scan server says how it ended. Being killed in it changes nothing: the next start does the rest.
/// </summary>
/// <param name="store">The open recordings.</param>
/// <param name="scans">The scans.</param>
/// <param name="points">Says whose points are still coming.</param>
/// <param name="finisher">Makes final files.</param>
/// <param name="beamline">The beamline.</param>
/// <param name="log">The log.</param>
internal sealed partial class RecordingRecovery(
    RecordingStore store,
    ScanStore scans,
    PointTopics points,
    RecordingFinisher finisher,
    string beamline,
    ILogger<RecordingRecovery> log)
{
    /// <summary>The recordings that were left open, by scan.</summary>
    public IReadOnlyDictionary<Guid, RecordingRow> Left { get; private set; } = new Dictionary<Guid, RecordingRow>();

    /// <summary>Those of them whose scans are over: their last points may still be on their way.</summary>
    public IReadOnlyList<Guid> Over { get; private set; } = [];

    /// <summary>Closes every open recording of the beamline whose scan is over; before any scan is written.</summary>
    /// <param name="cancel">Ends recovery; the next start goes on.</param>
    /// <returns>What was closed. What could not be is in the log and stays open.</returns>
    public async Task<IReadOnlyList<RecordingClosed>> RecoverAsync(CancellationToken cancel)
    {
        var closed = new List<RecordingClosed>();
        var left = new Dictionary<Guid, RecordingRow>();
        var over = new List<Guid>();
        foreach (var row in await store.ListOpenAsync(beamline, cancel))
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                if (await MayGoOnAsync(row, cancel) is { } isOver)
                {
                    left.Add(row.Scan, row);
                    over.AddRange(isOver ? [row.Scan] : []);
                    continue;
                }

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

        (Left, Over) = (left, over);
        return closed;
    }

    /// <summary>The open recording of a scan, wherever it was opened; null when it is closed, or there is none.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<RecordingRow?> FindAsync(Guid scan, CancellationToken cancel) => store.FindOpenAsync(scan, cancel);

    /// <summary>What was known at the start of a scan of which live files are left; null when none can be read.</summary>
    /// <param name="row">The recording.</param>
    public static ScanOpened? ReadOpening(RecordingRow row)
    {
        using var source = RecordingSource.Open(row.Place, Unopened(row), told: null);
        return source.Segments.Count > 0 ? source.Scan : null;
    }

    /// <summary>How many points of a scan its live files hold.</summary>
    /// <param name="row">The recording.</param>
    public static int CountPoints(RecordingRow row)
    {
        using var source = RecordingSource.Open(row.Place, Unopened(row), told: null);
        return checked((int)source.Rows);
    }

    /// <summary>Whether the bundler has points of a scan to send, or its end.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<bool> IsComingAsync(Guid scan, CancellationToken cancel) =>
        (await points.Open.LastAsync(cancel))?.Message.Scans.Any(s => s.Scan == scan) ?? false;

    // Whether the scan of a recording that may go on is over; null for one that has nothing to come: a live file that
    // tells its end, a final one, or no scan. The points of one that is over may be on their way for as long as the
    // bundler was away.
    private async Task<bool?> MayGoOnAsync(RecordingRow row, CancellationToken cancel)
    {
        var folder = row.Place;
        if (File.Exists(folder.Final)
            || await scans.FindAsync(row.Beamline, row.Scan.ToString(), cancel) is not { State: { } scan })
        {
            return null;
        }

        using var source = RecordingSource.Open(folder, Unopened(row), told: null);
        return source.HasEnd ? null : scan.State.IsOver;
    }

    /// <summary>Makes sure that the final file of one recording is there and whole.</summary>
    /// <param name="row">The recording.</param>
    /// <param name="told">How the scan ended, where that is known; null to read it from the files.</param>
    /// <returns>What is to be registered.</returns>
    public RecordingClosed Close(RecordingRow row, RecordingEnd? told = null)
    {
        var folder = row.Place;
        if (File.Exists(folder.Final) && TryRead(folder) is { } final)
        {
            FolderSync.SyncNames(folder.Folder);
            RecordingFinisher.RemoveLive(folder, final);
            return finisher.Measure(final, folder);
        }

        Directory.CreateDirectory(folder.Folder);
        var source = RecordingSource.Open(folder, Unopened(row), told);
        ReleaseFrames(source);
        return finisher.Close(source);
    }

    // The devices of a scan that is recovered write no more; without this only followers could open their files.
    private static void ReleaseFrames(RecordingSource source)
    {
        var frames = source.Scan.Frames.Values
            .Select(file => Path.Combine(source.Folder.Folder, Path.GetFileName(file.FileName)))
            .Where(File.Exists);
        foreach (var path in frames.Concat(source.Folder.FindAsynchronous()))
        {
            SwmrMark.Clear(path);
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
        FileSuffix = row.Suffix,
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
