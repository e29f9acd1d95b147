using System.Numerics;

namespace Beamtime.Simulated.Phantom;

/// <summary>
/// Random numbers for detector noise, fast enough for every pixel of every frame: xoshiro256++ (Blackman and Vigna), normal
/// deviates by the ziggurat of 256 layers (Marsaglia and Tsang), Poisson deviates by inversion. The same seed and stream give the
/// same numbers. Not for secrets; one per thread.
/// </summary>
internal struct NoiseSource
{
    private const double Tail = 3.6541528853610088;
    private const double LayerArea = 0.00492867323399;

    private static readonly double[] Edges = MakeEdges();
    private static readonly double[] Heights = [.. Edges.Select(x => Math.Exp(-x * x / 2))];

    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>A source of its own for every stream of a seed.</summary>
    /// <param name="seed">Names the experiment.</param>
    /// <param name="stream">Names one frame or one map of it.</param>
    public NoiseSource(ulong seed, ulong stream)
    {
        var state = seed ^ BitOperations.RotateLeft(stream * 0xD1342543DE82EF95, 32);
        (_a, _b, _c, _d) = (Mix(ref state), Mix(ref state), Mix(ref state), Mix(ref state));
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = BitOperations.RotateLeft(_a + _d, 23) + _a;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>Uniform, at least 0 and less than 1.</summary>
    public double NextUniform() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Normal deviate of mean 0 and standard deviation 1.</summary>
    public double NextNormal()
    {
        while (true)
        {
            var bits = NextBits();
            var layer = (int)(bits & 255);
            var x = ((long)bits >> 11) * (1.0 / (1L << 52)) * Edges[layer];
            if (Math.Abs(x) < Edges[layer + 1])
            {
                return x;
            }

            if (layer == 0)
            {
                return Math.CopySign(BeyondTail(), x);
            }

            if (Heights[layer] + NextUniform() * (Heights[layer + 1] - Heights[layer]) < Math.Exp(-x * x / 2))
            {
                return x;
            }
        }
    }

    /// <summary>Poisson deviate; use it for small means, its cost grows with them.</summary>
    /// <param name="mean">Mean, 0 to a few tens.</param>
    public int NextPoisson(double mean)
    {
        var left = NextUniform();
        var probability = Math.Exp(-mean);
        var count = 0;
        while (left >= probability && probability > 0)
        {
            left -= probability;
            probability *= mean / ++count;
        }

        return count;
    }

    private double BeyondTail()
    {
        while (true)
        {
            var x = -Math.Log(1 - NextUniform()) / Tail;
            var y = -Math.Log(1 - NextUniform());
            if (y + y > x * x)
            {
                return Tail + x;
            }
        }
    }

    private static ulong Mix(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static double[] MakeEdges()
    {
        var edges = new double[257];
        edges[0] = LayerArea / Math.Exp(-Tail * Tail / 2);
        edges[1] = Tail;
        for (var i = 2; i < 256; i++)
        {
            edges[i] = Math.Sqrt(-2 * Math.Log(LayerArea / edges[i - 1] + Math.Exp(-edges[i - 1] * edges[i - 1] / 2)));
        }

        return edges;
    }
}
