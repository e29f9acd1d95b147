using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Devices;

namespace Beamtime.Simulated.Proxies;

/// <summary>
/// A microscope's view of a large picture on a stage: two motors, by where they stand between their limits, choose the part
/// of the picture that the camera sees. The picture is drawn, a mounted crystal with marks along its edges.
/// </summary>
internal sealed class StageFrames : IProxyFrames
{
    private const int Edge = 1024;

    private readonly SimulatedCamera _camera;
    private readonly SimulatedPositioner _x;
    private readonly SimulatedPositioner _y;
    private readonly double _part;
    private readonly ushort[] _picture = Picture();

    /// <summary>The stage of a configuration.</summary>
    /// <param name="settings">What the proxy is to know.</param>
    /// <param name="camera">The camera.</param>
    public StageFrames(DeviceConfiguration settings, SimulatedCamera camera)
    {
        _camera = camera;
        if (settings.Texts("ref_motors", ["samx", "samy"], "the motors across and along the picture") is not [var x, var y])
        {
            throw new FormatException($"{settings.Name}: ref_motors are two motors.");
        }

        (_x, _y) = (settings.Named<SimulatedPositioner>(x), settings.Named<SimulatedPositioner>(y));
        foreach (var (motor, name) in ((SimulatedPositioner, string)[])[(_x, x), (_y, y)])
        {
            if (motor.Limits is null)
            {
                throw new FormatException($"{settings.Name}: {name} has no limits, between which the picture would lie.");
            }
        }

        _part = settings.Number("roi_fraction", 0.15, "part of the picture's edge that the camera sees", low: 0.01, high: 1);
    }

    /// <inheritdoc/>
    public string Description => "a picture on a stage";

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
        var (rows, columns) = (_camera.Rows, _camera.Columns);
        var seen = _part * Edge;
        var (left, top) = (Fraction(_x) * (Edge - seen), Fraction(_y) * (Edge - seen));
        for (var row = 0; row < rows; row++)
        {
            var from = Math.Min((int)(top + (seen * row / rows)), Edge - 1) * Edge;
            for (var column = 0; column < columns; column++)
            {
                frame[(row * columns) + column] = _picture[from + Math.Min((int)(left + (seen * column / columns)), Edge - 1)];
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private static double Fraction(SimulatedPositioner motor)
    {
        var (low, high) = motor.Limits!.Value;
        return high > low ? Math.Clamp((motor.Position - low) / (high - low), 0, 1) : 0.5;
    }

    private static ushort[] Picture()
    {
        var picture = new ushort[Edge * Edge];
        for (var i = 0; i < picture.Length; i++)
        {
            var (y, x) = ((i / Edge) - (Edge / 2), (i % Edge) - (Edge / 2));
            // A tilted crystal in its loop, on a background that grows lighter to the right; a mark each eighth of the edge.
            var (u, v) = ((0.9 * x) + (0.4 * y), (0.9 * y) - (0.4 * x));
            var isCrystal = Math.Abs(u) < 180 && Math.Abs(v) < 90;
            var isLoop = Math.Abs(Math.Sqrt((u * u / 1.7) + (v * v * 1.4)) - 200) < 8;
            var isMark = i % Edge % (Edge / 8) == 0 || i / Edge % (Edge / 8) == 0;
            picture[i] = (ushort)(isCrystal ? 600 + (((int)Math.Abs(u) + (int)Math.Abs(v)) % 60)
                : isLoop ? 250
                : isMark ? 900
                : 1500 + (i % Edge));
        }

        return picture;
    }
}
