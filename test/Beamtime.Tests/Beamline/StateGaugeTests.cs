using Beamtime.Control.Beamline;
using Beamtime.Sdk.Devices;
using Beamtime.Tests.Support;
using static Beamtime.Control.Beamline.StateStatus;

namespace Beamtime.Tests.Beamline;

/// <summary>What a reading says of a state, and how long it must hold.</summary>
public sealed class StateGaugeTests
{
    private readonly FakeClock _clock = new();

    [Theory]
    [InlineData(100, Valid)]
    [InlineData(82, Valid)]
    [InlineData(81.9, Warning)]
    [InlineData(80, Warning)]
    [InlineData(79.999, Invalid)]
    [InlineData(200, Warning)]
    [InlineData(200.001, Invalid)]
    [InlineData(double.NaN, Invalid)]
    [InlineData(double.PositiveInfinity, Invalid)]
    internal void A_value_is_judged_by_its_limits_and_the_tolerance(double value, StateStatus status) =>
        Assert.Equal(status, Current().Judge(Value.Of(value)).Status);

    [Fact]
    public void What_is_no_number_is_unknown()
    {
        Assert.Equal(Unknown, Current().Judge(Value.Missing).Status);
        Assert.Equal(Unknown, Current().Judge(Value.Of("many")).Status);
        Assert.Equal(Valid, (Current() with { Low = null }).Judge(Value.Of(-5.0)).Status);
    }

    [Fact]
    public void The_first_look_counts_at_once_and_what_is_worse_too()
    {
        var gauge = new StateGauge(TimeSpan.FromSeconds(5), _clock);
        Assert.True(gauge.Take(Valid, "v"));
        Assert.True(gauge.Take(Warning, "w"));
        Assert.True(gauge.Take(Invalid, "i"));
        Assert.True(gauge.Take(Unknown, "u"));
        Assert.Equal((Unknown, "u"), (gauge.Status, gauge.Label));
    }

    [Fact]
    public void What_is_better_counts_only_after_it_has_held_without_interruption()
    {
        var gauge = new StateGauge(TimeSpan.FromSeconds(5), _clock);
        gauge.Take(Valid, "v");
        gauge.Take(Invalid, "i");
        Assert.False(gauge.Take(Valid, "v"));
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(gauge.Take(Valid, "v"));
        Assert.False(gauge.Take(Invalid, "i"));
        Assert.False(gauge.Take(Valid, "v"));
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(gauge.Take(Valid, "v"));
        Assert.Contains("not for 5 s yet", gauge.Label, StringComparison.Ordinal);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.True(gauge.Take(Valid, "v"));
        Assert.Equal(Valid, gauge.Status);
    }

    private static StateDefinition Current() => new()
    {
        Name = "current", Kind = StateKind.WithinLimits, Address = "ring.current", Low = 80, High = 200, Tolerance = 2,
    };
}
