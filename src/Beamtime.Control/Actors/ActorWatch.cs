using System.Text.Json;
using Beamtime.Control.Beamline;
using Beamtime.Control.Scans;
using Beamtime.Control.Scripts;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Actors;

/// <summary>
/// Follows the changes of beamline states in the ledger and has actors act: each once for a change, in the transaction that
/// moves the place.
/// </summary>
internal sealed partial class ActorWatch
{
    private static readonly TimeSpan TooLate = TimeSpan.FromMinutes(10);
    private readonly LedgerStore _ledger;
    private readonly ActorDesk _actors;
    private readonly ScriptDesk _scripts;
    private readonly StateStore _states;
    private readonly string _beamline;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LedgerSubscription _subscription;

    /// <summary>A watch over the states of a beamline.</summary>
    /// <param name="database">Where the ledger lies.</param>
    /// <param name="ledger">The ledger.</param>
    /// <param name="actors">The actors.</param>
    /// <param name="scripts">Where runs are asked for.</param>
    /// <param name="options">The beamline.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes what actors do.</param>
    public ActorWatch(
        BeamtimeDatabase database, LedgerStore ledger, ActorDesk actors, ScriptDesk scripts, ScanOptions options,
        TimeProvider time, ILogger<ActorWatch> logger)
    {
        (_ledger, _actors, _scripts, _beamline, _time, _logger) = (ledger, actors, scripts, options.Beamline, time, logger);
        _states = new StateStore(ledger);
        _subscription = new LedgerSubscription(
            database, $"actors.{_beamline}", [StateRecord.Kind.Name], TakeAsync, time, logger);
    }

    /// <summary>Watches until cancelled.</summary>
    /// <param name="cancel">Ends the watch; it goes on where it was.</param>
    public Task RunAsync(CancellationToken cancel) => _subscription.RunAsync(cancel);

    // Actors and states as they are now: a change that was taken back meanwhile brings nothing about.
    private async Task TakeAsync(DatabaseTransaction transaction, IReadOnlyList<RecordedEntry> entries, CancellationToken cancel)
    {
        var changes = entries
            .Where(e => e.Type == "beamline_state.changed" && _time.GetUtcNow() - e.At < TooLate)
            .Select(e => (Entry: e, Changed: JsonSerializer.Deserialize(e.Json, StateJson.Default.StateChanged)!))
            .Where(c => c.Changed.Beamline == _beamline)
            .ToList();
        if (changes.Count == 0)
        {
            return;
        }

        var actors = (await _actors.ListAsync(cancel)).Where(a => a.IsOn).ToList();
        var statuses = (await _states.ListAsync(_beamline, cancel)).ToDictionary(s => s.Name, s => s.Status, StringComparer.Ordinal);
        HashSet<string> acted = new(StringComparer.Ordinal);
        foreach (var (entry, changed) in changes)
        {
            foreach (var actor in actors.Where(a => !acted.Contains(a.Name) && ComesAbout(a, entry, changed, statuses)))
            {
                acted.Add(actor.Name);
                await ActAsync(transaction, actor, entry, changed, cancel);
            }
        }
    }

    private static bool ComesAbout(
        ActorRecord actor, RecordedEntry entry, StateChanged changed, Dictionary<string, StateStatus> statuses)
    {
        var definition = actor.Definition!;
        return definition.When.TryGetValue(changed.Name, out var counting)
            && counting.Contains(changed.To)
            && !counting.Contains(changed.From)
            && entry.At >= actor.Since
            && (actor.ActedAt is not { } last || (entry.At - last).TotalSeconds >= definition.RestSeconds)
            && (definition.Any || definition.When.All(w =>
                w.Key == changed.Name || w.Value.Contains(statuses.GetValueOrDefault(w.Key, StateStatus.Unknown))));
    }

    private async Task ActAsync(
        DatabaseTransaction transaction, ActorRecord actor, RecordedEntry entry, StateChanged changed, CancellationToken cancel)
    {
        var definition = actor.Definition!;
        var cause = $"{entry.Kind} {entry.Id} version {entry.Version}";
        ActorEntry happened;
        if (_scripts.Refusals(definition.Script, definition.Request) is { Count: > 0 } reasons)
        {
            happened = new ActorFailed(changed.Name, reasons);
            LogFailed(_logger, actor.Name, reasons[0].Message);
        }
        else
        {
            var run = await _scripts.StartAsync(
                transaction,
                definition.Script,
                definition.Request,
                new PersonId(actor.Who),
                $"actor {actor.Name}: {changed.Label}",
                $"actor {actor.Name} {cause}",
                cancel);
            happened = new ActorActed(run, changed.Name, changed.Label);
            LogActs(_logger, actor.Name, definition.Script, changed.Label);
        }

        var id = ActorRecord.IdOf(_beamline, actor.Name);
        await _ledger.AppendAsync(
            transaction,
            ActorRecord.Kind,
            await _ledger.LoadAsync(transaction, ActorRecord.Kind, id, cancel),
            [happened],
            Why.BySystem($"{changed.Name} is {changed.To.ToString().ToLowerInvariant()}", id, cause),
            cancel);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Actor {Actor} runs {Script}: {Label}")]
    private static partial void LogActs(ILogger logger, string actor, string script, string label);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Actor {Actor} cannot act: {Message}")]
    private static partial void LogFailed(ILogger logger, string actor, string message);
}
