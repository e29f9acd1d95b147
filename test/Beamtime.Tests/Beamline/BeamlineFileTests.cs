using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.House;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Beamline;

/// <summary>The description of a beamline, and what is refused in it.</summary>
public sealed class BeamlineFileTests
{
    private const string Devices =
        """
        beam: {deviceClass: simulated.beamline, enabled: true, readoutPriority: baseline}
        FES: {deviceClass: simulated.shutter, enabled: true, readoutPriority: baseline}
        """;

    [Fact]
    public async Task The_description_of_the_site_is_read()
    {
        using var folder = TemporaryFolder.Create("site");
        var site = Path.Combine(Repository.Root, "sites", "2-bm");
        await using var roster = await SimulatedRoster.ConnectAsync(
            folder,
            await File.ReadAllTextAsync(Path.Combine(site, "devices.yaml"), TestContext.Current.CancellationToken),
            TimeProvider.System,
            TestContext.Current.CancellationToken);

        var beamline = BeamlineFile.Read(Path.Combine(site, "beamline.yaml"), DeviceBook.Of(roster));

        Assert.Empty(roster.Unusable);
        Assert.Equal(["2-BM-A", "2-BM-B"], beamline.Enclosures.Select(e => e.Name));
        Assert.Equal([0, 0, 1, 1], beamline.Beam.Select(b => b.GoodWhen));
        Assert.Equal(TimeSpan.FromSeconds(10), beamline.Staleness);
        Assert.DoesNotContain(beamline.Writable, w => w.StartsWith("beam.", StringComparison.Ordinal));
        Assert.True(beamline.Plans["tomo_step"].NeedsBeam);
    }

    [Fact]
    public async Task The_simulated_beamline_holds_its_scans_without_beam()
    {
        using var folder = TemporaryFolder.Create("site");
        var site = Path.Combine(Repository.Root, "sites", "demo");
        await using var roster = await SimulatedRoster.ConnectAsync(
            folder,
            await File.ReadAllTextAsync(Path.Combine(site, "devices.yaml"), TestContext.Current.CancellationToken),
            TimeProvider.System,
            TestContext.Current.CancellationToken);

        var beamline = BeamlineFile.Read(Path.Combine(site, "beamline.yaml"), DeviceBook.Of(roster));

        Assert.Equal("curr", Assert.Single(beamline.States).Address);
        Assert.Equal(LossAction.Pause, beamline.Interlock.OnLoss);
        Assert.Equal(["ring_current"], beamline.Interlock.States.Keys);
    }

    [Fact]
    public void A_site_without_the_file_describes_nothing() =>
        Assert.False(BeamlineFile.Read("/nowhere/beamline.yaml", null!).IsDescribed);

    [Fact]
    public async Task Every_mistake_is_named_with_its_line()
    {
        using var folder = TemporaryFolder.Create("mistakes");
        await using var roster = await SimulatedRoster.ConnectAsync(
            folder, Devices, TimeProvider.System, TestContext.Current.CancellationToken);
        var file = folder["beamline.yaml"];
        await File.WriteAllTextAsync(
            file,
            """
            stalenes: 10 s
            poll: 8 s
            enclosures:
              A: {permit: beam.beam_sta_x_secure, permitted_when: 1}
              B: {permit: baem, permitted_when: 2}
            beam:
              FES: {kind: shuter, address: beam.beam_fes_beam_blocking, open_when: 0}
              fes_permit: {kind: permit, address: beam.beam_fes_permit}
            plans:
              tomo: {enclosures: [C], beam: maybe, devices: [Camera]}
            writable: [FES.FES_open, beam.beam_fes_permit, FES.FES_opn]
            """,
            TestContext.Current.CancellationToken);

        var refused = Assert.Throws<RefusedException>(() => BeamlineFile.Read(file, DeviceBook.Of(roster)));

        Assert.All(refused.Reasons, r => Assert.Equal("beamline.configuration.invalid", r.Code));
        int[] lines = [.. refused.Reasons.Select(r => int.Parse(r.Message[(file.Length + 1)..].Split(':')[0], null)).Distinct().Order()];
        Assert.Equal([1, 4, 5, 7, 8, 10, 11], lines);
        Assert.Contains(refused.Reasons, r => r.Message.Contains("did you mean 'beam_sta_a_secure'", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Message.Contains("did you mean 'shutter'", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Message.Contains("did you mean 'staleness'", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Message.Contains("read and never driven", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Message.Contains("permitted_when is required", StringComparison.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Message.Contains("half of staleness", StringComparison.Ordinal));
    }
}
