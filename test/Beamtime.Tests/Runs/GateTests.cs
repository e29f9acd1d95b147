using Beamtime.Control.Beamline;
using Beamtime.Control.Runs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Runs;

/// <summary>The gate's answer for every state of everything that it looks at.</summary>
public sealed class GateTests
{
    // enclosure A, enclosure B, front-end shutter, station shutter, permit; whether beam is needed; what is driven; a device's fault; the codes
    [Theory]
    [InlineData("PPPPP", true, "", true, "")]
    [InlineData("PPPPP", false, "", true, "")]
    [InlineData("NPPPP", true, "", true, "gate.enclosure.not_permitted")]
    [InlineData("PNPPP", false, "", true, "gate.enclosure.not_permitted")]
    [InlineData("UPPPP", false, "", true, "gate.enclosure.unknown")]
    [InlineData("NUPPP", true, "", true, "gate.enclosure.not_permitted gate.enclosure.unknown")]
    [InlineData("PPNPP", true, "", true, "gate.beam.shutter_closed")]
    [InlineData("PPPNP", true, "", true, "gate.beam.shutter_closed")]
    [InlineData("PPPNP", true, "SBS", true, "")]
    [InlineData("PPNNP", true, "SBS", true, "gate.beam.shutter_closed")]
    [InlineData("PPPUP", true, "SBS", true, "gate.beam.unknown")]
    [InlineData("PPPPN", true, "", true, "gate.beam.permit_missing")]
    [InlineData("PPPPU", true, "", true, "gate.beam.unknown")]
    [InlineData("PPNNN", false, "", true, "")]
    [InlineData("PPUUU", false, "", true, "")]
    [InlineData("PPPPP", false, "", false, "gate.device.unusable")]
    [InlineData("UUUUU", true, "SBS", false,
        "gate.enclosure.unknown gate.enclosure.unknown gate.beam.unknown gate.beam.unknown gate.beam.unknown gate.device.unusable")]
    [InlineData("NNNNN", true, "", false,
        "gate.enclosure.not_permitted gate.enclosure.not_permitted gate.beam.shutter_closed gate.beam.shutter_closed "
        + "gate.beam.permit_missing gate.device.unusable")]
    public void Every_reason_is_given(string states, bool needsBeam, string drives, bool isUsable, string codes)
    {
        var fault = new Reason("device.connect.failed", "no answer", "mend it");
        var seen = new GateSnapshot(
            "tomo_step",
            [Reading("2-BM-A", SignalRole.Enclosure, states[0]), Reading("2-BM-B", SignalRole.Enclosure, states[1])],
            [
                Reading("FES", SignalRole.Shutter, states[2]),
                Reading("SBS", SignalRole.Shutter, states[3]),
                Reading("acis_permit", SignalRole.Permit, states[4]),
            ],
            needsBeam ? BeamRequirement.Required : BeamRequirement.NotRequired,
            drives.Split(' '),
            [new NeededDevice("Camera", isUsable ? null : fault)]);

        var reasons = Gate.Judge(seen);

        Assert.Equal(codes, string.Join(' ', reasons.Select(r => r.Code)));
        Assert.All(reasons, r => Assert.NotEmpty(r.Remedy));
    }

    private static PermitReading Reading(string name, SignalRole role, char state) => new(
        new WatchedSignal(name, role, $"beam.{name}", 1, role == SignalRole.Shutter ? name : null, ""),
        state switch
        {
            'P' => PermitState.Permitted,
            'N' => PermitState.NotPermitted,
            _ => PermitState.Unknown,
        },
        "1",
        DateTimeOffset.UnixEpoch,
        TimeSpan.Zero,
        state == 'U' ? "it was not read yet" : null);
}
