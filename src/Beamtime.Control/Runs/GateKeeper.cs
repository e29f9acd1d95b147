using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Runs;

/// <summary>Asks the gate about a plan as the beamline is now.</summary>
internal sealed class GateKeeper(BeamlineDescription beamline, PermitWatch watch, DeviceBook roster)
{
    /// <summary>The name of what needs everything that is described.</summary>
    public const string Everything = "everything";

    /// <summary>What the gate looks at for a plan.</summary>
    /// <param name="plan">A plan of the site; null for all enclosures and the beam.</param>
    public Outcome<GateSnapshot> See(string? plan)
    {
        if (plan is null)
        {
            return new Accepted<GateSnapshot>(See(
                Everything, new PlanNeeds([.. beamline.Enclosures.Select(e => e.Name)], true, [], [])));
        }

        return beamline.Plans.TryGetValue(plan, out var needs)
            ? new Accepted<GateSnapshot>(See(plan, needs))
            : new Refused<GateSnapshot>([GateErrors.PlanUnknown.Because(
                $"No plan '{plan}' is described{NearestName.Question(plan, beamline.Plans.Keys)}")]);
    }

    /// <summary>Every reason against a scan that the site describes as a plan; what it drives itself comes from the scan.</summary>
    /// <param name="scan">The scan's name.</param>
    /// <param name="plan">What it would do.</param>
    /// <param name="devices">The devices that would take part.</param>
    public IEnumerable<Reason> Against(string scan, ScanPlan plan, ScanDevices devices) =>
        beamline.Plans.TryGetValue(scan, out var needs)
            ? Gate.Judge(See(scan, needs with { Drives = [.. plan.Actuators] }))
            : [];

    private GateSnapshot See(string plan, PlanNeeds needs) => new(
        plan,
        [.. watch.Enclosures.Where(e => needs.Enclosures.Contains(e.Signal.Name))],
        watch.Beam,
        needs.NeedsBeam ? BeamRequirement.Required : BeamRequirement.NotRequired,
        needs.Drives,
        [.. needs.Devices.Select(d => new NeededDevice(
            d, roster.Find(d) is Refused<KnownDevice>([var reason, ..]) ? reason : null))]);
}
