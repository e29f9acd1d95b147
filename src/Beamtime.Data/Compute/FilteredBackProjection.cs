using System.Runtime.Intrinsics;

namespace Beamtime.Data.Compute;

/// <summary>Takes some successive slices; called from one thread at a time, in any order of rows.</summary>
/// <param name="fromRow">Detector row of the first slice.</param>
/// <param name="slices">Number of slices × size × size attenuations, row by row.</param>
internal delegate void TakeSlices(int fromRow, ReadOnlySpan<float> slices);

/// <summary>How far a reconstruction has come.</summary>
/// <param name="Slices">Slices done.</param>
/// <param name="Of">Slices in all.</param>
internal readonly record struct ReconstructionProgress(int Slices, int Of);

/// <summary>
/// Parallel-beam filtered back projection of a whole scan in pieces of rows, so that memory stays within a bound however large
/// the scan is. Pixel [i, j] of a slice lies at x = j − (size − 1)/2, y = i − (size − 1)/2 pixels from the rotation axis and is
/// seen at column centre + x cos θ + y sin θ.
/// </summary>
internal sealed record FilteredBackProjection
{
    /// <summary>Projections, those that did not come among them.</summary>
    public required FrameStack Projections { get; init; }

    /// <summary>Turns counts into line integrals.</summary>
    public required FlatField FlatField { get; init; }

    /// <summary>Angle of every projection, degrees.</summary>
    public required double[] Degrees { get; init; }

    /// <summary>Which projections came; all when null.</summary>
    public bool[]? IsPresent { get; init; }

    /// <summary>Column of the rotation axis, pixels from the centre of column 0.</summary>
    public required double Centre { get; init; }

    /// <summary>Edge of a pixel at the sample, mm: the attenuation is in 1/mm. Without it, in 1/pixel.</summary>
    public double? PixelSizeMm { get; init; }

    /// <summary>Threads; each takes a block of slices at a time.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Bound of the counts read at a time, bytes; a block of slices is read in any case.</summary>
    public long CountsBytes { get; init; } = 512L << 20;

    /// <summary>Bound of the threads' work space, bytes; fewer threads start where it does not suffice, one in any case.</summary>
    public long WorkBytes { get; init; } = 2L << 30;

    /// <summary>Reconstructs every row with the widest registers that this processor has.</summary>
    /// <param name="take">Takes the slices.</param>
    /// <param name="progress">Hears of every block of slices that was taken.</param>
    /// <param name="cancel">Stops within a block.</param>
    public void Run(TakeSlices take, IProgress<ReconstructionProgress>? progress, CancellationToken cancel)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Run<Lanes16>(take, progress, cancel);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Run<Lanes8>(take, progress, cancel);
        }
        else
        {
            Run<Lanes4>(take, progress, cancel);
        }
    }

    /// <summary>Reconstructs every row with these registers.</summary>
    /// <typeparam name="TLanes">The register that holds one number of every slice of a block.</typeparam>
    /// <param name="take">Takes the slices.</param>
    /// <param name="progress">Hears of every block of slices that was taken.</param>
    /// <param name="cancel">Stops within a block.</param>
    public void Run<TLanes>(TakeSlices take, IProgress<ReconstructionProgress>? progress, CancellationToken cancel)
        where TLanes : struct, ILanes<TLanes>
    {
        var plan = Plan();
        var rowBytes = (long)Projections.Frames * Projections.Columns * sizeof(ushort);
        var blocksAtOnce = Math.Clamp(CountsBytes / rowBytes / TLanes.Width, 1, int.MaxValue / rowBytes * 2 / TLanes.Width);
        var rowsAtOnce = (int)Math.Min(Projections.Rows, blocksAtOnce * TLanes.Width);
        var threads = (int)Math.Clamp(WorkBytes / BackProjector<TLanes>.WorkingSet(plan), 1, Math.Max(1, Threads));
        var counts = new ushort[rowsAtOnce * (rowBytes / sizeof(ushort))];
        using var workers = new WorkerSet<TLanes>(plan, threads);
        var (turn, done) = (new Lock(), 0);
        for (var from = 0; from < Projections.Rows; from += rowsAtOnce)
        {
            cancel.ThrowIfCancellationRequested();
            var (fromRow, rows) = (from, Math.Min(rowsAtOnce, Projections.Rows - from));
            Projections.Read(0, Projections.Frames, fromRow, rows, counts.AsSpan(0, (int)(rows * rowBytes / sizeof(ushort))));
            workers.ForEachBlock(rows, (projector, slices, block, height) =>
            {
                var part = slices.AsSpan(0, height * plan.Size * plan.Size);
                projector.Reconstruct(counts, rows, block, fromRow + block, height, (float)(1 / (PixelSizeMm ?? 1)), part, cancel);
                lock (turn)
                {
                    take(fromRow + block, part);
                    done += height;
                    progress?.Report(new ReconstructionProgress(done, Projections.Rows));
                }
            }, cancel);
        }
    }

    private BackProjectionPlan Plan()
    {
        if (Degrees.Length != Projections.Frames || (IsPresent is { } present && present.Length != Projections.Frames))
        {
            throw new ArgumentException("Every projection needs an angle and, where given, a mark whether it came.");
        }

        if ((FlatField.Rows, FlatField.Columns) != (Projections.Rows, Projections.Columns))
        {
            throw new ArgumentException("Flat field and projections must have one shape.");
        }

        var frames = Enumerable.Range(0, Projections.Frames).Where(i => IsPresent?[i] ?? true).ToArray();
        return new BackProjectionPlan(FlatField, frames, Array.ConvertAll(frames, f => Degrees[f]), Centre);
    }
}
