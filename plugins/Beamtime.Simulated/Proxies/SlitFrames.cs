using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;
using Beamtime.Simulated.Models;

namespace Beamtime.Simulated.Proxies;

/// <summary>
/// The camera's pattern behind slits whose centres follow motors: along the columns or the rows the slit is open for its
/// width, with edges blurred by five pixels.
/// </summary>
internal sealed class SlitFrames : IProxyFrames
{
    private const double BlurPixels = 5;

    private readonly FramePattern _pattern;
    private readonly (IPositionSource Motor, double Width, bool IsAlongRows)[] _slits;
    private readonly double _pixelSize;
    private readonly double[] _rows;
    private readonly double[] _columns;

    /// <summary>The slits of a configuration.</summary>
    /// <param name="settings">What the proxy is to know.</param>
    /// <param name="camera">The camera.</param>
    public SlitFrames(DeviceConfiguration settings, SimulatedCamera camera)
    {
        (_rows, _columns) = (new double[camera.Rows], new double[camera.Columns]);
        _pattern = FramePattern.Behind(settings, camera.Rows, camera.Columns);
        _pixelSize = settings.Number("pixel_size", 0.01, "edge of a pixel, in the motors' unit", low: 1e-9);
        var motors = settings.Texts("ref_motors", ["samx", "samy"], "the motors that carry the slits");
        var widths = settings.Numbers("slit_width", [.. motors.Select(_ => 1.0)], "width of each slit, in its motor's unit");
        var directions = settings.Numbers(
            "motor_dir", [.. motors.Select((_, i) => (double)i)], "direction of each slit: 0 along the columns, 1 along the rows");
        if (widths.Count != motors.Count || directions.Count != motors.Count || directions.Any(d => d is not (0 or 1)))
        {
            throw new FormatException($"{settings.Name}: ref_motors, slit_width and motor_dir are of one length; motor_dir is 0 or 1.");
        }

        _slits = [.. motors.Select((motor, i) => (settings.Named<IPositionSource>(motor), widths[i], directions[i] == 1))];
    }

    /// <inheritdoc/>
    public string Description => "its pattern behind slits";

    /// <inheritdoc/>
    public IReadOnlyList<Signal> Settings => [];

    /// <inheritdoc/>
    public void Open()
    {
    }

    /// <inheritdoc/>
    public void Begin()
    {
    }

    /// <inheritdoc/>
    public void Read(Span<Reading> row, DateTimeOffset at)
    {
    }

    /// <inheritdoc/>
    public void Set(Signal signal, Value value) => throw SimulatedErrors.NotSettable.Fault($"{signal.Name} cannot be set.");

    /// <inheritdoc/>
    public void Draw(ushort[] frame)
    {
        Array.Fill(_rows, 1);
        Array.Fill(_columns, 1);
        foreach (var (motor, width, isAlongRows) in _slits)
        {
            Open(isAlongRows ? _rows : _columns, motor.Position, width);
        }

        _pattern.Draw(frame, _rows, _columns);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // A box that is blurred by a gaussian is the difference of two error functions.
    private void Open(double[] axis, double centre, double width)
    {
        var (low, high) = ((centre - (width / 2)) / _pixelSize, (centre + (width / 2)) / _pixelSize);
        for (var i = 0; i < axis.Length; i++)
        {
            var at = i - (axis.Length / 2.0);
            axis[i] *= (Edge(high - at) - Edge(low - at)) / 2;
        }
    }

    private static double Edge(double pixels) => SpecialFunctions.Erf(pixels / (BlurPixels * Math.Sqrt(2)));
}
