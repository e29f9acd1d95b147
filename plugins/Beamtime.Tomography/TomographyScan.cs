using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Tomography;

/// <summary>
/// A sequence of darks, flats and projections, one frame a point. Between the phases it drives shutter and sample, and it
/// believes only the shutter's readback. The rotation turns before the sample leaves the beam and after it is back.
/// </summary>
internal sealed class TomographyScan : Scan
{
    /// <summary>The scan's own signals, in the order in which points give them.</summary>
    public static readonly IReadOnlyList<Signal> OwnSignals =
    [
        new Signal
        {
            Name = "frame_type", Type = SignalType.Integer, Description = "0 projection, 1 dark, 2 flat.",
        },
        new Signal { Name = "theta", Unit = "deg", Description = "Target of the rotation." },
    ];

    private readonly TomographyParameters _parameters;
    private readonly IReadOnlyList<Reason> _refusals;
    private readonly List<Frame> _frames = [];

    /// <summary>A scan over some angles.</summary>
    /// <param name="parameters">Devices, places, exposure, darks and flats.</param>
    /// <param name="angles">Targets of the rotation, deg, a projection each.</param>
    /// <param name="refusals">What is wrong with the angles' own parameters.</param>
    public TomographyScan(TomographyParameters parameters, IEnumerable<double> angles, IEnumerable<Reason> refusals)
    {
        _parameters = parameters;
        _refusals = [.. refusals, .. parameters.Refusals()];
        if (_refusals.Count == 0)
        {
            AddDarks("start");
            AddFlats("start");
            _frames.AddRange(angles.Select(angle => new Frame(FrameType.Projection, angle, parameters.SampleIn)));
            AddFlats("end");
            AddDarks("end");
        }
    }

    private string OpenCommand => $"{_parameters.Shutter}.{_parameters.Shutter}_open";

    private string CloseCommand => $"{_parameters.Shutter}.{_parameters.Shutter}_close";

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position)
    {
        if (_refusals.Count > 0)
        {
            throw new RefusedException(_refusals);
        }

        return new ScanPlan
        {
            Motors = [_parameters.Rotation, _parameters.SampleX],
            Monitored = [_parameters.Camera],
            Actuators = [_parameters.Shutter],
            Positions = [.. _frames.Select(frame => new[] { frame.Angle, frame.SampleX })],
            Targets = [(_parameters.SampleX, _parameters.SampleIn), (_parameters.Rotation, _parameters.Start)],
            Points = _frames.Count,
            ExposureSeconds = _parameters.ExposureSeconds,
            SettlingSeconds = _parameters.SettlingSeconds,
        };
    }

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        FrameType? phase = null;
        for (var i = scan.PointsTaken; i < _frames.Count; i++)
        {
            var frame = _frames[i];
            if (frame.Type != phase)
            {
                await PrepareAsync(frame, scan, cancel);
                phase = frame.Type;
            }

            await scan.TakePointAsync(
                new[] { frame.Angle, frame.SampleX }, new[] { Value.Of((long)frame.Type), Value.Of(frame.Angle) }, cancel);
            await RequireUnmovedAsync(frame, i, scan, cancel);
        }
    }

    /// <inheritdoc/>
    public override async Task PostScanAsync(ScanContext scan, CancellationToken cancel)
    {
        scan.Report("putting back");
        await scan.SetAsync([(CloseCommand, Value.Of(1L)), (_parameters.SampleX, Value.Of(_parameters.SampleIn))], cancel);
        await RequireShutterAsync(isOpen: false, scan, cancel);
        if (_parameters.ReturnsRotation)
        {
            await scan.SetAsync([(_parameters.Rotation, Value.Of(_parameters.Start))], cancel);
        }
    }

    /// <inheritdoc/>
    public override async Task OnExceptionAsync(ScanContext scan, CancellationToken cancel)
    {
        // The shutter alone first: it must close even when the sample's stage cannot move.
        await scan.SetAsync([(CloseCommand, Value.Of(1L))], cancel);
        await scan.SetAsync([(_parameters.SampleX, Value.Of(_parameters.SampleIn))], cancel);
    }

    private async Task PrepareAsync(Frame first, ScanContext scan, CancellationToken cancel)
    {
        var isOpen = first.Type != FrameType.Dark;
        scan.Report(first.Type switch
        {
            FrameType.Dark => "dark fields",
            FrameType.Flat => "flat fields",
            _ => "projections",
        });
        if (first.Type == FrameType.Flat)
        {
            await scan.SetAsync([(_parameters.Rotation, Value.Of(first.Angle))], cancel);
        }

        await scan.SetAsync(
            [(isOpen ? OpenCommand : CloseCommand, Value.Of(1L)), (_parameters.SampleX, Value.Of(first.SampleX))], cancel);
        await RequireShutterAsync(isOpen, scan, cancel);
    }

    private async Task RequireShutterAsync(bool isOpen, ScanContext scan, CancellationToken cancel)
    {
        var blocking = await scan.ReadAsync(_parameters.Shutter, cancel);
        if (blocking.IsMissing || blocking.AsBoolean() == isOpen)
        {
            throw TomographyErrors.ShutterRefused.Fault(
                $"{_parameters.Shutter} was asked to {(isOpen ? "open" : "close")}, but its readback is {blocking}.");
        }
    }

    // A permit that goes closes the shutter in the middle of a scan: frames without beam must not pass for projections.
    private async Task RequireUnmovedAsync(Frame frame, int index, ScanContext scan, CancellationToken cancel)
    {
        var isOpen = frame.Type != FrameType.Dark;
        var blocking = await scan.ReadAsync(_parameters.Shutter, cancel);
        if (blocking.IsMissing || blocking.AsBoolean() == isOpen)
        {
            throw TomographyErrors.ShutterMoved.Fault(
                $"{_parameters.Shutter} was {(isOpen ? "open" : "closed")}, but its readback is {blocking} after frame {index}.");
        }
    }

    private void AddDarks(string when)
    {
        if (_parameters.DarkMode == when || _parameters.DarkMode == "both")
        {
            var angle = _frames.Count == 0 ? _parameters.Start : _frames[^1].Angle;
            _frames.AddRange(Enumerable.Repeat(new Frame(FrameType.Dark, angle, _parameters.SampleIn), _parameters.Darks));
        }
    }

    private void AddFlats(string when)
    {
        if (_parameters.FlatMode == when || _parameters.FlatMode == "both")
        {
            _frames.AddRange(Enumerable.Repeat(
                new Frame(FrameType.Flat, _parameters.SampleOutAngle, _parameters.SampleOut), _parameters.Flats));
        }
    }

    private sealed record Frame(FrameType Type, double Angle, double SampleX);
}
