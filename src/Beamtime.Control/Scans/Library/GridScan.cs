// grid: two or more motors over all combinations of their positions; the first motor given is the fast one.
//
//   plan       equal steps for each motor; snaked, everything inside a motor runs backwards at its odd steps
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>All combinations of the positions of two or more motors.</summary>
internal sealed class GridScan(ScanArguments arguments) : StepScan(arguments, arguments.Names(0))
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "grid",
        Aliases = ["grid_scan"],
        Description = "Moves two or more motors over all combinations of their positions, the first motor fastest.",
        Bundle = [.. AxisParameters.StartStop, AxisParameters.Count("steps", "Positions of this motor.", "11")],
        Bundles = (2, AxisParameters.MostAxes),
        Parameters = [Relative, AxisParameters.Snaked, .. AcquisitionParameters.All],
        Create = arguments => new GridScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments) => new GridTrajectory(
        [.. arguments.Bundles.Index().Select(b => new ScanRegion(
            arguments.Number(b.Index, 1), arguments.Number(b.Index, 2), arguments.Integer(b.Index, 3)))],
        arguments.Flag("snaked"));
}
