using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Control.Devices;

/// <summary>Settings of devices.</summary>
[SettingsSection("devices")]
internal sealed class DeviceOptions
{
    /// <summary>Commands that may wait for one device.</summary>
    [Description("Commands that may wait for one device; more wait at the sender.")]
    [Range(1, 4096)]
    public int MailboxCapacity { get; init; } = 16;

    /// <summary>Deadline of a motion.</summary>
    [Description("How long setting a device may take before it is stopped and the command fails.")]
    public TimeSpan SetDeadline { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Deadline of a reading.</summary>
    [Description("How long a reading may take before it becomes a gap.")]
    public TimeSpan ReadDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Deadline of a trigger beyond its exposure.</summary>
    [Description("How long a trigger may take beyond its exposure.")]
    public TimeSpan TriggerDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Deadline of staging and the like.</summary>
    [Description("How long staging, unstaging, the call before the first point and completion may each take.")]
    public TimeSpan StageDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Deadline of a stop.</summary>
    [Description("How long a stop may take before it is reported as failed.")]
    public TimeSpan StopDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between signs of life.</summary>
    [Description("How often the device server and the scan server tell each other that they live.")]
    public TimeSpan BeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Silence after which the device server counts as lost.</summary>
    [Description("How long the device server may be silent before what was asked of it counts as uncertain and a scan is held; several beat intervals.")]
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Silence of the owner after which devices stop.</summary>
    [Description("How long the scan server may be silent before the devices that it set in motion are stopped and released; several beat intervals.")]
    public TimeSpan OwnerLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between tellings of readings.</summary>
    [Description("How often the last readings of all devices are told, where they have changed.")]
    public TimeSpan ValuesInterval { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Pause between changes of one device.</summary>
    [Description("How often changes that devices tell on their own are passed on; of a signal that changes oftener the newest value counts.")]
    public TimeSpan ChangesInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Pause between previews.</summary>
    [Description("How often thinned frames of a device are passed on to viewers; of frames that come oftener the newest counts.")]
    public TimeSpan PreviewsInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Missing readings in a row that end a scan.</summary>
    [Description("Readings of one device that may be missing in a row before the scan is aborted.")]
    [Range(1, 1000)]
    public int MissingReadingsAllowed { get; init; } = 3;

    /// <summary>Bytes of asynchronous data in memory.</summary>
    [Description("Asynchronous data of one device that may wait in memory to be written; a device that is faster than the disk waits.")]
    [Unit("bytes")]
    [Range(1 << 20, long.MaxValue)]
    public long AsynchronousMemory { get; init; } = 128L << 20;

    /// <summary>Compression of large rows.</summary>
    [Description("How large rows of asynchronous data are compressed where their signal does not say: none, lz4 or blosc-lz4.")]
    [AllowedValues("none", "lz4", "blosc-lz4")]
    public string AsynchronousCompression { get; init; } = "none";

    /// <summary>Free space kept.</summary>
    [Description("Free space on the disk of the data below which no asynchronous data are written; 0 to write to the last byte.")]
    [Unit("bytes")]
    [Range(0, long.MaxValue)]
    public long AsynchronousMinimumFree { get; init; } = 64L << 20;

    /// <summary>Whether live changes of the configuration are set aside at the start.</summary>
    [Description("Whether the device server begins with the site's file alone, setting aside the changes that were made to the configuration since; they stay in its history.")]
    public bool StartFromFile { get; init; }

    /// <summary>Seed of simulated devices.</summary>
    [Description("Seed of the randomness of simulated devices; the same seed gives the same noise.")]
    public int SimulationSeed { get; init; } = 20240229;
}
