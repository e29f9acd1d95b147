// list: motors through positions that are given one by one.
//
//   plan       the i-th point takes the i-th position of each list; all lists are equally long
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>Positions given one by one.</summary>
internal sealed class ListScan(ScanArguments arguments) : StepScan(arguments, arguments.Names(0))
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "list",
        Aliases = ["list_scan"],
        Description = "Moves one or more motors together through lists of positions and reads at each.",
        Bundle =
        [
            AxisParameters.Motor("motor", "The motor."),
            new()
            {
                Name = "positions", Type = ParameterType.Numbers, UnitOf = "motor", Example = "0,1,4,9", Group = "Motors",
                Description = "Its positions, as many as those of the other motors.",
            },
        ],
        Bundles = (1, AxisParameters.MostAxes),
        Parameters = [Relative, Ordering.Parameter, .. AcquisitionParameters.All],
        Create = arguments => new ListScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments) => Ordering.Apply(arguments, PointTrajectory.FromColumns(
        [.. arguments.Bundles.Index().Select(b => arguments.Numbers(b.Index, 1))]), Remark);
}
