using Beamtime.Sdk.Devices;

namespace Beamtime.Simulated.Models;

/// <summary>
/// The pattern of a simulated camera: a constant or an inclined gaussian, noise, and hot pixels. Small frames are drawn
/// anew each time; of large ones with noise eight are drawn ahead and taken in turn, so that a fast camera keeps its pace.
/// </summary>
internal sealed class FramePattern
{
    private const int LargestDrawn = 1 << 18;
    private const int FramesAhead = 8;
    private static readonly string[] Names = ["constant", "gaussian"];

    private readonly CountingNoise _noise;
    private readonly bool _hasNoise;
    private readonly Random _fluctuation;
    private readonly double[] _expected;
    private readonly (int Index, double Counts, bool IsConstant)[] _hotPixels;
    private readonly ushort[][] _ahead;
    private int _next;

    private FramePattern(string name, DeviceConfiguration parameters, int rows, int columns, string noise = "none")
    {
        var amplitude = parameters.Number("amplitude", 100, "height, counts", low: 0);
        _noise = CountingNoise.Create(parameters, parameters.Seed, noise);
        _hasNoise = parameters.Text("noise", noise, "none, uniform or poisson") != "none";
        _fluctuation = new Random(parameters.Seed ^ 0x5EED);
        _expected = name switch
        {
            "constant" => Constant(amplitude, rows * columns),
            "gaussian" => Gaussian(amplitude, parameters, rows, columns),
            _ => throw new FormatException(
                $"{parameters.Name}: there is no model '{name}'; known are {string.Join(", ", Names)}."),
        };
        _hotPixels = HotPixels(parameters, rows, columns);
        _ahead = _expected.Length <= LargestDrawn
            ? []
            : [.. Enumerable.Range(0, _hasNoise ? FramesAhead : 1).Select(_ => Drawn())];
    }

    /// <summary>The simulation of a camera.</summary>
    /// <param name="configuration">Its <c>deviceConfig</c>.</param>
    /// <param name="rows">Rows of a frame.</param>
    /// <param name="columns">Columns of a frame.</param>
    public static Simulation<FramePattern> For(DeviceConfiguration configuration, int rows, int columns) =>
        new(configuration, "gaussian", Names, (name, parameters) => new FramePattern(name, parameters, rows, columns));

    /// <summary>A pattern that is seen through something: always drawn anew, a gaussian with the noise of counting.</summary>
    /// <param name="settings">Parameters of the pattern.</param>
    /// <param name="rows">Rows of a frame.</param>
    /// <param name="columns">Columns of a frame.</param>
    public static FramePattern Behind(DeviceConfiguration settings, int rows, int columns) =>
        new("gaussian", settings, rows, columns, noise: "poisson");

    /// <summary>Draws a frame of what is seen through a mask. One caller at a time.</summary>
    /// <param name="frame">Takes it, row by row.</param>
    /// <param name="rows">What each row lets through.</param>
    /// <param name="columns">What each column lets through.</param>
    public void Draw(ushort[] frame, double[] rows, double[] columns)
    {
        for (var i = 0; i < frame.Length; i++)
        {
            var expected = _expected[i] * rows[i / columns.Length] * columns[i % columns.Length];
            frame[i] = Clamped(_hasNoise ? _noise.Apply(expected) : expected);
        }

        HeatPixels(frame);
    }

    /// <summary>Draws a frame. One caller at a time.</summary>
    /// <param name="frame">Takes it, row by row.</param>
    public void Draw(ushort[] frame)
    {
        if (_ahead.Length == 0)
        {
            DrawAnew(frame);
        }
        else
        {
            _ahead[(int)((uint)_next++ % (uint)_ahead.Length)].CopyTo(frame, 0);
        }

        HeatPixels(frame);
    }

    private void HeatPixels(ushort[] frame)
    {
        foreach (var (index, counts, isConstant) in _hotPixels)
        {
            // A fluctuating pixel is hot half of the time.
            if (isConstant || _fluctuation.NextDouble() < 0.5)
            {
                frame[index] = Clamped(counts);
            }
        }
    }

    private ushort[] Drawn()
    {
        var frame = new ushort[_expected.Length];
        DrawAnew(frame);
        return frame;
    }

    private void DrawAnew(ushort[] frame)
    {
        for (var i = 0; i < frame.Length; i++)
        {
            frame[i] = Clamped(_hasNoise ? _noise.Apply(_expected[i]) : _expected[i]);
        }
    }

    private static ushort Clamped(double counts) => (ushort)Math.Clamp(Math.Round(counts), 0, ushort.MaxValue);

    private static double[] Constant(double amplitude, int pixels)
    {
        var expected = new double[pixels];
        Array.Fill(expected, amplitude);
        return expected;
    }

    private static double[] Gaussian(double amplitude, DeviceConfiguration parameters, int rows, int columns)
    {
        if (parameters.Numbers("center_offset", [0, 0], "centre from the middle of the frame, column and row, pixels")
            is not [var offsetX, var offsetY])
        {
            throw new FormatException($"{parameters.Name}: center_offset is [columns, rows].");
        }

        var covariance = parameters.Matrix("covariance", [[400, 100], [100, 400]], 2, "covariance, pixels²");
        if (covariance is not [[var xx, var xy], [var yx, var yy]]
            || xy != yx || xx <= 0 || (xx * yy) - (xy * xy) is not (> 0 and var determinant))
        {
            throw new FormatException($"{parameters.Name}: covariance is a symmetric, positive definite 2 by 2 matrix.");
        }

        var expected = new double[rows * columns];
        for (var i = 0; i < expected.Length; i++)
        {
            var (y, x) = ((i / columns) - (rows / 2.0) - offsetY, (i % columns) - (columns / 2.0) - offsetX);
            expected[i] = amplitude * Math.Exp(-((yy * x * x) - (2 * xy * x * y) + (xx * y * y)) / determinant / 2);
        }

        return expected;
    }

    private static (int Index, double Counts, bool IsConstant)[] HotPixels(
        DeviceConfiguration parameters, int rows, int columns)
    {
        var places = parameters.Matrix("hot_pixel_coords", [[24, 24], [50, 20], [4, 40]], 2, "rows and columns of hot pixels");
        var kinds = parameters.Texts(
            "hot_pixel_types",
            [.. places.Select((_, i) => i == 1 ? "constant" : "fluctuating")],
            "constant or fluctuating, for each hot pixel");
        var counts = parameters.Numbers(
            "hot_pixel_values", [.. places.Select((_, i) => i == 1 ? 1e4 : 1e3)], "counts of each hot pixel");
        if (kinds.Count != places.Count || counts.Count != places.Count)
        {
            throw new FormatException(
                $"{parameters.Name}: hot_pixel_coords, hot_pixel_types and hot_pixel_values are of one length.");
        }

        if (kinds.FirstOrDefault(k => k is not ("constant" or "fluctuating")) is { } unknown)
        {
            throw new FormatException($"{parameters.Name}: a hot pixel is constant or fluctuating, not '{unknown}'.");
        }

        return
        [
            .. places.Select((place, i) => (Place: place, Counts: counts[i], IsConstant: kinds[i] == "constant"))
                .Where(p => p.Place[0] >= 0 && p.Place[0] < rows && p.Place[1] >= 0 && p.Place[1] < columns)
                .Select(p => (((int)p.Place[0] * columns) + (int)p.Place[1], p.Counts, p.IsConstant)),
        ];
    }
}
