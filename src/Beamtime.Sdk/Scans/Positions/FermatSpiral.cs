namespace Beamtime.Sdk.Scans.Positions;

/// <summary>
/// Fermat's spiral: points of nearly equal density without a lattice. With φ = 2π (1 + √5) / 2 + type · π, point i lies at
/// the angle i φ and the radius step √(i / π) about the middle of a box; those in the box are kept.
/// </summary>
public static class FermatSpiral
{
    /// <summary>The points in a box, from the middle outwards.</summary>
    /// <param name="box">The box, its edges included.</param>
    /// <param name="step">Mean distance of points, &gt; 0.</param>
    /// <param name="type">Shape of the spiral, 0 to 2.</param>
    /// <param name="isCentred">Whether the middle itself is a point.</param>
    /// <exception cref="Errors.RefusedException">There are more points than can be laid out.</exception>
    public static PointTrajectory Within(PositionBox box, double step, double type = 0, bool isCentred = false)
    {
        var phi = (2 * Math.PI * (1 + Math.Sqrt(5)) / 2) + (type * Math.PI);
        var last = Math.Ceiling(box.Width1 * box.Width2 * 3.2 / (step * step));
        PointList.DemandRoom(last);
        var points = new PointList();
        for (var i = isCentred ? 0 : 1; i <= last; i++)
        {
            var radius = step / Math.Sqrt(Math.PI) * Math.Sqrt(i);
            var (sine, cosine) = Math.SinCos(i * phi);
            points.AddWithin(box, box.Center1 + (radius * cosine), box.Center2 + (radius * sine));
        }

        return points.ToTrajectory();
    }
}
