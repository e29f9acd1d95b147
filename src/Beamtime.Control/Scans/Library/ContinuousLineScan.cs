// cont_line: one motor moves through its line without stopping; points are taken as it passes their places.
//
//   plan       x_i = start + i (stop - start) / (n - 1)
//   prepare    speed and ramp from the motor's own settings; run-up = speed * ramp / 2 unless given; to start minus run-up
//   core       set in motion to the last point; at each place, as soon as the readback is within atol: trigger, expose, read
//   post       with --relative, back to where it began
//
// How long the motor still needs is computed from its readback and speed, and looked at again then: nothing is polled.
// A place that it has passed by more than atol ends the scan. A hold stops the motor; it takes its run-up anew.
using System.Globalization;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>A line at constant speed, with points taken in passing, synchronised by the motor's readback.</summary>
internal sealed class ContinuousLineScan(ScanArguments arguments) : Scan
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "cont_line",
        Aliases = ["cont_line_scan"],
        Description = "Moves a motor from start to stop without stopping and takes points as it passes their places.",
        Bundle = MotionParameters.Line,
        Bundles = (1, 1),
        Parameters =
        [
            new() { Name = "steps", Type = ParameterType.Integer, Low = 1, High = 1_000_000, Example = "11", Description = "Points." },
            MotionParameters.Relative,
            new()
            {
                Name = "offset", Type = ParameterType.Number, Default = "-1", Low = -1,
                Description = "Run-up before the first point, in the motor's unit; -1 for half of speed times ramp.",
            },
            new()
            {
                Name = "atol", Type = ParameterType.Number, Default = "0", Low = 0,
                Description = "How far from its place a point may be taken, in the motor's unit; 0 for what the motor covers in a tenth of the exposure, at least in 20 ms.",
            },
            .. MotionParameters.Acquisition,
        ],
        Create = arguments => new ContinuousLineScan(arguments),
    };

    private static readonly TimeSpan ShortestLook = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);
    private const double LeastToleranceSeconds = 0.02;

    private readonly string _motor = arguments.Bundles[0][0];
    private double _origin;
    private double[] _places = [];
    private double _direction;
    private double _speed;
    private double _runUp;
    private double _tolerance;

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position)
    {
        _origin = position(_motor);
        var shift = arguments.Flag("relative") ? _origin : 0;
        var (start, stop) = (arguments.Number(0, 1) + shift, arguments.Number(0, 2) + shift);
        var steps = arguments.Integer("steps");
        if (steps > 1 && start == stop)
        {
            throw new RefusedException(ScanErrors.InvalidParameter.Because(
                $"start and stop are both {start}; a line of {steps} points needs two places."));
        }

        _direction = stop >= start ? 1 : -1;
        _places = [.. Enumerable.Range(0, steps).Select(i => i == 0 ? start : i == steps - 1 ? stop : start + (i * (stop - start) / (steps - 1)))];
        var given = arguments.Number("offset");
        return MotionParameters.Applied(arguments, new ScanPlan
        {
            Motors = [_motor],
            Positions = [.. _places.Select(p => new[] { p })],
            Targets = given >= 0 ? [(_motor, start - (_direction * given))] : [],
            Points = steps,
        });
    }

    /// <inheritdoc/>
    public override async Task PrepareAsync(ScanContext scan, CancellationToken cancel)
    {
        _speed = (await scan.ReadAsync($"{_motor}.velocity", cancel)).AsDouble();
        var ramp = (await scan.ReadAsync($"{_motor}.acceleration", cancel)).AsDouble();
        var exposure = scan.Plan.ExposureSeconds * scan.Plan.FramesPerTrigger;
        var (offset, atol) = (arguments.Number("offset"), arguments.Number("atol"));
        _runUp = offset >= 0 ? offset : ramp * _speed / 2;
        _tolerance = atol > 0 ? atol : Math.Max(_speed * exposure / 10, _speed * LeastToleranceSeconds);
        var between = _places.Length > 1 ? Math.Abs(_places[^1] - _places[0]) / (_places.Length - 1) / _speed : double.PositiveInfinity;
        if (between < exposure)
        {
            throw ScanErrors.TooFast.Fault(string.Create(
                CultureInfo.InvariantCulture,
                $"{_motor} covers a step in {between:0.######} s at its speed; an exposure takes {exposure:0.######} s."));
        }

        scan.Note("run_up", _runUp.ToString(CultureInfo.InvariantCulture));
        scan.Note("atol_used", _tolerance.ToString(CultureInfo.InvariantCulture));
        await scan.SetAsync([(_motor, Value.Of(RunUpTo(scan.PointsTaken)))], cancel);
    }

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        var held = scan.TimesHeld;
        var motion = await StartAsync(scan, cancel);
        while (scan.PointsTaken < _places.Length)
        {
            if (scan.IsHeld || scan.TimesHeld != held)
            {
                motion = await RunUpAnewAsync(scan, motion, cancel);
                held = scan.TimesHeld;
            }

            var ahead = (_places[scan.PointsTaken] - (await scan.ReadAsync(_motor, cancel)).AsDouble()) * _direction;
            if (scan.IsHeld || scan.TimesHeld != held)
            {
                continue;
            }

            if (Math.Abs(ahead) <= _tolerance)
            {
                await scan.TakePointAsync(default, default, cancel);
            }
            else if (ahead < 0)
            {
                throw ScanErrors.PlacePassed.Fault(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_motor} was {-ahead:G4} beyond point {scan.PointsTaken} when it was looked at, allowed is {_tolerance:G4}."));
            }
            else if (motion.IsOver)
            {
                await motion.WaitAsync(cancel);
                throw ScanErrors.PlacePassed.Fault(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_motor} stands {ahead:G4} before point {scan.PointsTaken}; its motion is over, allowed is {_tolerance:G4}."));
            }
            else
            {
                await Task.Delay(LookIn(ahead), scan.Time, cancel);
            }
        }

        await motion.WaitAsync(cancel);
    }

    /// <inheritdoc/>
    public override async Task PostScanAsync(ScanContext scan, CancellationToken cancel)
    {
        if (arguments.Flag("relative"))
        {
            await scan.SetAsync([(_motor, Value.Of(_origin))], cancel);
        }
    }

    /// <inheritdoc/>
    public override Task OnExceptionAsync(ScanContext scan, CancellationToken cancel) => PostScanAsync(scan, cancel);

    // When it is in the middle of the tolerance, by its speed; while it speeds up, it is looked at again.
    private TimeSpan LookIn(double ahead) => TimeSpan.FromTicks(Math.Clamp(
        TimeSpan.FromSeconds((ahead - (_tolerance / 2)) / _speed).Ticks, ShortestLook.Ticks, LongestLook.Ticks));

    private double RunUpTo(int point) => _places[Math.Min(point, _places.Length - 1)] - (_direction * _runUp);

    private ValueTask<StartedAction> StartAsync(ScanContext scan, CancellationToken cancel) =>
        scan.StartAsync([(_motor, Value.Of(_places[^1]))], cancel);

    private async Task<StartedAction> RunUpAnewAsync(ScanContext scan, StartedAction motion, CancellationToken cancel)
    {
        await scan.StopAsync([_motor], cancel);
        try
        {
            await motion.WaitAsync(cancel);
        }
        catch (FaultException)
        {
            // Stopped, as it was asked to be.
        }

        await scan.CheckpointAsync(cancel);
        await scan.SetAsync([(_motor, Value.Of(RunUpTo(scan.PointsTaken)))], cancel);
        return await StartAsync(scan, cancel);
    }
}
