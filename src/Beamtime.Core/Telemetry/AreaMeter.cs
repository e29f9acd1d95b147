using System.Diagnostics.Metrics;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// The meter of one domain: <c>Beamtime.Jobs</c>, whose instruments are named <c>beamtime.jobs.…</c>. An instrument states
/// its unit, what it tells, its labels and, if it is a histogram, its buckets; the page of metrics and the reference are
/// made from that alone.
/// </summary>
internal sealed class AreaMeter : IDisposable
{
    /// <summary>What the names of all meters of the program begin with.</summary>
    public const string Prefix = "Beamtime.";

    /// <summary>The tag of an instrument that lists its labels, separated by commas.</summary>
    public const string LabelsTag = "labels";

    /// <summary>The tag of a gauge whose values are taken anew for every page, so that old ones must not stay.</summary>
    public const string SampledTag = "sampled";

    /// <summary>Bounds for work that takes from a fraction of a millisecond to some seconds.</summary>
    public static readonly double[] ShortSeconds =
        [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Bounds for work that takes from some milliseconds to hours.</summary>
    public static readonly double[] LongSeconds =
        [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400];

    private readonly string _area;

    /// <summary>Opens the meter of a domain.</summary>
    /// <param name="area">The domain, as its folder: <c>Jobs</c>.</param>
    public AreaMeter(string area)
    {
        _area = $"beamtime.{area.ToLowerInvariant()}.";
        Inner = new Meter(Prefix + area);
    }

    /// <summary>The meter itself, for instruments that are asked when they are read.</summary>
    public Meter Inner { get; }

    /// <summary>A number that only grows.</summary>
    /// <param name="name">What is counted, dotted, below the domain.</param>
    /// <param name="unit">Its unit as UCUM has it: <c>s</c>, <c>By</c>, <c>{job}</c>.</param>
    /// <param name="help">What it tells, a sentence.</param>
    /// <param name="labels">The labels that its measurements carry.</param>
    public Counter<long> Counter(string name, string unit, string help, params string[] labels) =>
        Inner.CreateCounter<long>(_area + name, unit, help, TagsOf(labels));

    /// <summary>A number that goes up and down by what happens.</summary>
    /// <param name="name">What is counted, dotted, below the domain.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="help">What it tells, a sentence.</param>
    /// <param name="labels">The labels that its measurements carry.</param>
    public UpDownCounter<long> UpDown(string name, string unit, string help, params string[] labels) =>
        Inner.CreateUpDownCounter<long>(_area + name, unit, help, TagsOf(labels));

    /// <summary>A number as it is now, set by who knows it.</summary>
    /// <param name="name">What it is, dotted, below the domain.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="help">What it tells, a sentence.</param>
    /// <param name="labels">The labels that its measurements carry.</param>
    public Gauge<double> Gauge(string name, string unit, string help, params string[] labels) =>
        Inner.CreateGauge<double>(_area + name, unit, help, TagsOf(labels));

    /// <summary>A number that a <see cref="MetricSample"/> finds out for every page; what it does not set is not shown.</summary>
    /// <param name="name">What it is, dotted, below the domain.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="help">What it tells, a sentence.</param>
    /// <param name="labels">The labels that its measurements carry.</param>
    public Gauge<double> Sampled(string name, string unit, string help, params string[] labels) =>
        Inner.CreateGauge<double>(_area + name, unit, help, [.. TagsOf(labels), new(SampledTag, true)]);

    /// <summary>How many fell into which range.</summary>
    /// <param name="name">What is measured, dotted, below the domain.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="help">What it tells, a sentence.</param>
    /// <param name="bounds">Upper bounds of the buckets, rising.</param>
    /// <param name="labels">The labels that its measurements carry.</param>
    public Histogram<double> Histogram(string name, string unit, string help, double[] bounds, params string[] labels) =>
        Inner.CreateHistogram(
            _area + name, unit, help, TagsOf(labels), new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    /// <summary>A number that only grows and is asked for when it is read.</summary>
    /// <param name="name">What is counted, dotted, below the domain.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="help">What it tells, a sentence.</param>
    /// <param name="ask">Gives it; must not throw.</param>
    /// <param name="labels">The labels that its measurements carry.</param>
    public ObservableCounter<double> AskedCounter(
        string name, string unit, string help, Func<IEnumerable<Measurement<double>>> ask, params string[] labels) =>
        Inner.CreateObservableCounter(_area + name, ask, unit, help, TagsOf(labels));

    /// <summary>A number as it is now, asked for when it is read.</summary>
    /// <param name="name">What it is, dotted, below the domain.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="help">What it tells, a sentence.</param>
    /// <param name="ask">Gives it; must not throw.</param>
    /// <param name="labels">The labels that its measurements carry.</param>
    public ObservableGauge<double> Asked(
        string name, string unit, string help, Func<IEnumerable<Measurement<double>>> ask, params string[] labels) =>
        Inner.CreateObservableGauge(_area + name, ask, unit, help, [.. TagsOf(labels), new(SampledTag, true)]);

    /// <inheritdoc/>
    public void Dispose() => Inner.Dispose();

    private static KeyValuePair<string, object?>[] TagsOf(string[] labels) => [new(LabelsTag, string.Join(',', labels))];
}
