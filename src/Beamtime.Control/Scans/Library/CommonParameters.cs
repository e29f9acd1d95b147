using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>The parameters that every scan has, whoever wrote it: what is read, and where its files lie.</summary>
internal static class CommonParameters
{
    /// <summary>Devices that are read at each point of this scan.</summary>
    public const string Monitored = "monitored";

    /// <summary>Devices that are not read in this scan.</summary>
    public const string OnRequest = "on_request";

    private static readonly ScanParameter[] All =
    [
        new()
        {
            Name = Monitored, Type = ParameterType.Devices, Default = "", Example = "samz", Group = "Readout", IsExpert = true,
            Description = "Devices that this scan reads at each point; not those that make a stream of their own.",
        },
        new()
        {
            Name = OnRequest, Type = ParameterType.Devices, Default = "", Example = "bpm4i", Group = "Readout", IsExpert = true,
            Description = "Devices that this scan does not read, whatever their readout priority.",
        },
    ];

    /// <summary>Those that a scan does not declare itself.</summary>
    /// <param name="scan">The scan.</param>
    public static IEnumerable<ScanParameter> Missing(ScanDeclaration scan) =>
        All.Where(p => !scan.Bundle.Concat(scan.Parameters).Any(own => own.Name == p.Name || own.Aliases.Contains(p.Name)));

    /// <summary>The plan with what the request wants read.</summary>
    /// <param name="arguments">The scan's arguments.</param>
    /// <param name="plan">The plan of the scan's own code.</param>
    /// <exception cref="RefusedException">The request contradicts itself or the scan: every reason.</exception>
    public static ScanPlan Applied(ScanArguments arguments, ScanPlan plan)
    {
        var (monitored, onRequest) = (arguments.Devices(Monitored), arguments.Devices(OnRequest));
        List<Reason> reasons =
        [
            .. monitored.Intersect(onRequest).Select(d => ScanErrors.InvalidParameter.Because(
                $"{d} is to be read at each point and not to be read at all.")),
            .. onRequest.Intersect(plan.Motors.Concat(plan.Monitored)).Select(d => ScanErrors.InvalidParameter.Because(
                $"{d} takes part in the scan; it cannot be left out of its readings.")),
        ];
        return reasons.Count > 0
            ? throw new RefusedException(reasons)
            : plan with
            {
                Monitored = [.. plan.Monitored.Union(monitored)],
                OnRequest = [.. plan.OnRequest.Union(onRequest).Except(monitored)],
            };
    }
}
