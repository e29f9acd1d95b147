using System.Globalization;
using Beamtime.Control.Scans;
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
        if (scan.Dataset is { } dataset)
        {
            info.CreateScalar("dataset_number", (long)dataset).Dispose();
        }

        if (scan.Group is { } group)
        {
            FinalFile.Text(info, "scan_group", group.Id.ToString());
            FinalFile.Text(info, "scan_group_name", group.Name);
        }

        FinalFile.Text(info, "beamline", scan.Beamline);
        FinalFile.Text(info, "user", scan.Who);
        FinalFile.Text(info, "scan_type", Parameter(scan, "scan_type") ?? "software_triggered");
        WriteAcquisition(info, scan);
        FinalFile.Text(info, "status", source.End.End switch
        {
            ScanEnd.Completed => "closed",
            ScanEnd.Aborted => "aborted",
            ScanEnd.UserCompleted => "user_completed",
            _ => "halted",
        });
        FinalFile.Text(info, "scan_queue", scan.Queue ?? "primary");
        info.CreateScalar("run_on_exception_hook", true).Dispose();
        info.CreateScalar("num_points", (long)scan.PlannedPoints).Dispose();
        info.CreateScalar("num_monitored_readouts", source.Rows).Dispose();
        info.CreateArray("file_components", [Path.Combine(source.Folder.Folder, source.Folder.Prefix), "h5"]).Dispose();
        Texts(info, "scan_report_devices", scan.Motors);
        FinalFile.Text(info, "scan_report_instructions", string.Create(
            CultureInfo.InvariantCulture, $$$"""[{"scan_progress": {"points": {{{scan.PlannedPoints}}}, "show_table": true}}]"""));
        WriteGroups(info, scan);
        using (var request = info.CreateGroup("metadata"))
        {
            FinalFile.Text(request, "RID", scan.Scan.ToString());
            FinalFile.Text(request, "client_info/username", scan.UserName ?? scan.Who);
        }

        WriteParameters(info, scan);
        using (var inputs = info.CreateGroup("request_inputs"))
        {
            if (scan.Parameters.TryGetValue("args", out var bundle))
            {
                FinalFile.Text(inputs, "arg_bundle", bundle);
            }

            inputs.CreateGroup("inputs").Dispose();
            Scalars(inputs, "kwargs", scan.Parameters.Where(p => p.Key != "args"));
        }

        info.CreateGroup("additional_scan_parameters").Dispose();
        info.CreateGroup("system_config").Dispose();

        using var user = info.CreateGroup("user_metadata");
        foreach (var (key, value) in scan.UserMetadata.Where(m => IsName(m.Key)))
        {
            FinalFile.Text(user, key, value);
        }
    }

    private static void WriteAcquisition(H5Group info, ScanOpened scan)
    {
        info.CreateScalar("exp_time", scan.ExposureSeconds).Dispose();
        info.CreateScalar("frames_per_trigger", (long)(scan.FramesPerTrigger ?? 1)).Dispose();
        info.CreateScalar("settling_time", scan.SettlingSeconds).Dispose();
        foreach (var name in (string[])["settling_time_after_trigger", "readout_time"])
        {
            info.CreateScalar(name, Number(scan, name) ?? 0.0).Dispose();
        }

        info.CreateScalar("burst_at_each_point", (long)(Number(scan, "burst_at_each_point") ?? 1)).Dispose();
        info.CreateScalar("relative", Parameter(scan, "relative") == "true").Dispose();
        if (scan.Positions is { Length: > 0 } positions && scan.Motors.Count > 0)
        {
            info.CreateArray<double>("positions", positions, [positions.Length / scan.Motors.Count, scan.Motors.Count]).Dispose();
        }
        else
        {
            info.CreateArray<double>("positions", []).Dispose();
        }
    }

    // The general ones with their types, whether they were given or not.
    private static void WriteParameters(H5Group info, ScanOpened scan)
    {
        string[] general = ["exp_time", "frames_per_trigger", "settling_time", "readout_time", "relative"];
        Scalars(info, "scan_parameters", scan.Parameters.Where(p => !general.Contains(p.Key)));
        using var parameters = info.OpenGroup("scan_parameters");
        foreach (var name in general)
        {
            parameters.LinkHard(name, $"/entry/collection/metadata/bec/{name}");
        }
    }

    private static void WriteGroups(H5Group info, ScanOpened scan)
    {
        foreach (var group in (string[])["async", "baseline", "continuous", "monitored", "on_request"])
        {
            Texts(info, $"readout_priority/{group}", scan.ReadoutGroups.GetValueOrDefault(group, []));
        }

        foreach (var group in (string[])["async", "baseline", "monitored", "on_request"])
        {
            Texts(info, $"readout_priority_modification/{group}", group == "monitored" ? scan.Motors : []);
        }
    }

    private static string? Parameter(ScanOpened scan, string name) => scan.Parameters.GetValueOrDefault(name);

    private static double? Number(ScanOpened scan, string name) =>
        double.TryParse(Parameter(scan, name), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

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
