using Beamtime.Sdk.Errors;

namespace Beamtime.Sdk.Scans.Positions;

/// <summary>Regions with steps of their own, one after the other.</summary>
public static class JoinedRegions
{
    private const double SamePlace = 1e-9;

    /// <summary>Lines on one axis; the first point of a region is left out where the region before ended there.</summary>
    /// <param name="regions">The regions.</param>
    /// <exception cref="RefusedException">There is no region, or there are more points than can be laid out.</exception>
    public static PointTrajectory Lines(IReadOnlyList<ScanRegion> regions)
    {
        PointList.DemandRoom(regions.Sum(r => (double)r.Steps));
        List<double> points = new(regions.Sum(r => r.Steps));
        foreach (var (start, stop, steps) in regions)
        {
            var isJoint = points.Count > 0
                && Math.Abs(points[^1] - start) <= SamePlace * Math.Max(Math.Abs(stop - start), Math.Abs(start));
            for (var i = isJoint ? 1 : 0; i < steps; i++)
            {
                points.Add(LineTrajectory.At(start, stop, steps, i));
            }
        }

        return new PointTrajectory(points.ToArray(), 1);
    }

    /// <summary>Grids of two axes, the first axis fast.</summary>
    /// <param name="regions">The grids.</param>
    /// <param name="isSnaked">Whether every second row of a grid runs backwards.</param>
    /// <exception cref="RefusedException">There are more points than can be laid out.</exception>
    public static PointTrajectory Grids(IReadOnlyList<RegionPair> regions, bool isSnaked)
    {
        PointList.DemandRoom(regions.Sum(r => (double)r.First.Steps * r.Second.Steps));
        var points = new PointList();
        Span<double> point = stackalloc double[2];
        foreach (var (first, second) in regions)
        {
            var grid = new GridTrajectory([first, second], isSnaked);
            for (var i = 0; i < grid.Count; i++)
            {
                grid.Locate(i, point);
                points.Add(point[0], point[1]);
            }
        }

        return points.ToTrajectory();
    }
}
