// round_roi: two motors on concentric rings, as far as they lie in a rectangle.
//
//   plan       rings at equal spacing; the k-th has k times the points of the first; those in the rectangle
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>Concentric rings within a rectangle.</summary>
internal sealed class RoundRoiScan(ScanArguments arguments) : StepScan(arguments, [arguments.Text(0, 0), arguments.Text(0, 3)])
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "round_roi",
        Aliases = ["round_roi_scan"],
        Description = "Moves two motors on concentric rings as far as these lie in a rectangle.",
        Bundle =
        [
            AxisParameters.Motor("motor1", "The first motor.", "motor_1"),
            .. AxisParameters.Ends("motor1", "1"),
            AxisParameters.Motor("motor2", "The second motor.", "motor_2"),
            .. AxisParameters.Ends("motor2", "2"),
            AxisParameters.Distance("shell_spacing", "motor1", "Between two rings."),
            AxisParameters.Count("pos_in_first_ring", "Points in the first ring.", "3"),
        ],
        Bundles = (1, 1),
        Parameters = [Relative, AxisParameters.Center1, AxisParameters.Center2, Ordering.Parameter, .. AcquisitionParameters.All],
        Create = arguments => new RoundRoiScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments) => Ordering.Apply(arguments, Rings.Within(
        new PositionBox(arguments.Number(0, 1), arguments.Number(0, 2), arguments.Number(0, 4), arguments.Number(0, 5)),
        arguments.Number(0, 6),
        arguments.Integer(0, 7),
        arguments.Number("center_1"),
        arguments.Number("center_2")), Remark);
}
