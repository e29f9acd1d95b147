using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// Keeps what all instruments of the program measure, for the page of metrics. It listens to the meters of the program
/// and, under names of ours, to those of the libraries beneath that are worth it.
/// </summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();
    private readonly Dictionary<(string Meter, string Instrument), MetricDeclaration> _borrowed;
    private readonly int _seriesLimit;

    /// <summary>Begins to collect.</summary>
    /// <param name="seriesLimit">Series of one metric at most.</param>
    /// <param name="borrowed">Instruments of libraries beneath.</param>
    /// <param name="declaring">Assemblies whose instruments are shown from the start, measured or not.</param>
    public MetricCollector(int seriesLimit, IEnumerable<BorrowedMetric> borrowed, params IEnumerable<Assembly> declaring)
    {
        _seriesLimit = seriesLimit;
        _borrowed = borrowed.ToDictionary(b => (b.Meter, b.Instrument), b => b.Declaration);
        foreach (var declaration in _borrowed.Values)
        {
            _families[declaration.Instrument] = Make(declaration);
        }

        _listener.InstrumentPublished = Enable;
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => ((MetricFamily)family!).Take((long)value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.Start();
        foreach (var metrics in declaring.SelectMany(a => a.GetTypes()).Where(IsDeclaring))
        {
            RuntimeHelpers.RunClassConstructor(metrics.TypeHandle);
        }
    }

    /// <summary>All metrics by name.</summary>
    public IReadOnlyList<MetricFamily> Families => [.. _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal)];

    /// <summary>Asks the instruments that are asked, and forgets what a sampling does not set again.</summary>
    public void BeginRound()
    {
        foreach (var family in _families.Values)
        {
            family.BeginRound();
        }

        _listener.RecordObservableInstruments();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private void Enable(Instrument instrument, MeterListener listener)
    {
        if (_borrowed.TryGetValue((instrument.Meter.Name, instrument.Name), out var declaration))
        {
            listener.EnableMeasurementEvents(instrument, _families[declaration.Instrument]);
        }
        else if (instrument.Meter.Name.StartsWith(AreaMeter.Prefix, StringComparison.Ordinal))
        {
            // Several objects of one class have each its instruments, and are one metric.
            var family = _families.GetOrAdd(
                instrument.Name,
                static (_, made) => made.Self.Make(MetricDeclaration.Of(made.Instrument)),
                (Self: this, Instrument: instrument));
            listener.EnableMeasurementEvents(instrument, family);
        }
    }

    private MetricFamily Make(MetricDeclaration declaration) =>
        new(declaration, _seriesLimit, static family => TelemetryMetrics.Overflowed.Add(
            1, new KeyValuePair<string, object?>("metric", family.Name)));

    private static bool IsDeclaring(Type type) =>
        type.Name.EndsWith("Metrics", StringComparison.Ordinal) && type.TypeInitializer is not null;
}
