using System.Collections;

namespace Beamtime.Control.Scans.Library;

/// <summary>The points of a line, computed as they are asked for: a line of a million points takes no memory.</summary>
/// <param name="start">First position of each axis.</param>
/// <param name="stop">Last position of each axis.</param>
/// <param name="steps">Points, ≥ 1.</param>
internal sealed class LinePositions(double[] start, double[] stop, int steps) : IReadOnlyList<double[]>
{
    /// <inheritdoc/>
    public int Count => steps;

    /// <inheritdoc/>
    public double[] this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)steps, nameof(index));
            var point = new double[start.Length];
            for (var axis = 0; axis < point.Length; axis++)
            {
                point[axis] = steps == 1
                    ? start[axis]
                    : index == steps - 1 ? stop[axis] : start[axis] + (index * (stop[axis] - start[axis]) / (steps - 1));
            }

            return point;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<double[]> GetEnumerator()
    {
        for (var i = 0; i < steps; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
