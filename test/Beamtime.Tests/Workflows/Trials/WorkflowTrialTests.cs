using System.Globalization;
using Beamtime.Core.Settings;

namespace Beamtime.Tests.Workflows.Trials;

/// <summary>
/// Random workflows whose workers crash at any statement, lose their leases and their connections, under a clock that steps:
/// every workflow ends once, what is in a transaction is done once, no effect is doubled, nothing is lost.
/// <c>BEAMTIME_SEED=n</c> gives the same workflows again; what the machine does meanwhile is not drawn from the seed.
/// </summary>
public sealed class WorkflowTrialTests
{
    private const int Together = 25;

    [Fact]
    public Task Fifty_trials_end_every_workflow_once_and_double_nothing() => TryAsync(50);

    [Fact]
    [Trait("Category", "Slow")]
    public Task Five_hundred_trials_end_every_workflow_once_and_double_nothing() => TryAsync(500);

    [Fact]
    [Trait("Category", "Trials")]
    public Task Twenty_thousand_trials_end_every_workflow_once_and_double_nothing() => TryAsync(20_000);

    private static async Task TryAsync(int count)
    {
        var seed = EnvironmentVariables.OfProcess()["BEAMTIME_SEED"] is { } given
            ? int.Parse(given.Split(':')[0], CultureInfo.InvariantCulture)
            : (int)(TimeProvider.System.GetUtcNow().Ticks & int.MaxValue);
        var random = new Random(seed);
        var world = new TrialWorld(random.Next());
        var start = TimeProvider.System.GetTimestamp();
        using var crashes = CrashPlan.Listen();
        await using var ground = await TrialGround.CreateAsync(world);
        for (var done = 0; done < count; done += Together)
        {
            int[] numbers = [.. Enumerable.Range(0, Math.Min(Together, count - done)).Select(_ => random.Next())];
            try
            {
                await ground.RunAsync(numbers);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"workflows failed after {done} trials: BEAMTIME_SEED={seed}", failure);
            }
        }

        var befell = string.Join(", ", world.Befell.OrderBy(b => b.Key, StringComparer.Ordinal).Select(b => $"{b.Key} {b.Value}"));
        await Console.Out.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"workflows: {count} trials passed with seed {seed} in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0} s: effects begun {world.Begun}, {befell}"));
    }
}
