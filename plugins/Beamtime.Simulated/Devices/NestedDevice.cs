using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// Several positioners in one device, such as a hexapod: each axis has the signals of a positioner under
/// <c>&lt;device&gt;_&lt;axis&gt;</c>, and axes move and stop on their own or together.
/// </summary>
internal sealed class NestedDevice : IDevice, ISettable, IStoppable, IMonitored
{
    private readonly SimulatedPositioner[] _axes;
    private readonly Dictionary<Signal, SimulatedPositioner> _axisOf = new(ReferenceEqualityComparer.Instance);
    private readonly (int Read, int Configuration)[] _widths;

    /// <summary>The device with its axes.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>: <c>axes</c>, and what all of them take as positioners.</param>
    public NestedDevice(DeviceConfiguration configuration)
    {
        var names = configuration.Texts("axes", ["x", "y", "z"], "names of the axes");
        _axes = [.. names.Select(axis => SimulatedPositioner.AxisOf(configuration, axis))];
        foreach (var axis in _axes)
        {
            foreach (var signal in axis.Signals)
            {
                _axisOf.Add(signal, axis);
            }
        }

        _widths = [.. _axes.Select(a => (
            a.Signals.Count(s => s.IsRead), a.Signals.Count(s => s.Kind == SignalKind.Config)))];
        Signals = [.. _axes.SelectMany(a => a.Signals)];
    }

    /// <inheritdoc/>
    public event Action<Signal, Reading>? Changed
    {
        add => Array.ForEach(_axes, axis => axis.Changed += value);
        remove => Array.ForEach(_axes, axis => axis.Changed -= value);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Signals { get; }

    /// <inheritdoc/>
    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        var from = 0;
        for (var i = 0; i < _axes.Length; i++)
        {
            var width = configuration ? _widths[i].Configuration : _widths[i].Read;
            _axes[i].Read(configuration, row.Span.Slice(from, width));
            from += width;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel) => _axisOf.TryGetValue(signal, out var axis)
        ? axis.SetAsync(signal, value, cancel)
        : throw SimulatedErrors.NotSettable.Fault($"{signal.Name} cannot be set.");

    /// <inheritdoc/>
    public async ValueTask StopAsync(CancellationToken cancel)
    {
        foreach (var axis in _axes)
        {
            await axis.StopAsync(cancel);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var axis in _axes)
        {
            await axis.DisposeAsync();
        }
    }
}
