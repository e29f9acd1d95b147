// line: one or more motors from start to stop together, in equal steps.
//
//   plan       x_i = start + i (stop - start) / (n - 1) for each motor; one step stays at start
//   prepare    move to the first point beside the baseline reading
//   core       at each point: move, settle, trigger, expose, read
//   post       with --relative, back to where it began
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>A straight line through the space of one or more motors, in equal steps.</summary>
internal sealed class LineScan(ScanArguments arguments) : StepScan(arguments, arguments.Names(0))
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "line",
        Aliases = ["line_scan"],
        Description = "Moves one or more motors together from start to stop in equal steps and reads at each.",
        Bundle = AxisParameters.StartStop,
        Bundles = (1, AxisParameters.MostAxes),
        Parameters = [AxisParameters.Steps, Relative, .. AcquisitionParameters.All],
        Create = arguments => new LineScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments) =>
        new LineTrajectory(arguments.Column(1), arguments.Column(2), arguments.Integer("steps"));
}
