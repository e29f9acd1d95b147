using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Simulated;

public sealed class SimulatedSignalTests
{
    private readonly DeviceBench _bench = new();

    [Fact]
    public async Task A_signal_stays_what_it_was_set_to()
    {
        var energy = _bench.Add(
            "energy", "simulated.signal", """{ "value": 20, "egu": "keV", "limits": [13.374, 60] }""");
        Assert.Equal(20, energy.Read("energy").AsDouble());
        Assert.Equal((13.374, 60), energy.Signal("energy").Limits);
        List<double> seen = [];
        ((IMonitored)energy).Changed += (_, reading) => seen.Add(reading.Value.AsDouble());
        await energy.Set("energy", 25).Soon();
        Assert.Equal(25, energy.Read("energy").AsDouble());
        Assert.Equal([25], seen);
    }

    [Theory]
    [InlineData("""{ "type": "integer", "value": 3 }""", SignalType.Integer, "3")]
    [InlineData("""{ "type": "boolean", "value": true }""", SignalType.Boolean, "true")]
    [InlineData("""{ "type": "text", "value": "Si(220)" }""", SignalType.Text, "Si(220)")]
    public void A_signal_has_the_type_that_is_asked_for(string json, SignalType type, string value)
    {
        var signal = _bench.Add("s", "simulated.signal", json);
        Assert.Equal(type, signal.Signal("s").Type);
        Assert.Equal(value, signal.Read("s").ToString());
    }

    [Fact]
    public async Task A_read_only_signal_refuses_to_be_set()
    {
        var signal = _bench.Add("s", "simulated.signal", """{ "read_only": true }""");
        Assert.False(signal.Signal("s").IsSettable);
        var fault = await Assert.ThrowsAsync<FaultException>(() => signal.Set("s", 1));
        Assert.Equal("simulated.signal.not_settable", fault.Reason.Code);
    }

    [Fact]
    public async Task A_value_that_is_not_of_the_type_is_a_fault_and_changes_nothing()
    {
        var signal = _bench.Add("s", "simulated.signal", """{ "type": "integer", "value": 3 }""");
        await Assert.ThrowsAsync<FaultException>(() => signal.Set("s", 1.5));
        Assert.Equal(3, signal.Read("s").AsInteger());
    }
}
