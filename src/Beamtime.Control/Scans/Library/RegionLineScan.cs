// multi_region_line: one motor through regions with steps of their own.
//
//   plan       the regions' lines one after the other; a point where two regions meet is taken once
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>A line whose regions have steps of their own.</summary>
internal sealed class RegionLineScan(ScanArguments arguments) : StepScan(arguments, arguments.Names(0))
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "multi_region_line",
        Aliases = ["multi_region_line_scan"],
        Description = "Moves a motor through regions with steps of their own; a point where two regions meet is taken once.",
        Bundle = [AxisParameters.Motor("motor", "The motor.", "device")],
        Bundles = (1, 1),
        Parameters =
        [
            new()
            {
                Name = "regions", Type = ParameterType.Regions, UnitOf = "motor", Example = "0:1:11,1:3:5",
                Description = "Start, stop and steps of each region.",
            },
            Relative,
            .. AcquisitionParameters.All,
        ],
        Create = arguments => new RegionLineScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments) => JoinedRegions.Lines(arguments.Regions("regions"));
}
