using Beamtime.Data.Compute;
using Beamtime.Simulated.Phantom;

namespace Beamtime.Tests.Compute;

/// <summary>A scan of the phantom in memory: darks, flats and projections.</summary>
internal sealed class PhantomScan
{
    private PhantomScan(FrameParameters parameters, double[] degrees, FrameModel model)
    {
        Parameters = parameters;
        Degrees = degrees;
        Rays = model.Rays;
        Darks = Take(5, (_, frame) => model.Dark(frame));
        Flats = Take(20, (_, frame) => model.Flat(frame));
        Projections = Take(degrees.Length, (i, frame) => model.Projection(degrees[i], frame));
    }

    public FrameParameters Parameters { get; }

    public double[] Degrees { get; }

    public ParallelProjection Rays { get; }

    public ushort[] Darks { get; }

    public ushort[] Flats { get; }

    public ushort[] Projections { get; }

    public static double[] HalfTurn(int count, bool isInclusive = false) =>
        [.. Enumerable.Range(0, count).Select(i => 180.0 * i / (isInclusive ? count - 1 : count))];

    public static PhantomScan Of(int rows, int columns, double centre, double[] degrees, double photonsPerCount = 2)
    {
        var parameters = new FrameParameters
        {
            Rows = rows, Columns = columns, RotationCentre = centre, Seed = 17, PhotonsPerCount = photonsPerCount,
        };
        return new PhantomScan(parameters, degrees, new FrameModel(parameters, EllipsoidPhantom.Fitting(parameters)));
    }

    public FrameStack Stack(ushort[] counts) =>
        FrameStack.InMemory(counts, counts.Length / (Parameters.Rows * Parameters.Columns), Parameters.Rows, Parameters.Columns);

    public FlatField FlatField => FlatField.Of(Stack(Darks), Stack(Flats), CancellationToken.None);

    public FilteredBackProjection Reconstruction(double? centre = null) => new()
    {
        Projections = Stack(Projections),
        FlatField = FlatField,
        Degrees = Degrees,
        Centre = centre ?? Parameters.RotationCentre,
        PixelSizeMm = Parameters.PixelSizeMm,
    };

    public float[] Truth(int row) => Rays.Slice(row, Parameters.Columns);

    public double[] LineIntegrals(int projection)
    {
        var (rows, columns) = (Parameters.Rows, Parameters.Columns);
        var integrals = new double[rows * columns];
        var field = FlatField;
        for (var row = 0; row < rows; row++)
        {
            var counts = Projections.AsSpan((projection * rows + row) * columns, columns);
            field.LineIntegrals(counts, row, integrals.AsSpan(row * columns, columns));
        }

        return integrals;
    }

    public static float[] Volume(FilteredBackProjection reconstruction)
    {
        var (rows, size) = (reconstruction.Projections.Rows, reconstruction.Projections.Columns);
        var volume = new float[rows * size * size];
        reconstruction.Run((row, slices) => slices.CopyTo(volume.AsSpan(row * size * size)), null, TestContext.Current.CancellationToken);
        return volume;
    }

    public static float[] Slice(float[] volume, int row, int size) => volume[(row * size * size)..((row + 1) * size * size)];

    public static double Correlation(float[] a, float[] b)
    {
        var (meanA, meanB) = (a.Average(v => (double)v), b.Average(v => (double)v));
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
        {
            ab += (a[i] - meanA) * (b[i] - meanB);
            aa += (a[i] - meanA) * (a[i] - meanA);
            bb += (b[i] - meanB) * (b[i] - meanB);
        }

        return ab / Math.Sqrt(aa * bb);
    }

    private ushort[] Take(int frames, FillFrame fill)
    {
        var size = Parameters.Rows * Parameters.Columns;
        var counts = new ushort[frames * size];
        for (var frame = 0; frame < frames; frame++)
        {
            fill(frame, counts.AsSpan(frame * size, size));
        }

        return counts;
    }

    private delegate void FillFrame(int index, Span<ushort> frame);
}
