using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Doctor;

/// <summary>The files of the site, each read as the program reads them before it connects to any device.</summary>
internal static class SiteChecks
{
    /// <summary>Reads them.</summary>
    /// <param name="site">The site.</param>
    public static IEnumerable<Finding> Of(Site site)
    {
        List<Finding> findings = [];
        Read("devices.yaml", site.DevicesFile, () => $"{DeviceFile.Read(site.DevicesFile).Count} devices");
        foreach (var file in new[] { site.BeamlineFile, site.ProceduresFile }.Where(File.Exists))
        {
            Read(Path.GetFileName(file), file, () => SafeYaml.Read(file) is YamlMap map ? $"{map.Entries.Count} sections" : "empty");
        }

        return findings;

        void Read(string what, string file, Func<string> read)
        {
            if (!File.Exists(file))
            {
                return;
            }

            try
            {
                findings.Add(Finding.Ok(what, $"{file}: {read()}"));
            }
            catch (RefusedException refused)
            {
                findings.AddRange(refused.Reasons.Select(r => Finding.Fail(what, r)));
            }
        }
    }
}
