namespace Beamtime.Core.Telemetry;

/// <summary>What was measured under one set of label values. Measuring takes no lock and allocates nothing.</summary>
internal abstract class MetricSeries
{
    /// <summary>The sampling round in which it was set last; only for sampled gauges.</summary>
    public int Round { get; set; }

    /// <summary>Takes a whole number.</summary>
    /// <param name="value">The measurement.</param>
    public abstract void Take(long value);

    /// <summary>Takes a number.</summary>
    /// <param name="value">The measurement.</param>
    public abstract void Take(double value);

    /// <summary>Adds to a number that several threads add to.</summary>
    /// <param name="sum">The number.</param>
    /// <param name="value">What to add.</param>
    protected static void Add(ref double sum, double value)
    {
        var seen = Volatile.Read(ref sum);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref sum, seen + value, seen);
            if (BitConverter.DoubleToInt64Bits(before) == BitConverter.DoubleToInt64Bits(seen))
            {
                return;
            }

            seen = before;
        }
    }
}

/// <summary>A sum of what came.</summary>
internal sealed class SumSeries : MetricSeries
{
    private long _whole;
    private double _rest;

    /// <summary>The sum.</summary>
    public double Value => Volatile.Read(ref _whole) + Volatile.Read(ref _rest);

    /// <inheritdoc/>
    public override void Take(long value) => Interlocked.Add(ref _whole, value);

    /// <inheritdoc/>
    public override void Take(double value) => Add(ref _rest, value);
}

/// <summary>The last value that came.</summary>
internal sealed class LastSeries : MetricSeries
{
    private double _value;

    /// <summary>The value.</summary>
    public double Value => Volatile.Read(ref _value);

    /// <inheritdoc/>
    public override void Take(long value) => Take((double)value);

    /// <inheritdoc/>
    public override void Take(double value) => Volatile.Write(ref _value, value);
}

/// <summary>How many values fell into each bucket, and their sum.</summary>
/// <param name="bounds">Upper bounds of the buckets, rising.</param>
internal sealed class HistogramSeries(double[] bounds) : MetricSeries
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>The sum of all values.</summary>
    public double Sum => Volatile.Read(ref _sum);

    /// <summary>Upper bounds of the buckets, rising; the last bucket has none.</summary>
    public IReadOnlyList<double> Bounds => bounds;

    /// <summary>How many values are in a bucket alone.</summary>
    /// <param name="bucket">Its place.</param>
    public long Count(int bucket) => Volatile.Read(ref _counts[bucket]);

    /// <inheritdoc/>
    public override void Take(long value) => Take((double)value);

    /// <inheritdoc/>
    public override void Take(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && !(value <= bounds[bucket]))
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Add(ref _sum, value);
    }
}
