using System.Numerics;
using System.Runtime.CompilerServices;

namespace Beamtime.Data.Compute;

/// <summary>
/// Fourier transform of many complex signals at once, one a lane. Forward leaves the spectrum in bit-reversed order, and inverse
/// takes it so, which spares both of them the reordering: what is done between must only multiply.
/// </summary>
/// <typeparam name="TLanes">The register that holds one sample of every signal.</typeparam>
internal sealed unsafe class LaneFft<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    private readonly float[] _cos;
    private readonly float[] _sin;

    /// <summary>Transforms of this length.</summary>
    /// <param name="length">Samples, a power of two.</param>
    public LaneFft(int length)
    {
        if (!BitOperations.IsPow2(length))
        {
            throw new ArgumentOutOfRangeException(nameof(length), length, "The length must be a power of two.");
        }

        Length = length;
        _cos = new float[Math.Max(1, length / 2)];
        _sin = new float[_cos.Length];
        for (var i = 0; i < _cos.Length; i++)
        {
            var (sin, cos) = double.SinCos(2 * Math.PI * i / length);
            (_cos[i], _sin[i]) = ((float)cos, (float)sin);
        }
    }

    /// <summary>Samples of a signal.</summary>
    public int Length { get; }

    /// <summary>The frequency that stands at a place of the spectrum.</summary>
    /// <param name="place">Place from 0.</param>
    public int FrequencyAt(int place)
    {
        var frequency = 0;
        for (var bit = 1; bit < Length; bit <<= 1)
        {
            frequency = (frequency << 1) | ((place & bit) != 0 ? 1 : 0);
        }

        return frequency;
    }

    /// <summary>Replaces signals by their spectra in bit-reversed order (decimation in frequency).</summary>
    /// <param name="re">Real parts, sample by sample, the lanes of a sample together.</param>
    /// <param name="im">Imaginary parts, likewise.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Forward(float* re, float* im)
    {
        for (var half = Length / 2; half >= 1; half >>= 1)
        {
            var stride = Length / 2 / half;
            var span = (nint)half * TLanes.Width;
            for (var start = 0; start < Length; start += 2 * half)
            {
                var aRe = re + (nint)start * TLanes.Width;
                var aIm = im + (nint)start * TLanes.Width;
                for (var j = 0; j < half; j++)
                {
                    var (xRe, xIm) = (TLanes.Load(aRe), TLanes.Load(aIm));
                    var (yRe, yIm) = (TLanes.Load(aRe + span), TLanes.Load(aIm + span));
                    (xRe + yRe).Store(aRe);
                    (xIm + yIm).Store(aIm);
                    var (dRe, dIm) = (xRe - yRe, xIm - yIm);
                    var (cos, sin) = (TLanes.All(_cos[j * stride]), TLanes.All(_sin[j * stride]));
                    TLanes.MultiplyAdd(dRe, cos, dIm * sin).Store(aRe + span);
                    (dIm * cos - dRe * sin).Store(aIm + span);
                    aRe += TLanes.Width;
                    aIm += TLanes.Width;
                }
            }
        }
    }

    /// <summary>Replaces spectra in bit-reversed order by <see cref="Length"/> times their signals (decimation in time).</summary>
    /// <param name="re">Real parts, place by place, the lanes of a place together.</param>
    /// <param name="im">Imaginary parts, likewise.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void InverseTimesLength(float* re, float* im)
    {
        for (var half = 1; half < Length; half <<= 1)
        {
            var stride = Length / 2 / half;
            var span = (nint)half * TLanes.Width;
            for (var start = 0; start < Length; start += 2 * half)
            {
                var aRe = re + (nint)start * TLanes.Width;
                var aIm = im + (nint)start * TLanes.Width;
                for (var j = 0; j < half; j++)
                {
                    var (cos, sin) = (TLanes.All(_cos[j * stride]), TLanes.All(_sin[j * stride]));
                    var (yRe, yIm) = (TLanes.Load(aRe + span), TLanes.Load(aIm + span));
                    var dRe = yRe * cos - yIm * sin;
                    var dIm = TLanes.MultiplyAdd(yRe, sin, yIm * cos);
                    var (xRe, xIm) = (TLanes.Load(aRe), TLanes.Load(aIm));
                    (xRe + dRe).Store(aRe);
                    (xIm + dIm).Store(aIm);
                    (xRe - dRe).Store(aRe + span);
                    (xIm - dIm).Store(aIm + span);
                    aRe += TLanes.Width;
                    aIm += TLanes.Width;
                }
            }
        }
    }
}
