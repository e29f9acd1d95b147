namespace Beamtime.Data.Compute;

/// <summary>
/// How much of the half turn each projection stands for. Opposite directions tell the same, so angles count modulo 180°; those
/// that coincide share their part, and the neighbours of a missing projection take over its part.
/// </summary>
internal static class AngularWeights
{
    // A gap wider than this many usual steps is not a missing frame but a wedge nobody measured: nothing stands for it.
    private const double WidestHalfGap = 4;
    private const double SameAngle = 1e-3;

    /// <summary>The weights, in the order of the angles; without gaps they add up to π.</summary>
    /// <param name="degrees">Angles of the projections, degrees, in any order, over any range; at least one.</param>
    /// <returns>Radians.</returns>
    public static double[] Of(ReadOnlySpan<double> degrees)
    {
        ArgumentOutOfRangeException.ThrowIfZero(degrees.Length, nameof(degrees));
        var folded = new double[degrees.Length];
        var order = new int[degrees.Length];
        for (var i = 0; i < folded.Length; i++)
        {
            folded[i] = degrees[i] - 180 * Math.Floor(degrees[i] / 180);
            order[i] = i;
        }

        Array.Sort(folded, order);
        var groups = Group(folded);
        var usual = UsualStep(folded, groups);
        var weights = new double[degrees.Length];
        for (var g = 0; g < groups.Count; g++)
        {
            var (first, count) = groups[g];
            var before = g == 0 ? folded[groups[^1].First] - 180 : folded[groups[g - 1].First];
            var after = g == groups.Count - 1 ? folded[groups[0].First] + 180 : folded[groups[g + 1].First];
            var part = Math.Min((folded[first] - before) / 2, WidestHalfGap * usual)
                + Math.Min((after - folded[first]) / 2, WidestHalfGap * usual);
            for (var i = first; i < first + count; i++)
            {
                weights[order[i]] = double.DegreesToRadians(part / count);
            }
        }

        return weights;
    }

    private static List<(int First, int Count)> Group(double[] folded)
    {
        var tolerance = SameAngle * 180 / folded.Length;
        var groups = new List<(int First, int Count)>();
        for (var i = 0; i < folded.Length; i++)
        {
            if (groups.Count > 0 && folded[i] - folded[groups[^1].First] <= tolerance)
            {
                groups[^1] = (groups[^1].First, groups[^1].Count + 1);
            }
            else
            {
                groups.Add((i, 1));
            }
        }

        // An end at 179.9999° needs no joining to a beginning at 0°: the half gaps on their far sides add up to one part.
        return groups;
    }

    private static double UsualStep(double[] folded, List<(int First, int Count)> groups)
    {
        if (groups.Count == 1)
        {
            return 180;
        }

        var steps = new double[groups.Count];
        for (var g = 1; g < groups.Count; g++)
        {
            steps[g - 1] = folded[groups[g].First] - folded[groups[g - 1].First];
        }

        steps[^1] = folded[groups[0].First] + 180 - folded[groups[^1].First];
        Array.Sort(steps);
        return steps[steps.Length / 2];
    }
}
