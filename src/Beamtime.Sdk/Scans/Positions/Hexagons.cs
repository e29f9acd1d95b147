namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Rows of points of which every second one is shifted by half a step: each point has six neighbours.</summary>
public static class Hexagons
{
    /// <summary>The points in a box, row by row, beginning where the axes begin.</summary>
    /// <param name="box">The box, its edges included; either axis may run in either direction.</param>
    /// <param name="step1">Between the points of a row, &gt; 0.</param>
    /// <param name="step2">Between two rows, &gt; 0.</param>
    /// <param name="isSnaked">Whether every second row runs backwards.</param>
    /// <exception cref="Errors.RefusedException">There are more points than can be laid out.</exception>
    public static PointTrajectory Within(PositionBox box, double step1, double step2, bool isSnaked)
    {
        var rows = Math.Ceiling(box.Width2 / step2) + 1;
        var columns = Math.Ceiling(box.Width1 / step1) + 1;
        PointList.DemandRoom(rows * columns);
        var (along, across) = (box.Stop1 < box.Start1 ? -step1 : step1, box.Stop2 < box.Start2 ? -step2 : step2);
        var points = new PointList();
        for (var row = 0; row < rows; row++)
        {
            var from = points.Count;
            for (var column = 0; column < columns; column++)
            {
                points.AddWithin(
                    box, box.Start1 + ((column + ((row & 1) * 0.5)) * along), box.Start2 + (row * across));
            }

            if (isSnaked && (row & 1) == 1)
            {
                points.ReverseFrom(from);
            }
        }

        return points.ToTrajectory();
    }
}
