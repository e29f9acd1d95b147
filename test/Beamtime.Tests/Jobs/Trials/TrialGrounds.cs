using System.Collections.Concurrent;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Jobs.Trials;

/// <summary>
/// The databases of many trials, a few at a time. After some thousand trials they are changed for fresh ones, because a
/// long history makes every trial dearer without making it another.
/// </summary>
/// <param name="count">Trials in all.</param>
/// <param name="together">Databases at a time.</param>
/// <param name="pool">Connections at most to each.</param>
/// <param name="cancel">Ends the run.</param>
internal sealed class TrialGrounds(int count, int together, int pool, CancellationToken cancel) : IAsyncDisposable
{
    private const int TrialsOfOne = 1000;
    private readonly ConcurrentDictionary<(int Generation, int Place), Task<TrialGround>> _grounds = new();
    private readonly Lock _making = new();
    private readonly ConcurrentDictionary<(int Generation, int Place), int> _ended = new();
    private readonly ConcurrentDictionary<string, long> _befell = new(StringComparer.Ordinal);

    /// <summary>What befell the databases that are done with.</summary>
    public IEnumerable<KeyValuePair<string, long>> Befell => _befell.OrderBy(b => b.Key, StringComparer.Ordinal);

    /// <summary>Runs a trial on its database.</summary>
    /// <param name="trial">The trial.</param>
    public async Task RunAsync(Trial trial)
    {
        var (generation, place) = Math.DivRem(trial.Number - 1, TrialsOfOne * together);
        place %= together;
        Task<TrialGround> making;
        lock (_making)
        {
            if (!_grounds.TryGetValue((generation, place), out making!))
            {
                making = MakeAsync((generation * together) + place);
                _grounds.TryAdd((generation, place), making);
            }
        }

        await JobTrial.RunAsync(trial, await making);
        if (_ended.AddOrUpdate((generation, place), 1, (_, n) => n + 1) == TrialsOf(generation, place))
        {
            await EndAsync((generation, place));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var ground in _grounds.Keys)
        {
            await EndAsync(ground);
        }
    }

    private async Task<TrialGround> MakeAsync(int seed) =>
        await TrialGround.CreateAsync(await TestDatabase.CreateAsync(pool: pool), seed, canStep: true, cancel);

    private int TrialsOf(int generation, int place)
    {
        var size = Math.Min(count - (generation * TrialsOfOne * together), TrialsOfOne * together);
        return (size - place + together - 1) / together;
    }

    private async Task EndAsync((int Generation, int Place) ground)
    {
        if (_grounds.TryRemove(ground, out var making) && making.IsCompletedSuccessfully)
        {
            var ended = await making;
            foreach (var (what, times) in ended.Befell)
            {
                _befell.AddOrUpdate(what, times, (_, n) => n + times);
            }

            await ended.DisposeAsync();
        }
    }
}
