using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Beamline;

/// <summary>
/// The beamline's hand on a shutter: two commands, which are requests to the safety system, and the readback that alone
/// tells what became of them. A refused request is no fault.
/// </summary>
internal sealed class SimulatedShutter : IDevice, ISettable, IMonitored
{
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly SimulatedBeamline? _beamline;
    private readonly PssShutter _shutter;
    private readonly Signal _blocking;
    private readonly Signal _open;
    private readonly Signal _close;

    /// <summary>A shutter of a simulated beamline, or one of its own that is always permitted.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <exception cref="FormatException">Neither station nor front end.</exception>
    public SimulatedShutter(DeviceConfiguration configuration)
    {
        _name = configuration.Name;
        _time = configuration.Time;
        _beamline = configuration.Device<SimulatedBeamline>(
            "beamline", null, "the simulated beamline whose safety system it obeys");
        var place = configuration.Text("place", "station", "which of the beamline's shutters it is: station or front-end");
        var travel = configuration.Number("delay", 1, "time from a request to its effect, s", low: 0, high: 3600);
        _shutter = (place, _beamline) switch
        {
            ("station" or "front-end", null) => new PssShutter(_time, static () => true),
            ("station", { } beamline) => beamline.Station,
            ("front-end", { } beamline) => beamline.FrontEnd,
            _ => throw new FormatException($"{_name}: deviceConfig.place is station or front-end, not '{place}'."),
        };
        _shutter.Travel = TimeSpan.FromSeconds(travel);
        _blocking = new Signal
        {
            Name = $"{_name}_beam_blocking", Kind = SignalKind.Hinted, Type = SignalType.Integer,
            Description = "1 while the shutter blocks the beam, else 0.",
        };
        _open = Command("open", "Any value asks the safety system to open; the readback tells whether it did.");
        _close = Command("close", "Any value asks the safety system to close.");
        Signals = [_blocking, _open, _close];
        _shutter.Changed += () => Changed?.Invoke(_blocking, Blocking());
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed;

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <summary>Beam behind it relative to a full ring; 0 while it or another shutter of its beamline blocks.</summary>
    public double BeamStrength => _beamline?.BeamStrength ?? (_shutter.IsBlocking ? 0 : 1);

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            row.Span[0] = Blocking();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        if (!ReferenceEquals(signal, _open) && !ReferenceEquals(signal, _close))
        {
            throw SimulatedErrors.NotSettable.Fault(
                $"{_name}: {signal.Name} cannot be set; the commands are {_open.Name} and {_close.Name}.");
        }

        return new ValueTask(_shutter.RequestAsync(isOpening: ReferenceEquals(signal, _open)).WaitAsync(cancel));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (_beamline is null)
        {
            _shutter.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private Reading Blocking() => new(Value.Of(_shutter.IsBlocking ? 1L : 0L), _time.GetUtcNow());

    private Signal Command(string suffix, string description) => new()
    {
        Name = $"{_name}_{suffix}", Kind = SignalKind.Omitted, Type = SignalType.Integer, IsSettable = true,
        Description = description,
    };
}
