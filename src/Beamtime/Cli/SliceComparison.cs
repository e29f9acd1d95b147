using Beamtime.Hdf5;

namespace Beamtime.Cli;

/// <summary>Compares a reconstructed slice with the simulated sample that was projected.</summary>
internal static class SliceComparison
{
    /// <summary>Pearson's correlation of the volume's middle slice with the phantom's, inside the circle that all projections see.</summary>
    /// <param name="volumeFile">The volume: <c>/exchange/data</c>, slices first.</param>
    /// <param name="frameFile">The simulated camera's file, which keeps the phantom's middle slice.</param>
    public static double Correlate(string volumeFile, string frameFile)
    {
        using var frames = H5File.Open(frameFile);
        using var truth = frames.OpenDataset("/entry/phantom/middle_slice");
        var size = (int)truth.Shape[0];
        var row = truth.Attributes.Read<int>("row");
        var expected = truth.Read<float>();
        using var volume = H5File.Open(volumeFile);
        using var data = volume.OpenDataset("/exchange/data");
        var found = new float[size * size];
        data.ReadSlice([row, 0, 0], [1, size, size], found.AsSpan());
        return Correlate(expected, found, size);
    }

    private static double Correlate(float[] a, float[] b, int size)
    {
        var (n, sumA, sumB, sumAA, sumBB, sumAB) = (0, 0.0, 0.0, 0.0, 0.0, 0.0);
        var half = (size - 1) / 2.0;
        for (var i = 0; i < a.Length; i++)
        {
            var (y, x) = ((i / size) - half, (i % size) - half);
            if ((x * x) + (y * y) > half * half)
            {
                continue;
            }

            n++;
            sumA += a[i];
            sumB += b[i];
            sumAA += (double)a[i] * a[i];
            sumBB += (double)b[i] * b[i];
            sumAB += (double)a[i] * b[i];
        }

        return ((n * sumAB) - (sumA * sumB))
            / Math.Sqrt(((n * sumAA) - (sumA * sumA)) * ((n * sumBB) - (sumB * sumB)));
    }
}
