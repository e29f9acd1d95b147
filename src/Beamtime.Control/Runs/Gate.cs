using Beamtime.Control.Beamline;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Runs;

/// <summary>Whether a plan needs beam.</summary>
internal enum BeamRequirement
{
    /// <summary>Darks, recovery, maintenance.</summary>
    NotRequired,

    /// <summary>Every permit given, every shutter open that the plan does not drive itself.</summary>
    Required,
}

/// <summary>A device that a plan needs.</summary>
/// <param name="Name">The device's name.</param>
/// <param name="Unusable">Why it cannot be used; null when it can.</param>
internal sealed record NeededDevice(string Name, Reason? Unusable);

/// <summary>All that the gate looks at, at one instant.</summary>
/// <param name="Plan">The plan's name.</param>
/// <param name="Enclosures">The enclosures that the plan needs.</param>
/// <param name="Beam">Shutters and permits of the beam.</param>
/// <param name="Requirement">Whether the plan needs beam.</param>
/// <param name="Drives">Devices that the plan drives itself.</param>
/// <param name="Devices">Devices that the plan needs.</param>
internal sealed record GateSnapshot(
    string Plan,
    IReadOnlyList<PermitReading> Enclosures,
    IReadOnlyList<PermitReading> Beam,
    BeamRequirement Requirement,
    IReadOnlyCollection<string> Drives,
    IReadOnlyList<NeededDevice> Devices);

/// <summary>Admits a plan or gives every reason against it. A pure function: nothing overrides it.</summary>
internal static class Gate
{
    /// <summary>Every reason against a plan; none when the gate is open.</summary>
    /// <param name="seen">What is so at one instant.</param>
    public static IReadOnlyList<Reason> Judge(GateSnapshot seen) =>
    [
        .. seen.Enclosures.Select(JudgeEnclosure).OfType<Reason>(),
        .. seen.Requirement == BeamRequirement.Required
            ? seen.Beam.Select(b => JudgeBeam(b, seen.Drives)).OfType<Reason>()
            : [],
        .. seen.Devices
            .Where(d => d.Unusable is not null)
            .Select(d => GateErrors.DeviceUnusable.Because($"{d.Name} cannot be used: {d.Unusable!.Message}")),
    ];

    private static Reason? JudgeEnclosure(PermitReading enclosure) => enclosure.State switch
    {
        PermitState.Permitted => null,
        PermitState.NotPermitted => GateErrors.EnclosureNotPermitted.Because(
            $"{enclosure.Signal.Name} is not permitted: {enclosure.Signal.Address} is {enclosure.Value}, "
            + $"permitted when {enclosure.Signal.GoodWhen}."),
        _ => GateErrors.EnclosureUnknown.Because(
            $"{enclosure.Signal.Name} is unknown: {enclosure.Signal.Address}: {enclosure.Doubt}."),
    };

    private static Reason? JudgeBeam(PermitReading beam, IReadOnlyCollection<string> drives) =>
        (beam.State, beam.Signal.Role) switch
        {
            (PermitState.Permitted, _) => null,
            (PermitState.NotPermitted, SignalRole.Shutter) when beam.Signal.Device is { } own && drives.Contains(own) => null,
            (PermitState.NotPermitted, SignalRole.Shutter) => GateErrors.ShutterClosed.Because(
                $"{beam.Signal.Name} is closed: {beam.Signal.Address} is {beam.Value}, open when {beam.Signal.GoodWhen}."),
            (PermitState.NotPermitted, _) => GateErrors.PermitMissing.Because(
                $"{beam.Signal.Name} is not given: {beam.Signal.Address} is {beam.Value}, given when {beam.Signal.GoodWhen}."),
            _ => GateErrors.BeamUnknown.Because($"{beam.Signal.Name} is unknown: {beam.Signal.Address}: {beam.Doubt}."),
        };
}
