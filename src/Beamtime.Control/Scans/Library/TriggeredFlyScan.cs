// fly: a controller gives hardware triggers, detectors that are armed for all of them follow; points go by index.
//
//   plan       positions of the triggers, where a motor is given
//   prepare    motor to its start
//   core       arm the detectors, kick off the controller, set the motor in motion; points as they come
//   post       with --relative, back to where it began
//
// A detector that misses triggers leaves gaps, and the scan says so.
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>A flight by hardware triggers.</summary>
internal sealed class TriggeredFlyScan(ScanArguments arguments) : Scan
{
    /// <summary>Name, text and parameters.</summary>
    public static readonly ScanDeclaration Declaration = new()
    {
        Name = "fly",
        Description = "Has a controller give hardware triggers that armed detectors follow, while a motor may move; points go by index.",
        Bundle = [new() { Name = "controller", Type = ParameterType.Device, Example = "flyer_sim", Description = "The device that gives the triggers." }],
        Bundles = (1, 1),
        Parameters =
        [
            new() { Name = "points", Type = ParameterType.Integer, Low = 1, High = 1_000_000, Example = "10", Description = "Triggers." },
            new()
            {
                Name = "detectors", Type = ParameterType.Text, Default = "",
                Description = "Devices that follow the triggers, with commas between.",
            },
            new()
            {
                Name = "motor", Type = ParameterType.Positioner, Default = "",
                Description = "The motor that moves meanwhile; empty where the controller moves what it needs.",
            },
            new() { Name = "start", Type = ParameterType.Number, Default = "0", Description = "Position of the first trigger, in the motor's unit." },
            new() { Name = "stop", Type = ParameterType.Number, Default = "0", Description = "Position of the last trigger, in the motor's unit." },
            MotionParameters.Relative,
            new()
            {
                Name = "silence", Type = ParameterType.Number, Unit = "s", Default = "30", Low = 0.1, High = 86400,
                Description = "How long nothing may come before the flight has failed.",
            },
            .. MotionParameters.Acquisition,
        ],
        Create = arguments => new TriggeredFlyScan(arguments),
    };

    private readonly string _controller = arguments.Bundles[0][0];
    private readonly string _motor = arguments.Text("motor");
    private readonly string[] _detectors =
        arguments.Text("detectors").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private double _origin;
    private double _stop;
    private double[][] _places = [];

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position)
    {
        string[] all = [_controller, .. _detectors];
        if (all.Distinct(StringComparer.Ordinal).Count() < all.Length)
        {
            throw new RefusedException(ScanErrors.InvalidParameter.Because($"{string.Join(", ", all)}: a device takes part once."));
        }

        var points = arguments.Integer("points");
        var plan = MotionParameters.Applied(arguments, new ScanPlan { Monitored = all, Points = points });
        if (_motor.Length == 0)
        {
            return plan;
        }

        _origin = position(_motor);
        var shift = arguments.Flag("relative") ? _origin : 0;
        var start = arguments.Number("start") + shift;
        _stop = arguments.Number("stop") + shift;
        _places = [.. Enumerable.Range(0, points).Select(i => new[] { points == 1 ? start : start + (i * (_stop - start) / (points - 1)) })];
        return plan with { Motors = [_motor], Positions = _places };
    }

    /// <inheritdoc/>
    public override async Task PrepareAsync(ScanContext scan, CancellationToken cancel)
    {
        if (_motor.Length > 0)
        {
            await scan.SetAsync([(_motor, Value.Of(_places[0][0]))], cancel);
        }
    }

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel) => await scan.FlyAsync(
        new Flight
        {
            Leader = _controller,
            Followers = _detectors,
            Parameters = new FlightParameters
            {
                Points = scan.Plan.Points,
                Axes = scan.Plan.Motors,
                Positions = _places,
                ExposureSeconds = scan.Plan.ExposureSeconds,
                FramesPerTrigger = scan.Plan.FramesPerTrigger,
            },
            Moves = _motor.Length > 0 ? [(_motor, Value.Of(_stop))] : [],
            Silence = TimeSpan.FromSeconds(arguments.Number("silence")),
        },
        cancel);

    /// <inheritdoc/>
    public override async Task PostScanAsync(ScanContext scan, CancellationToken cancel)
    {
        if (_motor.Length > 0 && arguments.Flag("relative"))
        {
            await scan.SetAsync([(_motor, Value.Of(_origin))], cancel);
        }
    }

    /// <inheritdoc/>
    public override Task OnExceptionAsync(ScanContext scan, CancellationToken cancel) => PostScanAsync(scan, cancel);
}
