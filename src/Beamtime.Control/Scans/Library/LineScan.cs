// line: one or more motors from start to stop together, in equal steps.
//
//   plan       x_i = start + i (stop - start) / (n - 1) for each motor; one step stays at start
//   prepare    move to the first point beside the baseline reading
//   core       at each point: move, settle, trigger, expose, read
//   post       with --relative, back to where it began
//
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>A straight line through the space of one or more motors, in equal steps.</summary>
internal sealed class LineScan(ScanArguments arguments) : Scan
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "line",
        Description = "Moves one or more motors together from start to stop in equal steps and reads at each.",
        Bundle =
        [
            new() { Name = "motor", Type = ParameterType.Positioner, Description = "The motor." },
            new() { Name = "start", Type = ParameterType.Number, Description = "First position, in the motor's unit." },
            new() { Name = "stop", Type = ParameterType.Number, Description = "Last position, in the motor's unit." },
        ],
        Bundles = (1, 64),
        Parameters =
        [
            new() { Name = "steps", Type = ParameterType.Integer, Low = 1, High = 100_000_000, Description = "Points." },
            new()
            {
                Name = "relative", Type = ParameterType.Flag, Default = "false",
                Description = "Positions are relative to where the motors are; they return there afterwards.",
            },
            .. AcquisitionParameters.All,
        ],
        Create = arguments => new LineScan(arguments),
    };

    private readonly string[] _motors = [.. arguments.Bundles.Select(b => b[0])];
    private readonly bool _isRelative = arguments.Flag("relative");
    private double[] _origin = [];

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position)
    {
        _origin = [.. _motors.Select(position)];
        var steps = arguments.Integer("steps");
        return AcquisitionParameters.Applied(arguments, new ScanPlan
        {
            Motors = _motors,
            Positions = new LinePositions(
                [.. _motors.Select((_, axis) => arguments.Number(axis, 1) + (_isRelative ? _origin[axis] : 0))],
                [.. _motors.Select((_, axis) => arguments.Number(axis, 2) + (_isRelative ? _origin[axis] : 0))],
                steps),
            Points = steps,
        });
    }

    /// <inheritdoc/>
    public override async Task PrepareAsync(ScanContext scan, CancellationToken cancel) =>
        await scan.SetAsync(
            Targets(scan.Plan.Positions[Math.Min(scan.PointsTaken, scan.Plan.Positions.Count - 1)]), cancel);

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        var positions = scan.Plan.Positions;
        for (var i = scan.PointsTaken; i < positions.Count; i++)
        {
            await scan.TakePointAsync(positions[i], default, cancel);
        }
    }

    /// <inheritdoc/>
    public override async Task PostScanAsync(ScanContext scan, CancellationToken cancel)
    {
        if (_isRelative)
        {
            await scan.SetAsync(Targets(_origin), cancel);
        }
    }

    /// <inheritdoc/>
    public override Task OnExceptionAsync(ScanContext scan, CancellationToken cancel) => PostScanAsync(scan, cancel);

    private IReadOnlyList<(string, Beamtime.Sdk.Devices.Value)> Targets(double[] at) =>
        [.. _motors.Select((motor, axis) => (motor, Beamtime.Sdk.Devices.Value.Of(at[axis])))];
}
