using System.Text.Json;
using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans.Library;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans;

/// <summary>A further check of a scan before it is admitted; gives all reasons against it.</summary>
/// <param name="scan">The scan's name.</param>
/// <param name="plan">What the scan would do.</param>
/// <param name="devices">The devices that would take part.</param>
internal delegate IEnumerable<Reason> ScanCheck(string scan, ScanPlan plan, ScanDevices devices);

/// <summary>A further check of who asks for a scan; gives all reasons against it.</summary>
/// <param name="asker">Who asks.</param>
/// <param name="scan">The scan; null where its request was refused already.</param>
internal delegate IEnumerable<Reason> AskerCheck(ScanAsker asker, AdmissibleScan? scan);

/// <summary>
/// Admits scans: shape, devices, limits over the whole trajectory, and the checks that other parts register. The answer
/// is the plan or every reason against it; nothing has moved.
/// </summary>
internal sealed class ScanGuard(ScanCatalogue catalogue, DeviceBook roster, ScanOptions options)
{
    // Half of what an entry may have: the record of a scan holds its request beside all that happens to it.
    private const int MaximumRequestBytes = 32 * 1024;
    private readonly List<ScanCheck> _checks = [];
    private readonly List<AskerCheck> _askerChecks = [];

    /// <summary>Adds a check that every scan must pass.</summary>
    /// <param name="check">The check.</param>
    public void Require(ScanCheck check) => _checks.Add(check);

    /// <summary>The request under the name by which its scan is registered.</summary>
    /// <param name="request">The request.</param>
    public ScanRequest Named(ScanRequest request) => catalogue.Named(request);

    /// <summary>Adds a check that everybody must pass who asks for a scan.</summary>
    /// <param name="check">The check.</param>
    public void RequireOfAsker(AskerCheck check) => _askerChecks.Add(check);

    /// <summary>Judges a request and who asks for it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="asker">Who asks.</param>
    /// <returns>Every reason against it; none where it may be admitted.</returns>
    public IReadOnlyList<Reason> Against(ScanRequest request, ScanAsker asker)
    {
        var judged = Judge(request);
        var scan = (judged as Accepted<AdmissibleScan>)?.Value;
        return
        [
            .. judged is Refused<AdmissibleScan> refused ? refused.Reasons : [],
            .. _askerChecks.SelectMany(check => check(asker, scan)),
        ];
    }

