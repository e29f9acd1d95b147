using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Core.Topics.Spool;

/// <summary>Where a role keeps what Redis or PostgreSQL have not taken yet.</summary>
[SettingsSection("spool")]
internal sealed record SpoolOptions
{
    /// <summary>The folder; when absent, spool in the program's data folder.</summary>
    [Description("folder of the spools, on a disk of this host; by default spool in the program's data folder")]
    public string? Folder { get; init; }

    /// <summary>Bytes that one role's spool may hold.</summary>
    [Description("what one role's spool may hold; at 80 % no scan is begun, at 100 % the running one pauses")]
    [Unit("bytes")]
    [Range(1024 * 1024, 1024L * 1024 * 1024 * 1024)]
    public long Capacity { get; init; } = 1024L * 1024 * 1024;

    /// <summary>The folder of the spools.</summary>
    /// <param name="dataFolder">The program's data folder.</param>
    public string FolderIn(string dataFolder) => Folder ?? Path.Combine(dataFolder, "spool");
}
