using System.IO.Enumeration;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Beamline;

/// <summary>Which devices a role may have moved by its scans, as the site's description says; a role of which it is silent may all.</summary>
internal sealed class DeviceRights(BeamlineDescription beamline)
{
    private const string Administrator = "administrator";

    /// <summary>Why somebody's roles do not allow a scan: every device that it would set and they may not.</summary>
    /// <param name="asker">Who asks.</param>
    /// <param name="scan">The scan.</param>
    public IEnumerable<Reason> Against(ScanAsker asker, AdmissibleScan scan)
    {
        if (beamline.Rights.Count == 0 || asker.Roles is not { } roles || roles.Contains(Administrator))
        {
            return [];
        }

        var plan = scan.Plan;
        return plan.Motors.Concat(plan.Actuators).Concat(plan.Targets.Select(t => t.Device))
            .Select(ScanDevices.Root)
            .Distinct()
            .Where(device => !roles.Any(role => MayUse(role, device)))
            .Select(device => DeviceErrors.Forbidden.Because(
                $"{device} may not be used by {(roles.Count == 0 ? "somebody without a role" : string.Join(", ", roles))}."));
    }

    private bool MayUse(string role, string device) => !beamline.Rights.TryGetValue(role, out var devices)
        || devices.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, device, ignoreCase: false));
}