    /// <summary>Judges a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="origins">Where positioners stood when the scan began that goes on; null to begin from where they are.</param>
    public Outcome<AdmissibleScan> Judge(ScanRequest request, IReadOnlyDictionary<string, double>? origins = null)
    {
        var size = JsonSerializer.SerializeToUtf8Bytes(request, ScanJson.Default.ScanRequest).Length;
        if (size > MaximumRequestBytes)
        {
            return new Refused<AdmissibleScan>([ScanErrors.RequestLarge.Because(
                $"The request has {size} bytes as JSON; a scan may have {MaximumRequestBytes}.")]);
        }

        if (ScanFileName.Refusals(request).ToArray() is { Length: > 0 } names)
        {
            // Those of the parameters too, so that all can be mended at once.
            return new Refused<AdmissibleScan>(
                catalogue.Bind(request, roster) is Refused<(ScanDeclaration, ScanArguments)> both ? [.. names, .. both.Reasons] : names);
        }

        switch (catalogue.Bind(request, roster))
        {
            case Refused<(ScanDeclaration, ScanArguments)> refused:
                return new Refused<AdmissibleScan>(refused.Reasons);
            case Accepted<(ScanDeclaration Declaration, ScanArguments Arguments)> bound:
                return Judge(bound.Value.Declaration, bound.Value.Arguments, origins);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private Outcome<AdmissibleScan> Judge(
        ScanDeclaration declaration, ScanArguments arguments, IReadOnlyDictionary<string, double>? origins)
    {
        if (arguments.Named.TryGetValue(ScanDeclaration.OnCrash, out var policy) && PolicyOf(policy) is null)
        {
            return new Refused<AdmissibleScan>([ScanErrors.InvalidParameter.Because(
                $"{ScanDeclaration.OnCrash} is '{policy}', expected interrupt, resume or nothing.")]);
        }

        Dictionary<string, double> asked = new(StringComparer.Ordinal);
        ScanPlan plan;
        Scan scan;
        try
        {
            scan = declaration.Create(arguments);
            plan = CommonParameters.Applied(arguments, scan.Plan(name => asked[name] = origins?.TryGetValue(name, out var origin) == true ? origin : PositionOf(name)));
        }
        catch (RefusedException refused)
        {
            return new Refused<AdmissibleScan>(refused.Reasons);
        }
        catch (Exception error)
        {
            // The edge to a plugin's code: what it throws must not hold up the queue.
            return new Refused<AdmissibleScan>(
                [ScanErrors.Failed.Because($"{declaration.Name} cannot be planned: {error.GetType().Name}: {error.Message}")]);
        }

        List<Reason> reasons = [.. plan.Motors.Concat(plan.Monitored).Concat(plan.Actuators)
            .Concat(plan.Baseline).Concat(plan.OnRequest).Concat(plan.Asynchronous)
            .Concat(plan.Targets.Select(t => ScanDevices.Root(t.Device)))
            .Distinct()
            .SelectMany(name => roster.Find(name) is Refused<KnownDevice> refused ? refused.Reasons : [])];
        if (reasons.Count > 0)
        {
            return new Refused<AdmissibleScan>(reasons);
        }

        var devices = new ScanDevices(plan, declaration, roster);
        if ((plan.Points < 1 && !plan.IsOpenEnded) || plan.Points > options.MaximumPoints || devices.Monitored.Count == 0)
        {
            reasons.Add(ScanErrors.NoPoints.Because(
                $"{declaration.Name} would take {plan.Points} points with {devices.Monitored.Count} devices to read; "
                + $"allowed are 1 to {options.MaximumPoints} points with at least one device."));
        }

        reasons.AddRange(AgainstReadout(arguments));
        reasons.AddRange(LimitsOf(plan));
        reasons.AddRange(_checks.SelectMany(check => check(declaration.Name, plan, devices)));
        return reasons.Count > 0
            ? new Refused<AdmissibleScan>(reasons)
            : new Accepted<AdmissibleScan>(new AdmissibleScan(declaration, arguments, scan, plan, devices, asked)
            {
                Plugin = catalogue.OriginOf(declaration.Name),
            });
    }

    /// <summary>Whether a scan of this request goes on after its program died.</summary>
    /// <param name="request">The request.</param>
    public bool GoesOnAfterCrash(ScanRequest request) =>
        catalogue.Find(request.Scan) is { } declaration
        && declaration.Parameters.Any(p => p.Name == ScanDeclaration.OnCrash)
        && (PolicyOf(request.Parameters.GetValueOrDefault(ScanDeclaration.OnCrash, "")) ?? options.OnCrash) == CrashPolicy.Resume;

    private CrashPolicy? PolicyOf(string text) => text switch
    {
        "" => options.OnCrash,
        "interrupt" => CrashPolicy.Interrupt,
        "resume" => CrashPolicy.Resume,
        _ => null,
    };

    // What its own code plans is the scan's business; what a request wishes must be possible.
    private IReadOnlyList<Reason> AgainstReadout(ScanArguments arguments)
    {
        var asked = ReadoutGroups.Of(
            roster,
            new Dictionary<ReadoutPriority, IReadOnlyList<string>>
            {
                [ReadoutPriority.Monitored] = arguments.Devices(CommonParameters.Monitored),
                [ReadoutPriority.OnRequest] = arguments.Devices(CommonParameters.OnRequest),
            });
        return asked is Refused<ReadoutGroups> refused ? refused.Reasons : [];
    }

    private IEnumerable<Reason> LimitsOf(ScanPlan plan)
    {
        foreach (var (device, target) in plan.Targets)
        {
            foreach (var reason in roster[ScanDevices.Root(device)].RefusalsToSet(ScanDevices.SignalOf(device), Value.Of(target)))
            {
                yield return reason;
            }
        }

        if (plan.Positions.Count == 0)
        {
            yield break;
        }

        var ranges = RangesOf(plan);
        for (var axis = 0; axis < plan.Motors.Count; axis++)
        {
            var device = roster[plan.Motors[axis]];
            var (low, high) = ranges[axis];
            if (!double.IsFinite(low) || !double.IsFinite(high))
            {
                yield return ScanErrors.Limit.Because($"{device.Name} would be sent to a position that is not a number.");
            }
            else if (device.Hinted?.Limits is var (least, most) && (low < least || high > most))
            {
                yield return ScanErrors.Limit.Because(
                    $"{device.Name} would go from {low} to {high} {device.Hinted.Unit}; its limits are {least} to {most} {device.Hinted.Unit}.");
            }
        }
    }

    private static IReadOnlyList<(double Low, double High)> RangesOf(ScanPlan plan)
    {
        if (plan.Positions is Trajectory trajectory)
        {
            return trajectory.Ranges();
        }

        var ranges = new (double Low, double High)[plan.Motors.Count];
        Array.Fill(ranges, (double.PositiveInfinity, double.NegativeInfinity));
        foreach (var position in plan.Positions)
        {
            for (var axis = 0; axis < ranges.Length; axis++)
            {
                ranges[axis] = (Math.Min(ranges[axis].Low, position[axis]), Math.Max(ranges[axis].High, position[axis]));
            }
        }

        return ranges;
    }

    private double PositionOf(string name)
    {
        var device = roster.Find(name).OrThrow();
        return device.Position
            ?? throw new RefusedException(DeviceErrors.Fault.Because($"{name} has no reading of its position."));
    }
}

/// <summary>A request that the guard let pass.</summary>
/// <param name="Declaration">The scan's declaration.</param>
/// <param name="Arguments">Complete arguments.</param>
/// <param name="Scan">The scan's code, planned.</param>
/// <param name="Plan">What it will do.</param>
/// <param name="Devices">The devices that take part.</param>
/// <param name="Origins">Where the positioners stood that the plan was made from, by device.</param>
internal sealed record AdmissibleScan(
    ScanDeclaration Declaration,
    ScanArguments Arguments,
    Scan Scan,
    ScanPlan Plan,
    ScanDevices Devices,
    IReadOnlyDictionary<string, double> Origins)
{
    /// <summary>The plugin that its code comes from; null for a scan of the program.</summary>
    public PluginOrigin? Plugin { get; init; }
}
