// log: one or more motors from start to stop together, in steps that grow tenfold.
//
//   plan       x_i = start + f_i (stop - start), f_i = (10^(i / (n - 1)) - 1) / 9; one step stays at start
//   the rest   as line
//
using Beamtime.Sdk.Scans;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Control.Scans.Library;

/// <summary>A line with steps that grow.</summary>
internal sealed class LogScan(ScanArguments arguments) : StepScan(arguments, arguments.Names(0))
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "log",
        Aliases = ["log_scan"],
        Description = "Moves one or more motors together from start to stop in steps that grow tenfold.",
        Bundle = AxisParameters.StartStop,
        Bundles = (1, AxisParameters.MostAxes),
        Parameters = [AxisParameters.Steps, Relative, .. AcquisitionParameters.All],
        Create = arguments => new LogScan(arguments),
    };

    /// <inheritdoc/>
    protected override Trajectory LayOut(ScanArguments arguments) =>
        new LogTrajectory(arguments.Column(1), arguments.Column(2), arguments.Integer("steps"));
}
