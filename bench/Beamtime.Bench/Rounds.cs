namespace Beamtime.Bench;

/// <summary>
/// Measures two things by turns, so that whatever else the machine does meets both. The ratio is the median of the
/// ratios of single rounds: a change of the machine's load between rounds then cancels out.
/// </summary>
internal static class Rounds
{
    private const int Usual = 7;

    /// <summary>Measures, after one round each that does not count.</summary>
    /// <param name="ours">The product's road; gives its figure.</param>
    /// <param name="raw">The raw cost; gives its figure in the same unit.</param>
    /// <param name="rounds">Rounds that count, at least 5.</param>
    /// <param name="warmUps">Rounds before them.</param>
    public static async Task<Measured> MeasureAsync(
        Func<Task<double>> ours, Func<Task<double>> raw, int rounds = Usual, int warmUps = 1)
    {
        List<double> values = [], besides = [], ratios = [];
        for (var round = -warmUps; round < rounds; round++)
        {
            double value, beside;
            if (round % 2 == 0)
            {
                value = await ours();
                beside = await raw();
            }
            else
            {
                beside = await raw();
                value = await ours();
            }

            if (round >= 0)
            {
                values.Add(value);
                besides.Add(beside);
                ratios.Add(value / beside);
            }
        }

        return new Measured(Median(values), Median(besides), Median(ratios));
    }

    /// <summary>The middle one.</summary>
    /// <param name="figures">At least one.</param>
    public static double Median(List<double> figures)
    {
        figures.Sort();
        var middle = figures.Count / 2;
        return figures.Count % 2 == 1 ? figures[middle] : (figures[middle - 1] + figures[middle]) / 2;
    }
}
