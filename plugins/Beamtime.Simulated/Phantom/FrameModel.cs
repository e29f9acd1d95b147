using System.Numerics;
using System.Runtime.InteropServices;

namespace Beamtime.Simulated.Phantom;

/// <summary>
/// The frames a camera would give: counts of 16 bits with photon noise, read noise, offset, dark current and saturation. The n-th
/// frame of a model is the same in every run with the same parameters. One thread at a time.
/// </summary>
internal sealed class FrameModel
{
    private const double FewPhotons = 40;

    private readonly FrameParameters _parameters;
    private readonly ParallelProjection _projection;
    private readonly PixelResponse _response;
    private readonly float[] _expected;
    private ulong _frame;

    /// <summary>A camera in front of this sample.</summary>
    /// <param name="parameters">Detector, beam and seed.</param>
    /// <param name="phantom">The sample on the rotation stage.</param>
    public FrameModel(FrameParameters parameters, EllipsoidPhantom phantom)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parameters.Rows);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parameters.Columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(parameters.PixelSizeMm);
        _parameters = parameters;
        _projection = new ParallelProjection(phantom, parameters.Rows, parameters.Columns, parameters.PixelSizeMm);
        _response = new PixelResponse(parameters);
        _expected = new float[parameters.Rows * parameters.Columns];
        ExposureSeconds = parameters.ExposureSeconds;
        RotationCentre = parameters.RotationCentre;
    }

    /// <summary>Exposure of the next frame, s; not negative.</summary>
    public double ExposureSeconds
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    }

    /// <summary>Column of the rotation axis in the next projection, pixels from the centre of column 0.</summary>
    public double RotationCentre { get; set; }

    /// <summary>The line integrals behind the projections, for checks.</summary>
    public ParallelProjection Rays => _projection;

    /// <summary>A frame without beam.</summary>
    /// <param name="frame">Rows × columns counts, row by row.</param>
    public void Dark(Span<ushort> frame) => Expose(frame, 0, null);

    /// <summary>A frame of the open beam, the sample out of it.</summary>
    /// <param name="frame">Rows × columns counts, row by row.</param>
    /// <param name="beam">Strength of the beam relative to its usual one, 0 or more.</param>
    public void Flat(Span<ushort> frame, double beam = 1) => Expose(frame, beam, null);

    /// <summary>A frame of the sample at one angle.</summary>
    /// <param name="angleDegrees">Angle of the rotation stage, degrees.</param>
    /// <param name="frame">Rows × columns counts, row by row.</param>
    /// <param name="beam">Strength of the beam relative to its usual one, 0 or more.</param>
    public void Projection(double angleDegrees, Span<ushort> frame, double beam = 1) => Expose(frame, beam, angleDegrees);

    private void Expose(Span<ushort> frame, double beam, double? angleDegrees)
    {
        if (frame.Length != _expected.Length)
        {
            throw new ArgumentException($"The frame must hold {_expected.Length} pixels.", nameof(frame));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(beam);
        if (angleDegrees is { } angle)
        {
            _projection.Fill(angle, RotationCentre, 0, _expected);
        }
        else
        {
            Array.Clear(_expected);
        }

        Illuminate((float)(beam * _parameters.CountsPerSecond * ExposureSeconds));
        Digitise(frame, new NoiseSource(_parameters.Seed, _frame++));
    }

    private void Illuminate(float counts)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(_expected.AsSpan());
        var gains = MemoryMarshal.Cast<float, Vector<float>>(_response.Gain.AsSpan());
        for (var i = 0; i < vectors.Length; i++)
        {
            vectors[i] = Vector.Exp(-vectors[i]) * gains[i] * counts;
        }

        for (var i = vectors.Length * Vector<float>.Count; i < _expected.Length; i++)
        {
            _expected[i] = MathF.Exp(-_expected[i]) * _response.Gain[i] * counts;
        }
    }

    private void Digitise(Span<ushort> frame, NoiseSource noise)
    {
        var dark = _response.Dark;
        var current = (float)(_parameters.DarkCountsPerSecond * ExposureSeconds);
        var offset = (float)_parameters.OffsetCounts;
        var readVariance = (float)(_parameters.ReadNoiseCounts * _parameters.ReadNoiseCounts);
        var photonsPerCount = (float)_parameters.PhotonsPerCount;
        for (var i = 0; i < frame.Length; i++)
        {
            var counts = _expected[i];
            var photons = counts * photonsPerCount;
            var (mean, variance) = photons < FewPhotons
                ? (photons > 0 ? noise.NextPoisson(photons) / photonsPerCount : 0, readVariance)
                : (counts, counts / photonsPerCount + readVariance);
            var value = offset + current * dark[i] + mean + MathF.Sqrt(variance) * (float)noise.NextNormal();
            frame[i] = (ushort)Math.Clamp(value + 0.5f, 0, ushort.MaxValue);
        }
    }
}
