namespace Beamtime.Sdk.Scans.Positions;

/// <summary>
/// Archimedes' spiral about 0, for scans of plugins: θ in steps of 2π / n, x = dr₁ / 2π · θ cos θ, y = dr₂ / 2π · θ sin θ,
/// turned as a whole; those in a box are kept.
/// </summary>
public static class ArchimedeanSpiral
{
    /// <summary>The points from the middle outwards.</summary>
    /// <param name="width1">Extent of the box on the first axis, ≥ 0; its middle is 0.</param>
    /// <param name="width2">Extent of the box on the second axis, ≥ 0.</param>
    /// <param name="spacing1">Between two windings on the first axis, &gt; 0.</param>
    /// <param name="perTurn">Points of a turn, ≥ 1.</param>
    /// <param name="spacing2">Between two windings on the second axis, &gt; 0; null for the same.</param>
    /// <param name="tilt">By how much the spiral is turned, rad.</param>
    /// <exception cref="Errors.RefusedException">There are more points than can be laid out.</exception>
    public static PointTrajectory Within(
        double width1, double width2, double spacing1, int perTurn, double? spacing2 = null, double tilt = 0)
    {
        var box = new PositionBox(-width1 / 2, width1 / 2, -width2 / 2, width2 / 2);
        var across = spacing2 ?? spacing1;
        var turns = Math.Max(width1 / 2 / spacing1, width2 / 2 / across);
        PointList.DemandRoom((turns * perTurn) + 1);
        var (sineOfTilt, cosineOfTilt) = Math.SinCos(tilt);
        var points = new PointList();
        // Whole steps only; one that is missed by rounding counts.
        var last = Math.Floor((turns * perTurn) + 1e-9);
        for (var i = 0; i <= last; i++)
        {
            var (sine, cosine) = Math.SinCos(2 * Math.PI * i / perTurn);
            var (first, second) = (spacing1 * i / perTurn * cosine, across * i / perTurn * sine);
            points.AddWithin(
                box,
                (first * cosineOfTilt) - (second * sineOfTilt),
                (first * sineOfTilt) + (second * cosineOfTilt));
        }

        return points.ToTrajectory();
    }
}
