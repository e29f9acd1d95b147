using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>
/// Writes the final file of a scan anew from its live files: NeXus groups and links as beamline scientists know them,
/// true counts, one block a data set.
/// </summary>
internal sealed class FinalFile
{
    private static readonly string ProgramVersion =
        typeof(FinalFile).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0]
        ?? "0";

    private readonly RecordingSource _source;
    private readonly RecordingOptions _options;

    private FinalFile(RecordingSource source, RecordingOptions options)
    {
        _source = source;
        _options = options;
    }

    /// <summary>Writes the file; replaces one that an earlier attempt left.</summary>
    /// <param name="path">Where.</param>
    /// <param name="source">The live files and what is known of the scan.</param>
    /// <param name="closed">What will be told of the recording; kept in the file for recovery.</param>
    /// <param name="frames">The files of frames that there are.</param>
    /// <param name="asynchronous">The files of asynchronous data.</param>
    /// <param name="options">Names of source and instrument.</param>
    /// <exception cref="Hdf5Exception">The file could not be written.</exception>
    public static void Write(
        string path, RecordingSource source, RecordingClosed closed, IReadOnlyList<FrameCount> frames,
        AsynchronousParts asynchronous, RecordingOptions options)
    {
        var live = source.Segments.Sum(s => new FileInfo(s.Path).Length) + asynchronous.BytesCopied;
        DiskSpace.Demand(source.Folder.Folder, live, options.MinimumFree / 4);
        var file = H5File.Create(path, H5FileOptions.Swmr with { Overwrite = true });
        try
        {
            new FinalFile(source, options).Write(file, closed, frames, asynchronous);
            file.Flush();
        }
        catch
        {
            DiskSpace.Abandon(file);
            throw;
        }

        file.Close();
    }

    private void Write(
        H5File file, RecordingClosed closed, IReadOnlyList<FrameCount> frames, AsynchronousParts asynchronous)
    {
        var scan = _source.Scan;
        var start = Iso(scan.StartedAt);
        var end = Iso(_source.End.At);
        file.Attributes.Write("default", "entry");
        using var entry = Group(file, "entry", "NXentry");
        entry.Attributes.Write("default", "data");
        entry.Attributes.Write("start_time", start);
        entry.Attributes.Write("end_time", end);
        entry.Attributes.Write("version", 1.0);
        entry.Attributes.Write("end_status", StatusOf(_source.End.End));
        if (_source.End.Reasons.Count > 0)
        {
            entry.Attributes.Write("reasons", [.. _source.End.Reasons.Select(r => $"{r.Code}: {r.Message}")]);
        }

        Text(entry, "start_time", start);
        Text(entry, "end_time", end);
        Optional(entry, "title", "title");
        using (var id = entry.CreateScalar("entry_identifier_uuid", scan.Scan.ToString()))
        {
            id.Attributes.Write("description", "Scan identifier (scan_id) used by Beamtime");
        }

        if (scan.Account is { } account && !scan.UserMetadata.ContainsKey("experiment_identifier"))
        {
            Text(entry, "experiment_identifier", account);
        }

        Optional(entry, "experiment_identifier", "experiment_identifier");
        Optional(entry, "experiment_description", "experiment_description");
        using (var program = entry.CreateScalar("program_name", "Beamtime"))
        {
            program.Attributes.Write("version", ProgramVersion);
        }

        using (var collection = Group(entry, "collection", "NXcollection"))
        {
            FinalDevices.Write(collection, _source, asynchronous);
            FinalMetadata.Write(collection, _source, start, end);
            WriteReadoutGroups(collection);
            FrameCount.Write(collection, scan.Frames, frames);
            WriteStates(collection);
            LiveLayout.WriteText(
                collection, "metadata/recording",
                JsonSerializer.SerializeToUtf8Bytes(closed, RecordingJson.Default.RecordingClosed));
        }

        DefaultPlot.Write(entry, _source, frames);
        WriteSurroundings(entry);
    }

    private void WriteStates(H5Group collection)
    {
        using var states = Group(collection, "states", "NXcollection");
        foreach (var state in _source.ReadStates().GroupBy(s => s.Name, StringComparer.Ordinal)
            .Where(s => s.Key.Length > 0 && !s.Key.Contains('/', StringComparison.Ordinal) && s.Key is not ("." or "..")))
        {
            states.CreateRecords(
                state.Key,
                ["label", "status"],
                ["timestamp"],
                [.. state.Select(s => ((IReadOnlyList<string>)[s.Label, s.Status], (IReadOnlyList<double>)[SignalColumn.Seconds(s.At)]))])
                .Dispose();
        }
    }

    private void WriteReadoutGroups(H5Group collection)
    {
        using var groups = Group(collection, "readout_groups", "NXcollection");
        var known = FinalDevices.Names(_source.Scan);
        foreach (var name in (string[])["baseline", "monitored", "async"])
        {
            using var group = Group(groups, name, "NXcollection");
            foreach (var device in _source.Scan.ReadoutGroups.GetValueOrDefault(name, []).Distinct().Where(known.Contains))
            {
                group.LinkSoft(device, $"{LiveLayout.Devices}/{device}");
            }
        }
    }

    private void WriteSurroundings(H5Group entry)
    {
        var metadata = _source.Scan.UserMetadata;
        using (var user = Group(entry, "user", "NXuser"))
        {
            Text(user, "name", _source.Scan.UserName ?? _source.Scan.Who);
            if (_source.Scan.UserName is not null)
            {
                Text(user, "facility_user_id", _source.Scan.Who);
            }

            if (metadata.TryGetValue("role", out var role))
            {
                Text(user, "role", role);
            }
        }

        using (var control = Group(entry, "control", "NXmonitor"))
        {
            Text(control, "mode", "monitor");
        }

        using (var sample = Group(entry, "sample", "NXsample"))
        {
            Sample(sample, "name", "sample_name", "samplename");
            Sample(sample, "description", "sample_description", "sample_description");
        }

        using var instrument = Group(entry, "instrument", "NXinstrument");
        Text(instrument, "name", _options.InstrumentName.Length > 0 ? _options.InstrumentName : _source.Scan.Beamline);
        using var light = Group(instrument, "source", "NXsource");
        Text(light, "type", _options.SourceType);
        Text(light, "name", _options.SourceName);
        Text(light, "probe", _options.SourceProbe);
    }

    // The user's word counts before what a device of the beamline holds.
    private void Sample(H5Group sample, string name, string key, string device)
    {
        if (_source.Scan.UserMetadata.TryGetValue(key, out var text))
        {
            Text(sample, name, text);
        }
        else if (_source.Scan.Baseline.FirstOrDefault(d => d.Device == device) is { Readings: [{ Value.IsMissing: false } first, ..] })
        {
            Text(sample, name, first.Value.ToString());
        }
    }

    private void Optional(H5Group group, string name, string key)
    {
        if (_source.Scan.UserMetadata.TryGetValue(key, out var text))
        {
            Text(group, name, text);
        }
    }

    /// <summary>Makes a group of a NeXus class.</summary>
    /// <param name="parent">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="nexusClass">The class.</param>
    internal static H5Group Group(H5Group parent, string name, string nexusClass)
    {
        var group = parent.CreateGroup(name);
        group.Attributes.Write("NX_class", nexusClass);
        return group;
    }

    /// <summary>Writes a text; what HDF5 cannot hold in it becomes a space.</summary>
    /// <param name="group">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="text">The text.</param>
    internal static void Text(H5Group group, string name, string text) =>
        group.CreateScalar(name, text.Replace('\0', ' ')).Dispose();

    /// <summary>An instant as the file states it: ISO 8601, UTC.</summary>
    /// <param name="at">The instant.</param>
    internal static string Iso(DateTimeOffset at) =>
        at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'+00:00'", CultureInfo.InvariantCulture);

    /// <summary>How an end is called in the file.</summary>
    /// <param name="end">The end.</param>
    internal static string StatusOf(ScanEnd end) => end switch
    {
        ScanEnd.Completed => "completed",
        ScanEnd.Aborted => "aborted",
        ScanEnd.Halted => "halted",
        ScanEnd.UserCompleted => "user_completed",
        _ => "interrupted",
    };
}
