// hexagonal: two motors over a rectangle, every second row shifted by half a step.
//
//   plan       rows of the first motor; either motor may run in either direction
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>A hexagonal lattice over a rectangle.</summary>
internal sealed class HexagonalScan(ScanArguments arguments) : StepScan(arguments, [arguments.Text(0, 0), arguments.Text(0, 4)])
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "hexagonal",
        Aliases = ["hexagonal_scan"],
        Description = "Moves two motors over a rectangle in rows of which every second one is shifted by half a step.",
        Bundle =
        [
            AxisParameters.Motor("motor1", "The motor of the rows."),
            .. AxisParameters.Ends("motor1", "1"),
            AxisParameters.Distance("step1", "motor1", "Between two points of a row.") with { Aliases = ["step_motor1"] },
            AxisParameters.Motor("motor2", "The motor across the rows."),
            .. AxisParameters.Ends("motor2", "2"),
            AxisParameters.Distance("step2", "motor2", "Between two rows.") with { Aliases = ["step_motor2"] },
        ],
        Bundles = (1, 1),
        Parameters = [Relative, AxisParameters.Snaked, Ordering.Parameter, .. AcquisitionParameters.All],
        Create = arguments => new HexagonalScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments)
    {
        var box = new PositionBox(arguments.Number(0, 1), arguments.Number(0, 2), arguments.Number(0, 5), arguments.Number(0, 6));
        return Ordering.Apply(
            arguments, Hexagons.Within(box, arguments.Number(0, 3), arguments.Number(0, 7), arguments.Flag("snaked")), Remark, box);
    }
}
