using Beamtime.Sdk.Devices;
using Beamtime.Simulated.Beamline;
using Beamtime.Simulated.Phantom;

namespace Beamtime.Simulated.Devices;

/// <summary>
/// Frames of a phantom on a rotation stage: dark without beam, flat with the sample out of the field, else a projection at
/// the stage's present angle. The sample's own stage turns with the rotation, so its offset is seen with the cosine of the
/// angle.
/// </summary>
internal sealed class TomographyFrames : IFrameSource
{
    private readonly FrameModel _model;
    private readonly IPositionSource? _rotation;
    private readonly SimulatedShutter? _shutter;
    private readonly IPositionSource? _sampleX;
    private readonly double _sampleIn;
    private readonly double _centre;

    /// <summary>The frames that a configuration describes.</summary>
    /// <param name="configuration">The camera's <c>deviceConfig</c>.</param>
    public TomographyFrames(DeviceConfiguration configuration)
    {
        Rows = configuration.Integer("rows", 512, "rows of a frame", low: 1, high: 16384);
        Columns = configuration.Integer("columns", 512, "columns of a frame", low: 1, high: 16384);
        PixelSizeMm = configuration.Number("pixel_size", 0.00345, "edge of a pixel at the sample, mm", low: 1e-6);
        _rotation = configuration.Device<IPositionSource>("rotation", null, "the rotation stage under the sample, deg");
        _shutter = configuration.Device<SimulatedShutter>("shutter", null, "the shutter whose closing makes dark frames");
        _sampleX = configuration.Device<IPositionSource>("sample_x", null, "the sample's stage on the rotation, mm");
        _sampleIn = configuration.Number("sample_in", 0, "where that stage holds the sample on the axis, mm");
        _centre = configuration.Number(
            "rotation_centre", (Columns - 1) / 2.0, "column of the rotation axis, pixels from the middle of column 0");
        var parameters = new FrameParameters
        {
            Rows = Rows,
            Columns = Columns,
            PixelSizeMm = PixelSizeMm,
            RotationCentre = _centre,
            Seed = (ulong)configuration.Integer("seed", configuration.Seed, "seed of pixels and noise", low: 0),
            CountsPerSecond = configuration.Number(
                "counts_per_second", 400_000, "counts of a pixel in the open beam, 1/s", low: 0),
            PhotonsPerCount = configuration.Number("photons_per_count", 2, "photons behind one count", low: 1e-6),
            OffsetCounts = configuration.Number("offset_counts", 100, "offset of the digitiser, counts", low: 0),
            DarkCountsPerSecond = configuration.Number("dark_counts_per_second", 20, "dark current, counts/s", low: 0),
            ReadNoiseCounts = configuration.Number("read_noise_counts", 3, "read noise, counts", low: 0),
        };
        var radius = configuration.Number("sample_radius", 0, "radius of the phantom, mm; 0 fits it to the field", low: 0);
        _model = new FrameModel(
            parameters, radius > 0 ? new EllipsoidPhantom(radius) : EllipsoidPhantom.Fitting(parameters));
    }

    /// <inheritdoc/>
    public int Rows { get; }

    /// <inheritdoc/>
    public int Columns { get; }

    /// <inheritdoc/>
    public double PixelSizeMm { get; }

    /// <inheritdoc/>
    public float[]? Slice(int row) => _model.Rays.Slice(row, Columns);

    /// <inheritdoc/>
    public Action<ushort[]> Expose(double seconds)
    {
        var beam = _shutter?.BeamStrength ?? 1;
        var angle = _rotation?.Position ?? 0;
        var offset = (_sampleX?.Position ?? _sampleIn) - _sampleIn;
        var centre = _centre + (offset * Math.Cos(double.DegreesToRadians(angle)) / PixelSizeMm);
        return frame =>
        {
            _model.ExposureSeconds = seconds;
            _model.RotationCentre = centre;
            if (beam <= 0)
            {
                _model.Dark(frame);
            }
            else
            {
                _model.Projection(angle, frame, beam);
            }
        };
    }
}
