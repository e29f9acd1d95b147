using Beamtime.Core.Database;
using Beamtime.Core.Topics.Spool;
using Beamtime.Roles;

namespace Beamtime.Doctor;

/// <summary>What processes that are gone have left in their spools on this machine.</summary>
internal static class SpoolChecks
{
    /// <summary>Looks into them.</summary>
    /// <param name="launch">The settings.</param>
    public static IReadOnlyList<Finding> Of(HostLaunch launch)
    {
        var folder = launch.Settings.Get<SpoolOptions>().FolderIn(ClusterFolder.For(launch.Database).Root);
        try
        {
            var spools = SpoolSurvey.Of(folder);
            var left = spools.Where(s => !s.IsHeld && s.Streams.Count > 0).ToList();
            return left.Count == 0
                ? [Finding.Ok("spools", $"{folder}: {spools.Count(s => s.IsHeld)} in use, nothing is left in others")]
                : [.. left.Select(s => Finding.Warn(
                    "spools",
                    DoctorErrors.SpoolLeft,
                    $"{s.Folder}: {string.Join(", ", s.Streams.Select(stream => $"{stream.Value} records of {stream.Key}"))}"))];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [Finding.Fail("spools", DoctorErrors.FolderUnusable, error.Message)];
        }
    }
}
