using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans.Positions;

namespace Beamtime.Sdk.Scans;

/// <summary>
/// A scan that goes from position to position and takes its readings at each. Who derives from it says only which
/// positions: the rest is the same for all. Its declaration has <see cref="AcquisitionParameters"/> and, where positions
/// may be relative, <see cref="Relative"/>.
/// </summary>
public abstract class StepScan : Scan
{
    private readonly ScanArguments _arguments;
    private readonly int _burst;
    private readonly bool _isRelative;
    private readonly List<string> _remarks = [];
    private double[] _origin = [];
    private Trajectory _trajectory = new PointTrajectory(Array.Empty<double>(), 1);

    /// <summary>A scan.</summary>
    /// <param name="arguments">Validated and complete.</param>
    /// <param name="motors">The devices that it moves, in the order of the positions' axes.</param>
    protected StepScan(ScanArguments arguments, IReadOnlyList<string> motors)
    {
        (_arguments, Motors) = (arguments, motors);
        _burst = AcquisitionParameters.Burst(arguments);
        _isRelative = arguments.Has(Relative.Name) && arguments.Flag(Relative.Name);
    }

    /// <summary>The parameter that makes positions relative.</summary>
    public static ScanParameter Relative { get; } = new()
    {
        Name = "relative", Type = ParameterType.Flag, Default = "false",
        Description = "Positions are relative to where the motors are; they return there afterwards.",
    };

    /// <summary>The devices that it moves.</summary>
    protected IReadOnlyList<string> Motors { get; }

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position)
    {
        _origin = [.. Motors.Select(position)];
        _remarks.Clear();
        var layout = LayOut(_arguments);
        var points = (long)layout.Count * _burst;
        if (points > int.MaxValue)
        {
            throw new RefusedException(TrajectoryErrors.Many.Because(
                $"{layout.Count} positions with {_burst} readings each are {points} points; {int.MaxValue} can be counted."));
        }

        _trajectory = _isRelative ? layout.Shifted(_origin) : layout;
        return AcquisitionParameters.Applied(
            _arguments,
            new ScanPlan
            {
                Motors = Motors,
                Positions = _trajectory,
                Points = (int)points,
                PointsPerPosition = _burst,
                Remarks = [.. _remarks],
            });
    }

    /// <inheritdoc/>
    public override async Task PrepareAsync(ScanContext scan, CancellationToken cancel) =>
        await scan.SetAsync(Targets(_trajectory[Math.Min(scan.PointsTaken / _burst, _trajectory.Count - 1)]), cancel);

    /// <inheritdoc/>
    public override Task OpenAsync(ScanContext scan, CancellationToken cancel)
    {
        if (_remarks.Count > 0)
        {
            scan.Note("positions", string.Join("; ", _remarks));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        // The context is through with the positions of a point when the point is taken.
        var point = new double[Motors.Count];
        for (var i = scan.PointsTaken; i < scan.Plan.Points; i++)
        {
            _trajectory.Locate(i / _burst, point);
            await scan.TakePointAsync(point, default, cancel);
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

    /// <summary>The positions, before a relative scan moves them to where the motors are.</summary>
    /// <param name="arguments">Validated and complete.</param>
    /// <exception cref="RefusedException">The arguments give none; carries every reason.</exception>
    protected abstract Trajectory LayOut(ScanArguments arguments);

    /// <summary>Tells something about the positions; it stands in the log and in the scan's file.</summary>
    /// <param name="remark">What.</param>
    protected void Remark(string remark) => _remarks.Add(remark);

    private (string, Value)[] Targets(double[] at) => [.. Motors.Select((motor, axis) => (motor, Value.Of(at[axis])))];
}
