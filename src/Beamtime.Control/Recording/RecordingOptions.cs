using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Recording;

/// <summary>Settings of the file writer, and the facts of the facility that every file states.</summary>
[SettingsSection("recording")]
internal sealed class RecordingOptions
{
    /// <summary>Pause between flushes.</summary>
    [Description("How often what was measured becomes visible to readers of a running scan; at most this much is lost in a crash.")]
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Pause between attempts.</summary>
    [Description("How long to wait before a final file that could not be written or registered is tried again.")]
    public TimeSpan RetryInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Time for finals at shutdown.</summary>
    [Description("How long a shutdown waits for final files under way; what is left is finished at the next start.")]
    public TimeSpan ShutdownDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Largest file hashed at close.</summary>
    [Description("Largest file that is hashed when a recording is closed; larger ones are hashed when first copied.")]
    [Unit("bytes")]
    [Range(0, long.MaxValue)]
    public long HashedUpTo { get; init; } = 64L << 20;

    /// <summary>Free space kept.</summary>
    [Description("Free space on the disk of the data below which nothing is written, so that open files can still be closed; 0 to write to the last byte.")]
    [Unit("bytes")]
    [Range(0, long.MaxValue)]
    public long MinimumFree { get; init; } = 64L << 20;

    /// <summary>Largest file of asynchronous data that is copied.</summary>
    [Description("Largest file of a device's asynchronous data that is taken into the scan's file and then removed; larger ones stay beside it and are linked.")]
    [Unit("bytes")]
    [Range(0, long.MaxValue)]
    public long AsynchronousCopiedUpTo { get; init; } = 16L << 20;

    /// <summary>Folders below the recordings' storage.</summary>
    [Description("Folder of a scan's numbered folders, below the storage of the recordings: names with / between them, in which $beamline, $account and $username stand for the beamline, the request's account and the user's name.")]
    public string Folder { get; init; } = "$beamline";

    /// <summary>Account where the request tells none.</summary>
    [Description("The account that $account stands for where a request tells none; empty to refuse such requests if the folder names $account.")]
    public string Account { get; init; } = "";

    /// <summary>Further formats.</summary>
    [Description("Names of the formats in which every recording is written besides, a file each beside the master file: spec, and those of plugins.")]
    public List<string> Formats { get; init; } = [];

    /// <summary>NXsource name.</summary>
    [Description("Name of the radiation source.")]
    public string SourceName { get; init; } = "simulated source";

    /// <summary>NXsource type.</summary>
    [Description("Type of the radiation source, in the words of NXsource.")]
    public string SourceType { get; init; } = "Synchrotron X-ray Source";

    /// <summary>NXsource probe.</summary>
    [Description("Probe, in the words of NXsource.")]
    public string SourceProbe { get; init; } = "x-ray";

    /// <summary>NXinstrument name.</summary>
    [Description("Name of the instrument; empty for the beamline's name.")]
    public string InstrumentName { get; init; } = "";
}
