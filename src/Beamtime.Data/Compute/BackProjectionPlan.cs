using System.Numerics;

namespace Beamtime.Data.Compute;

/// <summary>What is the same for every slice: angles with their weights, the rotation axis, the picture and the filter.</summary>
internal sealed class BackProjectionPlan
{
    /// <summary>A plan for these projections.</summary>
    /// <param name="flatField">Turns counts into line integrals.</param>
    /// <param name="frames">Indices of the frames that came, ascending.</param>
    /// <param name="degrees">Their angles, degrees.</param>
    /// <param name="centre">Column of the rotation axis, pixels from the centre of column 0.</param>
    public BackProjectionPlan(FlatField flatField, int[] frames, double[] degrees, double centre)
    {
        if (frames.Length != degrees.Length || frames.Length == 0)
        {
            throw new ArgumentException("Every frame needs an angle, and there must be one.", nameof(degrees));
        }

        FlatField = flatField;
        Frames = frames;
        Size = flatField.Columns;
        Weights = Array.ConvertAll(AngularWeights.Of(degrees), w => (float)w);
        Cos = Array.ConvertAll(degrees, d => Math.Cos(double.DegreesToRadians(d)));
        Sin = Array.ConvertAll(degrees, d => Math.Sin(double.DegreesToRadians(d)));

        var radius = (Size - 1) / 2.0;
        FirstColumn = (int)Math.Floor(centre - radius - 1e-6);
        Width = (int)Math.Floor(centre + radius + 1e-6) + 3 - FirstColumn;
        Offset = centre - FirstColumn;

        // An axis far off centre reads further outside the detector, where the filter's echo of a shorter transform would show.
        var needed = 2.0 * Size * (Math.Abs(centre - radius) > Size / 8.0 ? 2 : 1);
        TransformLength = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(needed, Width));
    }

    /// <summary>Turns counts into line integrals.</summary>
    public FlatField FlatField { get; }

    /// <summary>Indices of the frames to use.</summary>
    public int[] Frames { get; }

    /// <summary>Rows and columns of a slice.</summary>
    public int Size { get; }

    /// <summary>Share of each projection in the half turn, radians.</summary>
    public float[] Weights { get; }

    /// <summary>Cosine of each angle.</summary>
    public double[] Cos { get; }

    /// <summary>Sine of each angle.</summary>
    public double[] Sin { get; }

    /// <summary>Detector column of the first filtered value; negative where the axis lies left of the middle.</summary>
    public int FirstColumn { get; }

    /// <summary>Filtered values of a projection: all that the circle of a slice sees, on the detector and beside it.</summary>
    public int Width { get; }

    /// <summary>The rotation axis among the filtered values.</summary>
    public double Offset { get; }

    /// <summary>Samples of the filter's transform.</summary>
    public int TransformLength { get; }

    /// <summary>The pixels of a row that lie in the circle which the detector sees at every angle of a centred axis.</summary>
    /// <param name="row">Row of the slice.</param>
    /// <returns>First pixel and the one after the last.</returns>
    public (int From, int To) InsideCircle(int row)
    {
        var middle = (Size - 1) / 2.0;
        var half = Math.Sqrt(Math.Max(0, middle * middle - (row - middle) * (row - middle)));
        return ((int)Math.Ceiling(middle - half - 1e-9), (int)Math.Floor(middle + half + 1e-9) + 1);
    }
}
