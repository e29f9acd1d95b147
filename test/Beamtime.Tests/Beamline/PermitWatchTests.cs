using Beamtime.Control.Beamline;
using Beamtime.Control.Devices;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Beamline;

/// <summary>Permits as they are watched: polarity, doubt and age.</summary>
public sealed class PermitWatchTests
{
    private readonly FakeClock _clock = new();
    private Func<Reading> _read = () => new Reading(Value.Of(1L), default);

    [Theory]
    [InlineData(1, 1.0, "Permitted")]
    [InlineData(1, 0.0, "NotPermitted")]
    [InlineData(0, 0.0, "Permitted")]
    [InlineData(0, 1.0, "NotPermitted")]
    [InlineData(1, 0.5, "Unknown")]
    [InlineData(1, 2.0, "Unknown")]
    [InlineData(0, -1.0, "Unknown")]
    [InlineData(0, double.NaN, "Unknown")]
    public void A_signal_states_its_polarity(int goodWhen, double value, string state) =>
        Assert.Equal(state, Signal(goodWhen).Judge(Value.Of(value)).ToString());

    [Fact]
    public void A_missing_value_or_a_text_is_unknown()
    {
        Assert.Equal(PermitState.Unknown, Signal(0).Judge(Value.Missing));
        Assert.Equal(PermitState.Unknown, Signal(1).Judge(Value.Of("ON")));
        Assert.Equal(PermitState.Permitted, Signal(1).Judge(Value.Of(true)));
    }

    [Fact]
    public void Nothing_is_known_before_the_first_reading()
    {
        var reading = Assert.Single(Watch().Enclosures);

        Assert.Equal(PermitState.Unknown, reading.State);
        Assert.Null(reading.Age);
    }

    [Fact]
    public async Task An_observation_grows_old_and_becomes_unknown()
    {
        var watch = Watch();
        await watch.ReadAllAsync(TestContext.Current.CancellationToken);
        Assert.Equal(PermitState.Permitted, watch.Enclosures[0].State);

        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(PermitState.Permitted, watch.Enclosures[0].State);
        Assert.Equal(TimeSpan.FromSeconds(10), watch.Enclosures[0].Age);

        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(PermitState.Unknown, watch.Enclosures[0].State);
        Assert.Contains("10.0 s ago", watch.Enclosures[0].Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reading_that_fails_is_unknown_at_once()
    {
        var watch = Watch();
        await watch.ReadAllAsync(TestContext.Current.CancellationToken);
        _read = static () => throw new FaultException(new Reason("device.fault", "no route to the crate", "mend it"));

        await watch.ReadAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(PermitState.Unknown, watch.Enclosures[0].State);
        Assert.Contains("no route", watch.Enclosures[0].Doubt, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_that_a_device_publishes_is_seen_without_reading()
    {
        using var folder = TemporaryFolder.Create("permits");
        await using var roster = await SimulatedRoster.ConnectAsync(
            folder,
            """
            beam: {deviceClass: simulated.beamline, enabled: true, readoutPriority: baseline}
            """,
            _clock,
            TestContext.Current.CancellationToken);
        var watch = Watch();
        var beam = roster["beam"];
        Listen(watch, roster);
        await watch.ReadAllAsync(TestContext.Current.CancellationToken);

        await ((ISettable)beam.Device).SetAsync(
            beam.Find("beam_sta_a_secure")!, Value.Of(0L), TestContext.Current.CancellationToken);

        Assert.Equal(PermitState.NotPermitted, watch.Enclosures[0].State);
    }

    [Fact]
    public async Task What_a_device_publishes_while_it_is_read_is_newer_than_what_was_read()
    {
        using var folder = TemporaryFolder.Create("permits");
        await using var roster = await SimulatedRoster.ConnectAsync(
            folder,
            """
            beam: {deviceClass: simulated.beamline, enabled: true, readoutPriority: baseline}
            """,
            _clock,
            TestContext.Current.CancellationToken);
        var beam = roster["beam"];
        var watch = new PermitWatch(
            new BeamlineDescription { Enclosures = [Signal(1)] },
            async (_, cancel) =>
            {
                await ((ISettable)beam.Device).SetAsync(beam.Find("beam_sta_a_secure")!, Value.Of(0L), cancel);
                return new Reading(Value.Of(1L), default);
            },
            _clock,
            NullLogger<PermitWatch>.Instance);
        Listen(watch, roster);

        await watch.ReadAllAsync(TestContext.Current.CancellationToken);

        Assert.Equal(PermitState.NotPermitted, watch.Enclosures[0].State);
    }

    private static void Listen(PermitWatch watch, DeviceRoster roster)
    {
        var book = DeviceBook.Of(roster);
        ((IMonitored)roster["beam"].Device).Changed += (signal, reading) => watch.Hear(book, "beam", signal.Name, reading);
    }

    private PermitWatch Watch() => new(
        new BeamlineDescription { Enclosures = [Signal(1)] },
        (_, _) => Task.FromResult(_read()),
        _clock,
        NullLogger<PermitWatch>.Instance);

    private static WatchedSignal Signal(int goodWhen) =>
        new("2-BM-A", SignalRole.Enclosure, "beam.beam_sta_a_secure", goodWhen, null, "");
}
