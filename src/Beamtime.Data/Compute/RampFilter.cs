namespace Beamtime.Data.Compute;

/// <summary>
/// The band-limited ramp that back projection needs (Ramachandran and Lakshminarayanan). Its spectrum is taken from the kernel in
/// space, not from |ω|, so that the mean of a slice comes out right.
/// </summary>
internal static class RampFilter
{
    /// <summary>
    /// The filter's spectrum for a transform of this length, even in frequency, divided by the length, for pixels of size 1.
    /// </summary>
    /// <param name="length">Samples of the transform, a power of two.</param>
    public static float[] Spectrum(int length)
    {
        var cosines = new double[length];
        for (var i = 0; i < length; i++)
        {
            cosines[i] = Math.Cos(2 * Math.PI * i / length);
        }

        var spectrum = new float[length];
        for (var k = 0; k <= length / 2; k++)
        {
            var sum = 0.25;
            for (var n = 1; n < length / 2; n += 2)
            {
                sum -= 2 / (Math.PI * Math.PI * n * n) * cosines[(int)((long)n * k % length)];
            }

            spectrum[k] = (float)(sum / length);
            spectrum[(length - k) % length] = spectrum[k];
        }

        return spectrum;
    }
}
