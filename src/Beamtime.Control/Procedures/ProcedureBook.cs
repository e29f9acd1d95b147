using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>The site's procedures by name; judges whether one may begin.</summary>
/// <param name="procedures">The procedures.</param>
/// <param name="roster">The devices.</param>
internal sealed class ProcedureBook(IReadOnlyList<ProcedureDefinition> procedures, DeviceBook roster)
{
    /// <summary>All procedures, in the order of the file.</summary>
    public IReadOnlyList<ProcedureDefinition> All => procedures;

    /// <summary>The procedure of that name, or why there is none.</summary>
    /// <param name="name">The name.</param>
    public Outcome<ProcedureDefinition> Find(string name) => procedures.FirstOrDefault(p => p.Name == name) is { } found
        ? new Accepted<ProcedureDefinition>(found)
        : new Refused<ProcedureDefinition>([ProcedureErrors.Unknown.Because(
            $"There is no procedure '{name}'{NearestName.Question(name, procedures.Select(p => p.Name))}")]);

    /// <summary>
    /// Every reason why a procedure cannot begin: devices that are out, and values that are known already and lie outside
    /// of a table or of a device's limits. Nothing has moved.
    /// </summary>
    /// <param name="procedure">The procedure.</param>
    /// <param name="known">Values of its parameters.</param>
    public IReadOnlyList<Reason> Against(ProcedureDefinition procedure, IReadOnlyDictionary<string, Value> known)
    {
        List<Reason> reasons = [];
        foreach (var step in procedure.All)
        {
            var device = AddressOf(step) is { } address ? roster.Find(DeviceBook.Split(address).Device) : null;
            if (device is Refused<KnownDevice> refused)
            {
                reasons.AddRange(refused.Reasons);
            }

            foreach (var (_, value) in step.Values)
            {
                try
                {
                    if (value.TryEvaluate(known) is { } target && step is SetpointStep setpoint
                        && device is Accepted<KnownDevice>(var found))
                    {
                        reasons.AddRange(found.RefusalsToSet(DeviceBook.Split(setpoint.Address).Signal, target));
                    }
                }
                catch (RefusedException outside)
                {
                    reasons.AddRange(outside.Reasons);
                }
            }
        }

        return [.. reasons.DistinctBy(r => (r.Code, r.Message))];
    }

    private static string? AddressOf(ProcedureStep step) => step switch
    {
        SetpointStep setpoint => setpoint.Address,
        CheckStep check => check.Address,
        CaptureStep capture => capture.Address,
        _ => null,
    };
}
