using System.Runtime.CompilerServices;

namespace Beamtime.Data.Compute;

/// <summary>One slice for every lane, from counts to attenuation. Each thread has its own; nothing is allocated per block.</summary>
/// <typeparam name="TLanes">The register that holds one number of every slice.</typeparam>
internal sealed unsafe class BackProjector<TLanes> : IDisposable
    where TLanes : struct, ILanes<TLanes>
{
    // A tile of sums stays in the nearest cache, and so do the few columns of each projection that it sees.
    private const int Tile = 16;

    private readonly BackProjectionPlan _plan;
    private readonly LaneFft<TLanes> _fft;
    private readonly float[] _spectrum;
    private readonly AlignedBuffer _filtered;
    private readonly AlignedBuffer _re;
    private readonly AlignedBuffer _im;
    private readonly AlignedBuffer _dark;
    private readonly AlignedBuffer _logBeam;
    private readonly AlignedBuffer _sums = new(Tile * Tile * TLanes.Width);
    private readonly List<DeadRun> _dead = [];

    /// <summary>Work space for this plan.</summary>
    /// <param name="plan">What is the same for every slice.</param>
    public BackProjector(BackProjectionPlan plan)
    {
        _plan = plan;
        _fft = new LaneFft<TLanes>(plan.TransformLength);
        var spectrum = RampFilter.Spectrum(plan.TransformLength);
        _spectrum = new float[spectrum.Length];
        for (var place = 0; place < spectrum.Length; place++)
        {
            _spectrum[place] = spectrum[_fft.FrequencyAt(place)];
        }

        _filtered = new AlignedBuffer((long)plan.Frames.Length * plan.Width * TLanes.Width);
        _re = new AlignedBuffer((long)plan.TransformLength * TLanes.Width);
        _im = new AlignedBuffer((long)plan.TransformLength * TLanes.Width);
        _dark = new AlignedBuffer((long)plan.Size * TLanes.Width);
        _logBeam = new AlignedBuffer((long)plan.Size * TLanes.Width);
    }

    /// <summary>Bytes that a projector and its output of one block take.</summary>
    /// <param name="plan">What is the same for every slice.</param>
    public static long WorkingSet(BackProjectionPlan plan) =>
        sizeof(float) * TLanes.Width *
        ((long)plan.Frames.Length * plan.Width + 2L * plan.TransformLength + (long)plan.Size * plan.Size);

    /// <summary>Reconstructs up to as many slices as there are lanes.</summary>
    /// <param name="counts">Counts of all frames, those that did not come among them.</param>
    /// <param name="countRows">Rows of a frame in <paramref name="counts"/>.</param>
    /// <param name="fromRow">The first row to reconstruct, in <paramref name="counts"/>.</param>
    /// <param name="detectorRow">The same row on the detector.</param>
    /// <param name="rows">Rows to reconstruct, at most the lanes.</param>
    /// <param name="perPixel">Factor for the result: 1 for 1/pixel, the inverse of the pixel's size in mm for 1/mm.</param>
    /// <param name="slices">rows × size × size attenuations; 0 outside the circle.</param>
    /// <param name="cancel">Stops within a block.</param>
    public void Reconstruct(
        ushort[] counts, int countRows, int fromRow, int detectorRow, int rows, float perPixel, Span<float> slices, CancellationToken cancel)
    {
        TakeFlatField(detectorRow, rows);
        for (var angle = 0; angle < _plan.Frames.Length; angle += 2)
        {
            cancel.ThrowIfCancellationRequested();
            Filter(counts, countRows, fromRow, rows, angle, perPixel);
        }

        fixed (float* output = slices)
        {
            for (var y = 0; y < _plan.Size; y += Tile)
            {
                cancel.ThrowIfCancellationRequested();
                for (var x = 0; x < _plan.Size; x += Tile)
                {
                    Project(x, y);
                    Write(output, x, y, rows);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _filtered.Dispose();
        _re.Dispose();
        _im.Dispose();
        _dark.Dispose();
        _logBeam.Dispose();
        _sums.Dispose();
    }

    private void TakeFlatField(int detectorRow, int rows)
    {
        _dead.Clear();
        for (var lane = 0; lane < TLanes.Width; lane++)
        {
            // Lanes without a row repeat the last one; what they give is not written.
            var at = (detectorRow + Math.Min(lane, rows - 1)) * _plan.Size;
            var living = -1;
            for (var column = 0; column < _plan.Size; column++)
            {
                var beam = _plan.FlatField.Beam[at + column];
                _dark.Address[column * TLanes.Width + lane] = _plan.FlatField.Dark[at + column];
                _logBeam.Address[column * TLanes.Width + lane] = beam > 0 ? MathF.Log(beam) : 0;
                if (beam > 0)
                {
                    AddDead(lane, living, column);
                    living = column;
                }
            }

            AddDead(lane, living, _plan.Size);
        }
    }

    private void AddDead(int lane, int before, int after)
    {
        if (after > before + 1)
        {
            _dead.Add(new DeadRun(lane, before, after));
        }
    }

    private void Filter(ushort[] counts, int countRows, int fromRow, int rows, int angle, float perPixel)
    {
        Take(_re.Address, counts, countRows, fromRow, rows, angle, perPixel);
        var isPair = angle + 1 < _plan.Frames.Length;
        if (isPair)
        {
            Take(_im.Address, counts, countRows, fromRow, rows, angle + 1, perPixel);
        }
        else
        {
            new Span<float>(_im.Address, (int)_im.Length).Clear();
        }

        // The filter is real and even: what goes in as real and imaginary part comes out as such, two angles in one transform.
        _fft.Forward(_re.Address, _im.Address);
        for (var place = 0; place < _spectrum.Length; place++)
        {
            var factor = TLanes.All(_spectrum[place]);
            var re = _re.Address + place * TLanes.Width;
            var im = _im.Address + place * TLanes.Width;
            (TLanes.Load(re) * factor).Store(re);
            (TLanes.Load(im) * factor).Store(im);
        }

        _fft.InverseTimesLength(_re.Address, _im.Address);
        Keep(_re.Address, angle);
        if (isPair)
        {
            Keep(_im.Address, angle + 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Take(float* signal, ushort[] counts, int countRows, int fromRow, int rows, int angle, float perPixel)
    {
        var size = _plan.Size;
        var frame = ((long)_plan.Frames[angle] * countRows + fromRow) * size;
        fixed (ushort* first = counts)
        {
            for (var lane = 0; lane < TLanes.Width; lane++)
            {
                var row = first + frame + (long)Math.Min(lane, rows - 1) * size;
                for (var column = 0; column < size; column++)
                {
                    signal[column * TLanes.Width + lane] = row[column];
                }
            }
        }

        var fewest = TLanes.All(FlatField.FewestCounts);
        var weight = TLanes.All(_plan.Weights[angle] * perPixel);
        for (var at = 0; at < size * TLanes.Width; at += TLanes.Width)
        {
            var seen = TLanes.Max(TLanes.Load(signal + at) - TLanes.Load(_dark.Address + at), fewest);
            ((TLanes.Load(_logBeam.Address + at) - TLanes.Log(seen)) * weight).Store(signal + at);
        }

        foreach (var run in _dead)
        {
            Bridge(signal, run);
        }

        new Span<float>(signal + size * TLanes.Width, (_plan.TransformLength - size) * TLanes.Width).Clear();
    }

    private void Bridge(float* signal, DeadRun run)
    {
        var before = run.Before < 0 ? null : signal + run.Before * TLanes.Width + run.Lane;
        var after = run.After >= _plan.Size ? null : signal + run.After * TLanes.Width + run.Lane;
        for (var column = run.Before + 1; column < run.After; column++)
        {
            var share = (float)(column - run.Before) / (run.After - run.Before);
            signal[column * TLanes.Width + run.Lane] = (before is null, after is null) switch
            {
                (true, true) => 0,
                (true, false) => *after,
                (false, true) => *before,
                (false, false) => (1 - share) * *before + share * *after,
            };
        }
    }

    private void Keep(float* signal, int angle)
    {
        var into = _filtered.Address + (long)angle * _plan.Width * TLanes.Width;
        for (var i = 0; i < _plan.Width; i++)
        {
            var from = (_plan.FirstColumn + i) & (_plan.TransformLength - 1);
            TLanes.Load(signal + from * TLanes.Width).Store(into + i * TLanes.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Project(int left, int top)
    {
        new Span<float>(_sums.Address, (int)_sums.Length).Clear();
        var middle = (_plan.Size - 1) / 2.0;
        var height = Math.Min(Tile, _plan.Size - top);
        var froms = stackalloc int[Tile];
        var tos = stackalloc int[Tile];
        for (var y = 0; y < height; y++)
        {
            var (from, to) = _plan.InsideCircle(top + y);
            (froms[y], tos[y]) = (Math.Max(0, from - left), Math.Min(Tile, to - left));
        }

        var stride = (long)_plan.Width * TLanes.Width;
        for (var angle = 0; angle < _plan.Frames.Length; angle += 2)
        {
            // Without a partner the angle stands in for it, at a weight of zero.
            var partner = Math.Min(angle + 1, _plan.Frames.Length - 1);
            var p = _filtered.Address + angle * stride;
            var q = _filtered.Address + partner * stride;
            var (pCos, pSin, qCos, qSin) = (_plan.Cos[angle], _plan.Sin[angle], _plan.Cos[partner], _plan.Sin[partner]);
            var both = TLanes.All(partner == angle ? 0 : 1);
            for (var y = 0; y < height; y++)
            {
                var pStart = (float)(_plan.Offset + (left - middle) * pCos + (top + y - middle) * pSin);
                var qStart = (float)(_plan.Offset + (left - middle) * qCos + (top + y - middle) * qSin);
                AddRow(
                    _sums.Address + y * Tile * TLanes.Width, froms[y], tos[y], p, pStart, (float)pCos, q, qStart, (float)qCos, both);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(
        float* sums, int from, int to, float* p, float pStart, float pStep, float* q, float qStart, float qStep, TLanes both)
    {
        for (var x = from; x < to; x++)
        {
            var (s, t) = (pStart + x * pStep, qStart + x * qStep);
            var (i, j) = ((int)s, (int)t);
            var a = p + (nint)i * TLanes.Width;
            var b = q + (nint)j * TLanes.Width;
            var (a0, b0) = (TLanes.Load(a), TLanes.Load(b));
            var one = TLanes.MultiplyAdd(TLanes.All(s - i), TLanes.Load(a + TLanes.Width) - a0, a0);
            var two = TLanes.MultiplyAdd(TLanes.All(t - j), TLanes.Load(b + TLanes.Width) - b0, b0);
            var sum = sums + x * TLanes.Width;
            TLanes.MultiplyAdd(two, both, TLanes.Load(sum) + one).Store(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Write(float* output, int left, int top, int rows)
    {
        var size = _plan.Size;
        var (height, width) = (Math.Min(Tile, size - top), Math.Min(Tile, size - left));
        for (var lane = 0; lane < rows; lane++)
        {
            for (var y = 0; y < height; y++)
            {
                var from = _sums.Address + y * Tile * TLanes.Width + lane;
                var into = output + (long)lane * size * size + (long)(top + y) * size + left;
                for (var x = 0; x < width; x++)
                {
                    into[x] = from[x * TLanes.Width];
                }
            }
        }
    }

    private readonly record struct DeadRun(int Lane, int Before, int After);
}
