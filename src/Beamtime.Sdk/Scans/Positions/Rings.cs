namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Concentric rings, each with more points than the one inside it: the k-th has k times those of the first.</summary>
public static class Rings
{
    /// <summary>
    /// Rings from an inner to an outer radius, both included and equally spaced; an inner radius of 0 is no ring, the first
    /// then lies at outer / rings. Points begin at the top of a ring: (c₁ + r sin θ, c₂ + r cos θ).
    /// </summary>
    /// <param name="inner">Inner radius, ≥ 0.</param>
    /// <param name="outer">Outer radius, ≥ 0.</param>
    /// <param name="rings">How many rings, ≥ 1.</param>
    /// <param name="first">Points in the first ring, ≥ 1.</param>
    /// <param name="center1">The centre on the first axis.</param>
    /// <param name="center2">The centre on the second axis.</param>
    /// <exception cref="Errors.RefusedException">There are more points than can be laid out.</exception>
    public static PointTrajectory Between(double inner, double outer, int rings, int first, double center1 = 0, double center2 = 0)
    {
        PointList.DemandRoom(first * (rings + 1.0) * rings / 2);
        var points = new PointList();
        for (var ring = 1; ring <= rings; ring++)
        {
            var radius = inner == 0 ? LineTrajectory.At(0, outer, rings + 1, ring) : LineTrajectory.At(inner, outer, rings, ring - 1);
            for (var j = 0; j < first * ring; j++)
            {
                var (sine, cosine) = Math.SinCos(2 * Math.PI * j / (first * ring));
                points.Add(center1 + (radius * sine), center2 + (radius * cosine));
            }
        }

        return points.ToTrajectory();
    }

    /// <summary>
    /// Rings at equal spacing about a centre as far as a box reaches; only points in the box are kept, and the centre itself
    /// is none. Points begin at the right of a ring: (c₁ + r cos θ, c₂ + r sin θ).
    /// </summary>
    /// <param name="box">The box, its edges included.</param>
    /// <param name="spacing">Between two rings, &gt; 0.</param>
    /// <param name="first">Points in the first ring, ≥ 1.</param>
    /// <param name="center1">The centre on the first axis; may lie outside the box.</param>
    /// <param name="center2">The centre on the second axis.</param>
    /// <exception cref="Errors.RefusedException">There are more points than can be laid out.</exception>
    public static PointTrajectory Within(PositionBox box, double spacing, int first, double center1 = 0, double center2 = 0)
    {
        var rings = Math.Ceiling(box.Farthest(center1, center2) / spacing);
        PointList.DemandRoom(first * (rings + 1) * rings / 2);
        var points = new PointList();
        for (var ring = 1; ring <= rings; ring++)
        {
            for (var j = 0; j < first * ring; j++)
            {
                var (sine, cosine) = Math.SinCos(2 * Math.PI * j / (first * ring));
                points.AddWithin(box, center1 + (ring * spacing * cosine), center2 + (ring * spacing * sine));
            }
        }

        return points.ToTrajectory();
    }
}
