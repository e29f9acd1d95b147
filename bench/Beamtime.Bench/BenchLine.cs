namespace Beamtime.Bench;

/// <summary>One line of the table: what is measured beside what, and how they are to compare.</summary>
/// <param name="Name">Permanent name: <c>ledger.append</c>.</param>
/// <param name="Unit">Unit of both figures.</param>
/// <param name="Bar">What the ratio must reach; where the figure is a time or a size, what it must not exceed.</param>
/// <param name="Sense">Whether more is better.</param>
/// <param name="MeasureAsync">Measures it.</param>
internal sealed record BenchLine(
    string Name, string Unit, double? Bar, BenchSense Sense, Func<BenchRoom, CancellationToken, Task<Measured>> MeasureAsync);

/// <summary>Whether a figure should be large or small.</summary>
internal enum BenchSense
{
    /// <summary>A rate: the ratio is a lower bound.</summary>
    Rate,

    /// <summary>A time: the ratio is an upper bound.</summary>
    Time,

    /// <summary>A size without anything raw beside it: the value itself has an upper bound.</summary>
    Size,
}

/// <summary>Two figures of one run.</summary>
/// <param name="Value">The product's, median of the rounds.</param>
/// <param name="Beside">The raw one's, median of the rounds.</param>
/// <param name="Ratio">Median of the rounds' ratios; null where there is nothing to divide by.</param>
internal sealed record Measured(double Value, double Beside, double? Ratio);
