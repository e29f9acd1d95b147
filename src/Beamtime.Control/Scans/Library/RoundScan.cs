// round: two motors on concentric rings.
//
//   plan       rings from the inner to the outer radius; the k-th has k times the points of the first
//   the rest   as line
//
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>Concentric rings.</summary>
internal sealed class RoundScan(ScanArguments arguments) : StepScan(arguments, [arguments.Text(0, 0), arguments.Text(0, 1)])
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "round",
        Aliases = ["round_scan"],
        Description = "Moves two motors on concentric rings from an inner to an outer radius; the k-th ring has k times the points of the first.",
        Bundle =
        [
            AxisParameters.Motor("motor1", "The first motor.", "motor_1"),
            AxisParameters.Motor("motor2", "The second motor.", "motor_2"),
            AxisParameters.Place("inner_radius", "motor1", "Radius of the first ring; 0 for none there.") with { Low = 0 },
            AxisParameters.Place("outer_radius", "motor1", "Radius of the last ring.") with { Above = 0, Example = "5" },
            AxisParameters.Count("number_of_rings", "Rings.", "5"),
            AxisParameters.Count("pos_in_first_ring", "Points in the first ring.", "3"),
        ],
        Bundles = (1, 1),
        Parameters = [Relative, AxisParameters.Center1, AxisParameters.Center2, Ordering.Parameter, .. AcquisitionParameters.All],
        Create = arguments => new RoundScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments)
    {
        var (inner, outer) = (arguments.Number(0, 2), arguments.Number(0, 3));
        return inner <= outer
            ? Ordering.Apply(arguments, Rings.Between(
                inner,
                outer,
                arguments.Integer(0, 4),
                arguments.Integer(0, 5),
                arguments.Number("center_1"),
                arguments.Number("center_2")), Remark)
            : throw new RefusedException(ScanErrors.InvalidParameter.Because(
                $"inner_radius is {inner}, more than outer_radius, which is {outer}."));
    }
}
