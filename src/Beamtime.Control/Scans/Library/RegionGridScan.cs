// multi_region_grid: two motors over grids with steps of their own.
//
//   plan       the grids one after the other, the first motor fast in each
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>Grids with steps of their own, one after the other.</summary>
internal sealed class RegionGridScan(ScanArguments arguments) : StepScan(arguments, [arguments.Text(0, 0), arguments.Text(0, 1)])
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "multi_region_grid",
        Aliases = ["multi_region_grid_scan"],
        Description = "Moves two motors over grids with steps of their own, the first motor fastest.",
        Bundle =
        [
            AxisParameters.Motor("motor1", "The fast motor.", "motor_1"), AxisParameters.Motor("motor2", "The slow motor.", "motor_2"),
        ],
        Bundles = (1, 1),
        Parameters =
        [
            new()
            {
                Name = "regions", Type = ParameterType.RegionPairs, Example = "0:1:11x0:2:5,1:3:5x0:2:5",
                Description = "Start, stop and steps of both motors in each grid, each in its motor's unit.",
            },
            Relative,
            AxisParameters.Snaked,
            .. AcquisitionParameters.All,
        ],
        Create = arguments => new RegionGridScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments) => JoinedRegions.Grids(arguments.RegionPairs("regions"), arguments.Flag("snaked"));
}
