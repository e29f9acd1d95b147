using System.Collections.Concurrent;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// One metric with all its series. Their number is bounded: once that many sets of label values have been seen, further
/// ones share one series whose labels all say <c>other</c>, so that sums stay right, and are counted.
/// </summary>
internal sealed class MetricFamily
{
    /// <summary>The value of every label of the series that stands in for those beyond the bound.</summary>
    public const string Other = "other";

    private readonly ConcurrentDictionary<LabelValues, MetricSeries> _series = new();
    private readonly MetricDeclaration _declaration;
    private readonly int _limit;
    private readonly Action<MetricFamily>? _overflowed;
    private readonly MetricSeries? _only;
    private int _count;

    /// <summary>A metric without series.</summary>
    /// <param name="declaration">What it is.</param>
    /// <param name="limit">Series at most.</param>
    /// <param name="overflowed">Told of each measurement beyond that; must not throw.</param>
    public MetricFamily(MetricDeclaration declaration, int limit, Action<MetricFamily>? overflowed)
    {
        (_declaration, _limit, _overflowed) = (declaration, limit, overflowed);
        if (declaration.Labels.Length > LabelValues.Most)
        {
            throw new ArgumentException($"{declaration.Instrument} has more than {LabelValues.Most} labels.", nameof(declaration));
        }

        Name = declaration.Name;
        if (declaration.Labels.Length == 0)
        {
            _only = Make();
            _series[LabelValues.Same("")] = _only;
        }
    }

    /// <summary>What it is.</summary>
    public MetricDeclaration Declaration => _declaration;

    /// <summary>Its name on the page.</summary>
    public string Name { get; }

    /// <summary>The present sampling round; series set in none since are not shown.</summary>
    public int Round { get; private set; }

    /// <summary>Takes a whole number.</summary>
    /// <param name="value">The measurement.</param>
    /// <param name="tags">Its tags.</param>
    public void Take(long value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags).Take(value);

    /// <summary>Takes a number.</summary>
    /// <param name="value">The measurement.</param>
    /// <param name="tags">Its tags.</param>
    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => Find(tags).Take(value);

    /// <summary>Begins a sampling round: what is not set anew is not shown.</summary>
    public void BeginRound()
    {
        Round++;
        if (!_declaration.IsSampled)
        {
            return;
        }

        // What was not set in the round before is gone for good and makes room.
        foreach (var (values, series) in _series)
        {
            if (series != _only && series.Round < Round - 1 && _series.TryRemove(values, out _))
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }

    /// <summary>The series to show, in the order of their labels' values.</summary>
    public IEnumerable<(LabelValues Values, MetricSeries Series)> Shown() => _series
        .Where(s => !_declaration.IsSampled || s.Value.Round == Round)
        .OrderBy(s => s.Key.First, StringComparer.Ordinal).ThenBy(s => s.Key.Second, StringComparer.Ordinal)
        .ThenBy(s => s.Key.Third, StringComparer.Ordinal).ThenBy(s => s.Key.Fourth, StringComparer.Ordinal)
        .Select(s => (s.Key, s.Value));

    private MetricSeries Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _only ?? Find(LabelValues.Of(_declaration.Tags, tags));
        if (_declaration.IsSampled)
        {
            series.Round = Round;
        }

        return series;
    }

    private MetricSeries Find(LabelValues values)
    {
        if (_series.TryGetValue(values, out var series))
        {
            return series;
        }

        if (Volatile.Read(ref _count) < _limit)
        {
            var made = Make();
            series = _series.GetOrAdd(values, made);
            if (series == made)
            {
                Interlocked.Increment(ref _count);
            }

            return series;
        }

        _overflowed?.Invoke(this);
        return _series.GetOrAdd(LabelValues.Same(Other), static (_, self) => self.Make(), this);
    }

    private MetricSeries Make() =>
        _declaration.Kind == MetricKind.Histogram ? new HistogramSeries(_declaration.Bounds)
        : _declaration.IsSum ? new SumSeries()
        : new LastSeries();
}
