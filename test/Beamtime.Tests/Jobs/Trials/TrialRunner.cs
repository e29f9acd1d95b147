using System.Collections.Concurrent;
using System.Globalization;
using Beamtime.Core.Settings;

namespace Beamtime.Tests.Jobs.Trials;

/// <summary>One random trial: its number, its own seeded randomness, and counters of what befell it.</summary>
/// <param name="number">From 1 on, unique in the run.</param>
/// <param name="seed">The seed of this trial alone.</param>
/// <param name="befell">Counts by name, over all trials.</param>
/// <param name="cancel">Set when the run ends.</param>
internal sealed class Trial(int number, int seed, ConcurrentDictionary<string, long> befell, CancellationToken cancel)
{
    private readonly Lock _drawing = new();
    private readonly Random _random = new(seed);

    /// <summary>From 1 on, unique in the run.</summary>
    public int Number => number;

    /// <summary>Set when the run ends.</summary>
    public CancellationToken Cancel => cancel;

    /// <summary>A number below a bound.</summary>
    /// <param name="bound">The bound.</param>
    public int Draw(int bound)
    {
        lock (_drawing)
        {
            return _random.Next(bound);
        }
    }

    /// <summary>True so often.</summary>
    /// <param name="percent">Per cent of the draws.</param>
    public bool Happens(int percent) => Draw(100) < percent;

    /// <summary>Counts something that befell a trial.</summary>
    /// <param name="what">Its name in the figures.</param>
    /// <param name="times">How often.</param>
    public void Count(string what, long times = 1) => befell.AddOrUpdate(what, times, (_, n) => n + times);
}

/// <summary>The figures of a run of trials.</summary>
/// <param name="Name">What was tried.</param>
/// <param name="Seed">The seed that gives the same trials again.</param>
/// <param name="Count">How many.</param>
/// <param name="Duration">How long they took.</param>
/// <param name="Befell">What befell them, by name.</param>
internal sealed record TrialFigures(
    string Name, int Seed, int Count, TimeSpan Duration, IReadOnlyDictionary<string, long> Befell)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Name}: {Count} trials passed with seed {Seed} in {Duration.TotalSeconds:0} s: {string.Join(", ", Befell.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => $"{b.Key} {b.Value}"))}");
}

/// <summary>
/// Runs random trials, so many side by side, with a fresh seed that is printed. <c>BEAMTIME_SEED=n</c> gives the same run
/// again, <c>BEAMTIME_SEED=n:trial</c> one trial of it. What the machine does meanwhile is not drawn from the seed.
/// </summary>
internal static class TrialRunner
{
    /// <summary>Runs the trials; the first that fails ends the run, and its seed stands in the failure.</summary>
    /// <param name="name">What is tried, for the figures.</param>
    /// <param name="count">How many trials.</param>
    /// <param name="parallel">How many side by side.</param>
    /// <param name="run">One trial; throws where something is wrong.</param>
    /// <param name="cancel">Ends the run.</param>
    public static async Task<TrialFigures> RunAsync(
        string name, int count, int parallel, Func<Trial, Task> run, CancellationToken cancel)
    {
        var (seed, only) = Seed();
        var befell = new ConcurrentDictionary<string, long>();
        var start = TimeProvider.System.GetTimestamp();
        IEnumerable<int> numbers = only is { } one ? [one] : Enumerable.Range(1, count);
        await Parallel.ForEachAsync(
            numbers,
            new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancel },
            async (number, ended) =>
            {
                try
                {
                    await run(new Trial(number, HashCode(seed, number), befell, ended));
                }
                catch (Exception failure) when (failure is not OperationCanceledException || !ended.IsCancellationRequested)
                {
                    throw new InvalidOperationException($"{name} failed: BEAMTIME_SEED={seed}:{number}", failure);
                }
            });
        var figures = new TrialFigures(
            name, seed, only is null ? count : 1, TimeProvider.System.GetElapsedTime(start), new SortedDictionary<string, long>(befell));
        Console.Out.WriteLine(figures);
        return figures;
    }

    private static (int Seed, int? Only) Seed()
    {
        if (EnvironmentVariables.OfProcess()["BEAMTIME_SEED"] is not { } given)
        {
            return ((int)(TimeProvider.System.GetUtcNow().Ticks & int.MaxValue), null);
        }

        var parts = given.Split(':');
        return (
            int.Parse(parts[0], CultureInfo.InvariantCulture),
            parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : null);
    }

    // The framework's own is salted anew in every process.
    private static int HashCode(int seed, int number) => unchecked((seed * 397) ^ (number * 1_000_003));
}
