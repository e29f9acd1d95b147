using System.Text.RegularExpressions;
using Beamtime.Control.Beamline;
using Beamtime.Control.Scans;
using Beamtime.Control.Scripts;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Actors;

/// <summary>Where people define actors and switch them.</summary>
internal sealed partial class ActorDesk(LedgerStore ledger, ScriptDesk scripts, ScanOptions options)
{
    private const double LongestRest = 7 * 24 * 3600;
    private readonly StateStore _states = new(ledger);

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}$")]
    private static partial Regex NameShape { get; }

    /// <summary>All actors that are not taken out, by name.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<ActorRecord>> ListAsync(CancellationToken cancel)
    {
        List<ActorRecord> all = [];
        foreach (var status in new[] { "On", "Off" })
        {
            all.AddRange((await ledger.ListRecordsAsync(
                ActorRecord.Kind, new RecordQuery { Beamline = options.Beamline, Status = status, Limit = 1000 }, cancel))
                .Items.Select(a => a.State!));
        }

        return [.. all.OrderBy(a => a.Name, StringComparer.Ordinal)];
    }

    /// <summary>Defines an actor, or defines it anew; refused with every reason.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="definition">What it is.</param>
    /// <param name="who">Who asks, in whose name it acts.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ActorRecord> DefineAsync(string name, ActorDefinition definition, PersonId who, CancellationToken cancel)
    {
        List<Reason> reasons = [.. scripts.Refusals(definition.Script, definition.Request)];
        if (!NameShape.IsMatch(name))
        {
            reasons.Add(ActorErrors.Invalid.Because($"'{name}' is no name of an actor: 1 to 64 letters, digits, lines and underscores."));
        }

        if (definition.When.Count == 0 || definition.When.Values.Any(s => s.Count == 0))
        {
            reasons.Add(ActorErrors.Invalid.Because("No state is named, or one without a status that counts."));
        }

        if (!(definition.RestSeconds is >= 0 and <= LongestRest))
        {
            reasons.Add(ActorErrors.Invalid.Because($"The rest is {definition.RestSeconds} s; it may be 0 to {LongestRest} s."));
        }

        var known = (await _states.ListAsync(options.Beamline, cancel)).Select(s => s.Name).ToList();
        reasons.AddRange(definition.When.Keys.Where(s => !known.Contains(s)).Select(s =>
            ActorErrors.StateUnknown.Because($"There is no state '{s}'{NearestName.Question(s, known)}")));
        return reasons.Count > 0
            ? throw new RefusedException(reasons)
            : await ChangeAsync(name, _ => [new ActorDefined(options.Beamline, name, definition)], who, "defined by request", cancel);
    }

    /// <summary>Switches an actor on or off.</summary>
    /// <param name="name">The actor.</param>
    /// <param name="isOn">Whether it is to act.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<ActorRecord> SwitchAsync(string name, bool isOn, PersonId who, CancellationToken cancel) => ChangeAsync(
        name, actor => Known(name, actor).IsOn == isOn ? [] : [new ActorSwitched(isOn)], who, isOn ? "switched on" : "switched off", cancel);

    /// <summary>Takes an actor out.</summary>
    /// <param name="name">The actor.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<ActorRecord> RemoveAsync(string name, PersonId who, CancellationToken cancel) => ChangeAsync(
        name,
        actor =>
        {
            Known(name, actor);
            return [new ActorRemoved()];
        },
        who,
        "removed by request",
        cancel);

    private static ActorRecord Known(string name, ActorRecord? actor) => actor?.Definition is not null
        ? actor
        : throw new RefusedException(ActorErrors.Unknown.Because($"There is no actor '{name}'."));

    private async Task<ActorRecord> ChangeAsync(
        string name, Func<ActorRecord?, IReadOnlyList<ActorEntry>> decide, PersonId who, string why, CancellationToken cancel)
    {
        var id = ActorRecord.IdOf(options.Beamline, name);
        return (await ledger.DecideAsync(
            ActorRecord.Kind,
            id,
            actor => new Accepted<IReadOnlyList<ActorEntry>>(decide(actor)),
            new Why(who, why, id),
            null,
            cancel)).OrThrow().State!;
    }
}
