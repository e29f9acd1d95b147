using System.Diagnostics;
using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Recording;

/// <summary>Where things stand in a live file.</summary>
internal static class LiveLayout
{
    /// <summary>Groups of devices and signals.</summary>
    public const string Devices = "/entry/collection/devices";

    /// <summary>Links to files that devices write.</summary>
    public const string FileReferences = "/entry/collection/file_references";

    /// <summary>Ids of the points; the file has as many whole rows as this has.</summary>
    public const string Ids = "/entry/collection/points/id";

    /// <summary>When each point was complete, s since 1970.</summary>
    public const string Timestamps = "/entry/collection/points/timestamp";

    /// <summary>One byte a point and device: whether all its readings came.</summary>
    public const string Present = "/entry/collection/points/present";

    /// <summary>Everything about the scan that was known at its start, as JSON.</summary>
    public const string Scan = "/entry/live/scan";

    /// <summary>How the scan ended, a number; <see cref="Running"/> until it has.</summary>
    public const string End = "/entry/live/end";

    /// <summary>How the scan ended, as JSON; without rows until it has.</summary>
    public const string EndText = "/entry/live/end_text";

    /// <summary>Changes of the beamline's states, a JSON text each.</summary>
    public const string States = "/entry/live/states";

    /// <summary>The scan has not ended.</summary>
    public const int Running = 0;

    /// <summary>The number for an end.</summary>
    /// <param name="end">How a scan ended.</param>
    public static int StateOf(ScanEnd end) => end switch
    {
        ScanEnd.Completed => 1,
        ScanEnd.Aborted => 2,
        ScanEnd.Interrupted => 3,
        ScanEnd.Halted => 4,
        ScanEnd.UserCompleted => 5,
        _ => throw new UnreachableException(),
    };

    /// <summary>Writes a text of fixed length, which may be made before readers follow.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Where.</param>
    /// <param name="text">UTF-8.</param>
    public static void WriteText(H5Group file, string path, byte[] text)
    {
        using var set = file.CreateEmptyTexts(path, Math.Max(1, text.Length), 1);
        set.WriteTextRows(0, text.Length == 0 ? [0] : text);
    }

    /// <summary>Reads such a text.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Where.</param>
    /// <returns>UTF-8; empty when the data set has no rows.</returns>
    public static byte[] ReadText(H5Group file, string path)
    {
        using var set = file.OpenDataset(path);
        var rows = set.RowCount;
        if (rows == 0)
        {
            return [];
        }

        var text = new byte[set.ElementType.Size];
        set.ReadTextRows(rows - 1, text);
        return text.AsSpan().TrimEnd((byte)0).ToArray();
    }
}
