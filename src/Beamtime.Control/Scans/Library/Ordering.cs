using System.Diagnostics;
using System.Globalization;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>The order in which a pattern's points are taken.</summary>
internal static class Ordering
{
    private const string None = "none";

    /// <summary>The parameter by which a request chooses it.</summary>
    public static readonly ScanParameter Parameter = new()
    {
        Name = "optimize", Aliases = ["optim_trajectory"], Type = ParameterType.Text, Default = None,
        Choices = [None, "corridor", "shell", "nearest"],
        Description = "Shortens the way: corridors forth and back along the first motor, shells about the middle, or always on to the nearest point.",
    };

    /// <summary>The points in the order that was chosen.</summary>
    /// <param name="arguments">The scan's arguments.</param>
    /// <param name="points">The points in the pattern's own order.</param>
    /// <param name="remark">Takes what was gained.</param>
    /// <param name="box">The rectangle, which gives the directions in which corridors begin; null for upwards.</param>
    public static Trajectory Apply(
        ScanArguments arguments, PointTrajectory points, Action<string> remark, PositionBox? box = null)
    {
        var order = arguments.Text(Parameter.Name);
        if (order == None || points.Count < 3)
        {
            return points;
        }

        var ordered = order switch
        {
            "corridor" => TrajectoryOrder.Corridor(
                points, box is not { } b1 || b1.Start1 <= b1.Stop1, box is not { } b2 || b2.Start2 <= b2.Stop2),
            "shell" => TrajectoryOrder.Shells(points),
            "nearest" => TrajectoryOrder.Nearest(points),
            _ => throw new UnreachableException(),
        };
        var (before, after) = (TrajectoryOrder.LengthOf(points), TrajectoryOrder.LengthOf(ordered));
        remark(string.Create(
            CultureInfo.InvariantCulture,
            $"{points.Count} points in {order} order: a way of {after:G6} instead of {before:G6}, {(before - after) / before:P1} shorter"));
        return ordered;
    }
}
