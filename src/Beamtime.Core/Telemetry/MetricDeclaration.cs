using System.Diagnostics.Metrics;

namespace Beamtime.Core.Telemetry;

/// <summary>What kind of number a metric is.</summary>
internal enum MetricKind
{
    /// <summary>It only grows.</summary>
    Counter,

    /// <summary>It is what it is now.</summary>
    Gauge,

    /// <summary>How many fell into which range.</summary>
    Histogram,
}

/// <summary>What is known of a metric before anything is measured.</summary>
internal sealed record MetricDeclaration
{
    /// <summary>The instrument's dotted name.</summary>
    public required string Instrument { get; init; }

    /// <summary>Its kind.</summary>
    public required MetricKind Kind { get; init; }

    /// <summary>Its unit as UCUM has it.</summary>
    public required string Unit { get; init; }

    /// <summary>What it tells.</summary>
    public required string Help { get; init; }

    /// <summary>Its labels on the page.</summary>
    public string[] Labels { get; init; } = [];

    /// <summary>The tags of its measurements that give the labels, in their order.</summary>
    public string[] Tags { get; init; } = [];

    /// <summary>True when measurements are added up; false when the last one counts.</summary>
    public bool IsSum { get; init; }

    /// <summary>True when values are taken anew for every page.</summary>
    public bool IsSampled { get; init; }

    /// <summary>Upper bounds of the buckets, for a histogram.</summary>
    public double[] Bounds { get; init; } = [];

    /// <summary>True when the instrument says which labels it has.</summary>
    public bool HasLabels { get; init; } = true;

    /// <summary>Its name on the page.</summary>
    public string Name => MetricName.Of(Instrument, Unit, Kind);

    /// <summary>What an instrument of ours declares.</summary>
    /// <param name="instrument">The instrument, made by <see cref="AreaMeter"/>.</param>
    public static MetricDeclaration Of(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        var tags = instrument.Tags?.ToDictionary(t => t.Key, t => t.Value) ?? [];
        string[] labels = tags.GetValueOrDefault(AreaMeter.LabelsTag) is string { Length: > 0 } list ? list.Split(',') : [];
        return new MetricDeclaration
        {
            Instrument = instrument.Name,
            Kind = type == typeof(Histogram<>) ? MetricKind.Histogram
                : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter
                : MetricKind.Gauge,
            Unit = instrument.Unit ?? "",
            Help = instrument.Description ?? "",
            Labels = labels,
            Tags = labels,
            IsSum = type == typeof(Counter<>) || type == typeof(UpDownCounter<>),
            IsSampled = tags.ContainsKey(AreaMeter.SampledTag),
            HasLabels = tags.ContainsKey(AreaMeter.LabelsTag),
            Bounds = (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries?.ToArray() ?? AreaMeter.ShortSeconds,
        };
    }
}

/// <summary>An instrument of a library beneath, shown under a name of ours.</summary>
/// <param name="Meter">The library's meter.</param>
/// <param name="Instrument">The library's instrument.</param>
/// <param name="Declaration">How it is shown.</param>
internal sealed record BorrowedMetric(string Meter, string Instrument, MetricDeclaration Declaration);
