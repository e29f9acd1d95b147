using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>A value that nobody can set: another random one at each reading.</summary>
internal sealed class RandomSignal : IDevice
{
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly double _low;
    private readonly double _high;

    /// <summary>A signal.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    public RandomSignal(DeviceConfiguration configuration)
    {
        _time = configuration.Time;
        _random = new Random(configuration.Seed);
        _low = configuration.Number("low", 0, "lowest value");
        _high = configuration.Number("high", 1, "highest value, not reached", low: _low);
        var unit = configuration.Text("egu", "", "unit");
        Signals =
        [
            new Signal
            {
                Name = configuration.Name, Kind = SignalKind.Hinted, Unit = unit.Length == 0 ? null : unit,
                Description = "A random value.",
            },
        ];
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!configuration)
        {
            row.Span[0] = new Reading(Value.Of(_low + ((_high - _low) * _random.NextDouble())), _time.GetUtcNow());
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
