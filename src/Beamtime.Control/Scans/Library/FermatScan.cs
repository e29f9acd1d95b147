// fermat: two motors over a rectangle on Fermat's spiral.
//
//   plan       point i at the angle i phi and the radius step sqrt(i / pi) about the middle; those in the rectangle
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>Fermat's spiral over a rectangle: even density without a lattice.</summary>
internal sealed class FermatScan(ScanArguments arguments) : StepScan(arguments, [arguments.Text(0, 0), arguments.Text(0, 3)])
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "fermat",
        Aliases = ["fermat_scan"],
        Description = "Moves two motors over a rectangle on Fermat's spiral: points of even density without a lattice.",
        Bundle =
        [
            AxisParameters.Motor("motor1", "The first motor."),
            .. AxisParameters.Ends("motor1", "1"),
            AxisParameters.Motor("motor2", "The second motor."),
            .. AxisParameters.Ends("motor2", "2"),
            AxisParameters.Distance("step", "motor1", "Mean distance of points."),
        ],
        Bundles = (1, 1),
        Parameters =
        [
            Relative,
            new()
            {
                Name = "spiral_type", Type = ParameterType.Number, Default = "0", Low = 0, High = 2, IsExpert = true,
                Description = "Shape of the spiral: turns its angle between two points by so many half turns.",
            },
            Ordering.Parameter,
            .. AcquisitionParameters.All,
        ],
        Create = arguments => new FermatScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments)
    {
        var box = new PositionBox(arguments.Number(0, 1), arguments.Number(0, 2), arguments.Number(0, 4), arguments.Number(0, 5));
        return Ordering.Apply(
            arguments, FermatSpiral.Within(box, arguments.Number(0, 6), arguments.Number("spiral_type")), Remark, box);
    }
}
