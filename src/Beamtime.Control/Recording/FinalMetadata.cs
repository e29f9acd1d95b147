using System.Globalization;
using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>The scan's own facts in the final file: <c>/entry/collection/metadata</c>.</summary>
internal static class FinalMetadata
{
    // Names that the group has for itself; a user's key of that name stands in the group of user metadata alone.
    private static readonly HashSet<string> Taken = ["bec", "start_time", "end_time", "recording"];

    /// <summary>Writes the group.</summary>
    /// <param name="collection">The collection.</param>
    /// <param name="source">What the file is made from.</param>
    /// <param name="start">Start, ISO.</param>
    /// <param name="end">End, ISO.</param>
    public static void Write(H5Group collection, RecordingSource source, string start, string end)
    {
        var scan = source.Scan;
        using var metadata = FinalFile.Group(collection, "metadata", "NXcollection");
        FinalFile.Text(metadata, "start_time", start);
        FinalFile.Text(metadata, "end_time", end);
        foreach (var (key, value) in scan.UserMetadata.Where(m => IsName(m.Key) && !Taken.Contains(m.Key)))
        {
            FinalFile.Text(metadata, key, value);
        }

        using var info = metadata.CreateGroup("bec");
        FinalFile.Text(info, "scan_id", scan.Scan.ToString());
        info.CreateScalar("scan_number", (long)scan.Number).Dispose();
        FinalFile.Text(info, "scan_name", scan.ScanName);
        FinalFile.Text(info, "beamline", scan.Beamline);
        FinalFile.Text(info, "user", scan.Who);
        FinalFile.Text(info, "scan_type", "software_triggered");
        FinalFile.Text(info, "status", source.End.End switch
        {
            ScanEnd.Completed => "closed",
            ScanEnd.Aborted => "aborted",
            ScanEnd.UserCompleted => "user_completed",
            _ => "halted",
        });
        info.CreateScalar("num_points", (long)scan.PlannedPoints).Dispose();
        info.CreateScalar("num_monitored_readouts", source.Rows).Dispose();
        info.CreateArray("file_components", [Path.Combine(source.Folder.Folder, source.Folder.Prefix), "h5"]).Dispose();
        Texts(info, "scan_report_devices", scan.Motors);
        foreach (var (group, devices) in scan.ReadoutGroups.Where(g => IsName(g.Key)))
        {
            Texts(info, $"readout_priority/{group}", devices);
        }

        Scalars(info, "scan_parameters", scan.Parameters);
        using (var inputs = info.CreateGroup("request_inputs"))
        {
            if (scan.Parameters.TryGetValue("args", out var bundle))
            {
                FinalFile.Text(inputs, "arg_bundle", bundle);
            }

            Scalars(inputs, "kwargs", scan.Parameters.Where(p => p.Key != "args"));
        }

        using var user = info.CreateGroup("user_metadata");
        foreach (var (key, value) in scan.UserMetadata.Where(m => IsName(m.Key)))
        {
            FinalFile.Text(user, key, value);
        }
    }

    // An empty list has no type of its own; readers of the format expect numbers then.
    private static void Texts(H5Group group, string name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            group.CreateArray<double>(name, []).Dispose();
        }
        else
        {
            group.CreateArray(name, texts).Dispose();
        }
    }

    private static void Scalars(H5Group parent, string name, IEnumerable<KeyValuePair<string, string>> values)
    {
        using var group = parent.CreateGroup(name);
        foreach (var (key, text) in values.Where(v => IsName(v.Key)))
        {
            if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            {
                group.CreateScalar(key, whole).Dispose();
            }
            else if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                group.CreateScalar(key, number).Dispose();
            }
            else if (text is "true" or "false")
            {
                group.CreateScalar(key, text == "true").Dispose();
            }
            else
            {
                FinalFile.Text(group, key, text);
            }
        }
    }

    private static bool IsName(string key) =>
        key.Length > 0 && key is not ("." or "..") && !key.Contains('/', StringComparison.Ordinal)
        && !key.Contains('\0', StringComparison.Ordinal);
}
