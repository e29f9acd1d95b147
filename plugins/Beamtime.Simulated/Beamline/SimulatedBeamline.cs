using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Beamline;

/// <summary>
/// What 2-BM sees of the ring and of the personnel safety system: stations, permits, shutters and the ring current. The
/// permits can be set, so that a test or a drill can take one away; shutters then close.
/// </summary>
internal sealed class SimulatedBeamline : IDevice, ISettable, IMonitored
{
    private static readonly string[] PermitNames = ["sta_a_secure", "sta_b_secure", "fes_permit", "acis_permit"];

    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly bool[] _permits = [true, true, true, true];
    private readonly Signal[] _permitSignals;
    private readonly Signal _fesBlocking;
    private readonly Signal _sbsBlocking;
    private readonly RingCurrent _ring;

    /// <summary>A beamline with its permits given and its shutters closed.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public SimulatedBeamline(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _ring = new RingCurrent(
            _time,
            configuration.Number("ring_current", 130, "ring current after top-up, mA", low: 0),
            configuration.Number("lifetime", 10, "lifetime of the stored beam, h", low: 1e-3),
            configuration.Number("top_up_interval", 120, "time between top-ups, s", low: 1));
        var isRingUp = configuration.Flag("ring_permits", true, "whether fes_permit and acis_permit are given at start");
        var isSecure = configuration.Flag("secure", true, "whether both stations are searched and secured at start");
        _permits = [isSecure, isSecure, isRingUp, isRingUp];
        FrontEnd = new PssShutter(_time, () => _permits[0] && _permits[2] && _permits[3]);
        Station = new PssShutter(_time, () => _permits[0] && _permits[1]);
        _permitSignals =
        [
            Integer("sta_a_secure", "1 when station A is searched and secured.") with { IsSettable = true, Limits = (0, 1) },
            Integer("sta_b_secure", "1 when station B is searched and secured.") with { IsSettable = true, Limits = (0, 1) },
            Integer("fes_permit", "1 when the front end may be opened.") with { IsSettable = true, Limits = (0, 1) },
            Integer("acis_permit", "1 when the ring permits beam to the beamline.") with { IsSettable = true, Limits = (0, 1) },
        ];
        _fesBlocking = Integer("fes_beam_blocking", "1 while the front-end shutter blocks the beam.");
        _sbsBlocking = Integer("sbs_beam_blocking", "1 while the station shutter blocks the beam.");
        Current = new Signal
        {
            Name = $"{_name}_ring_current", Kind = SignalKind.Hinted, Unit = "mA", Description = "Current of the storage ring.",
        };
        Signals = [Current, .. _permitSignals, _fesBlocking, _sbsBlocking];
        FrontEnd.Changed += () => Publish(_fesBlocking, FrontEnd.IsBlocking);
        Station.Changed += () => Publish(_sbsBlocking, Station.IsBlocking);
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed;

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <summary>The front-end shutter; needs station A, its own permit and the ring's.</summary>
    public PssShutter FrontEnd { get; }

    /// <summary>The station shutter; needs stations A and B.</summary>
    public PssShutter Station { get; }

    /// <summary>Beam at the sample relative to a full ring; 0 while a shutter blocks it.</summary>
    public double BeamStrength => FrontEnd.IsBlocking || Station.IsBlocking ? 0 : _ring.Fraction;

    private Signal Current { get; }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            var at = _time.GetUtcNow();
            var values = row.Span;
            values[0] = new Reading(Value.Of(_ring.Milliamperes), at);
            for (var i = 0; i < _permits.Length; i++)
            {
                values[1 + i] = new Reading(Bit(_permits[i]), at);
            }

            values[5] = new Reading(Bit(FrontEnd.IsBlocking), at);
            values[6] = new Reading(Bit(Station.IsBlocking), at);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        var index = Array.FindIndex(_permitSignals, permit => ReferenceEquals(permit, signal));
        if (index < 0)
        {
            throw SimulatedErrors.NotSettable.Fault(
                $"{_name}: {signal.Name} cannot be set, only {string.Join(", ", PermitNames)}.");
        }

        _permits[index] = value.AsBoolean();
        Publish(signal, _permits[index]);
        FrontEnd.Enforce();
        Station.Enforce();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        FrontEnd.Dispose();
        Station.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Value Bit(bool isSet) => Value.Of(isSet ? 1L : 0L);

    private void Publish(Signal signal, bool isSet) =>
        Changed?.Invoke(signal, new Reading(Bit(isSet), _time.GetUtcNow()));

    private Signal Integer(string suffix, string description) => new()
    {
        Name = $"{_name}_{suffix}", Type = SignalType.Integer, Description = description,
    };
}
