namespace Beamtime.Sdk.Scans.Positions;

/// <summary>A rectangle in the plane of two axes, in either direction; its edges belong to it.</summary>
/// <param name="Start1">Where the first axis begins.</param>
/// <param name="Stop1">Where the first axis ends.</param>
/// <param name="Start2">Where the second axis begins.</param>
/// <param name="Stop2">Where the second axis ends.</param>
public readonly record struct PositionBox(double Start1, double Stop1, double Start2, double Stop2)
{
    // Rounding must not put a point on the edge outside, nor let it pass a limit that lies on the edge.
    private const double Tolerance = 1e-9;

    /// <summary>Extent on the first axis.</summary>
    public double Width1 => Math.Abs(Stop1 - Start1);

    /// <summary>Extent on the second axis.</summary>
    public double Width2 => Math.Abs(Stop2 - Start2);

    /// <summary>Middle on the first axis.</summary>
    public double Center1 => (Start1 + Stop1) / 2;

    /// <summary>Middle on the second axis.</summary>
    public double Center2 => (Start2 + Stop2) / 2;

    /// <summary>Distance of the farthest corner from a point.</summary>
    /// <param name="first">The point on the first axis.</param>
    /// <param name="second">The point on the second axis.</param>
    public double Farthest(double first, double second) => double.Hypot(
        Math.Max(Math.Abs(Start1 - first), Math.Abs(Stop1 - first)),
        Math.Max(Math.Abs(Start2 - second), Math.Abs(Stop2 - second)));

    /// <summary>Whether a point lies in the box; one that misses an edge by rounding alone is put onto it.</summary>
    /// <param name="first">The point on the first axis.</param>
    /// <param name="second">The point on the second axis.</param>
    public bool Holds(ref double first, ref double second) =>
        Holds(ref first, Start1, Stop1) && Holds(ref second, Start2, Stop2);

    private static bool Holds(ref double at, double start, double stop)
    {
        var (low, high) = start <= stop ? (start, stop) : (stop, start);
        var slack = Tolerance * (high - low);
        if (!(at >= low - slack && at <= high + slack))
        {
            return false;
        }

        at = Math.Clamp(at, low, high);
        return true;
    }
}
