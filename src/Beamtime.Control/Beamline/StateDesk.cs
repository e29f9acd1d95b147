using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Beamline;

/// <summary>Answers what is asked about beamline states and the interlock, in the scan server.</summary>
internal sealed class StateDesk(
    BeamlineDescription description, StateWatch watch, Interlock interlock, StateStore store, DeviceBook book,
    BeamlineTopics topics, ScanOptions options)
{
    private const int MostStates = 256;

    /// <summary>Answers until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.StateCommands.ServeAsync(
        async (command, stop) => (await DoAsync(command, stop)).OrThrow(), cancel);

    /// <summary>Carries out what is asked.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<StatesAnswer>> DoAsync(StateCommand command, CancellationToken cancel)
    {
        List<Reason> reasons = [.. command.Kind switch
        {
            StateCommandKind.Define => AgainstDefinition(command.Definition!),
            StateCommandKind.Remove => AgainstChange(command.Name, isNew: false),
            StateCommandKind.Configure when command.Interlock is { } settings => Against(settings),
            _ => [],
        }];
        if (reasons.Count > 0)
        {
            return new Refused<StatesAnswer>(reasons);
        }

        var who = new PersonId(command.Who);
        switch (command.Kind)
        {
            case StateCommandKind.Define:
                await store.AppendAsync(
                    options.Beamline,
                    command.Definition!.Name,
                    new StateDefined(options.Beamline, command.Definition),
                    Why(who, command.Reason, "defined by request", StateRecord.IdOf(options.Beamline, command.Definition.Name)),
                    cancel);
                watch.Define(command.Definition);
                break;
            case StateCommandKind.Remove:
                await store.AppendAsync(
                    options.Beamline,
                    command.Name,
                    new StateRemoved(),
                    Why(who, command.Reason, "removed by request", StateRecord.IdOf(options.Beamline, command.Name)),
                    cancel);
                watch.Remove(command.Name);
                break;
            case StateCommandKind.Configure:
                await interlock.ConfigureAsync(
                    command.Interlock is { } settings ? Complete(settings) : null,
                    Why(who, command.Reason, "set up by request", options.Beamline),
                    cancel);
                break;
        }

        return new Accepted<StatesAnswer>(new StatesAnswer(watch.States, interlock.Answer));
    }

    private static Why Why(PersonId who, string reason, string otherwise, string correlation) =>
        new(who, reason.Length > 0 ? ScanEnded.Shortened(reason) : otherwise, correlation);

    // Nothing said of a state means what is usual.
    private static InterlockSettings Complete(InterlockSettings settings) => settings with
    {
        States = settings.States.ToDictionary(
            s => s.Key, s => s.Value.Count == 0 ? InterlockSettings.UsuallyAccepted : s.Value, StringComparer.Ordinal),
    };

    private IEnumerable<Reason> AgainstDefinition(StateDefinition definition)
    {
        string[] permits = [.. description.Enclosures.Concat(description.Beam).Select(p => p.Name)];
        return AgainstChange(definition.Name, isNew: true)
            .Concat(StateCheck.Against(definition, book, permits).Select(m => BeamlineErrors.StateInvalid.Because($"{definition.Name}: {m}.")));
    }

    private IEnumerable<Reason> AgainstChange(string name, bool isNew)
    {
        var states = watch.States;
        var found = states.FirstOrDefault(s => s.Name == name);
        if (found is { IsFromFile: true })
        {
            yield return BeamlineErrors.StateOfFile.Because($"{name} is defined by the site's beamline.yaml.");
        }
        else if (found is null && !isNew)
        {
            yield return BeamlineErrors.StateUnknown.Because(
                $"There is no state '{name}'{NearestName.Question(name, states.Select(s => s.Name))}");
        }
        else if (found is null && states.Count >= MostStates)
        {
            yield return BeamlineErrors.StateInvalid.Because($"There are {MostStates} states already.");
        }
    }

    private IEnumerable<Reason> Against(InterlockSettings settings)
    {
        string[] known = [.. watch.States.Select(s => s.Name)];
        return settings.States.Keys.Where(name => !known.Contains(name)).Select(name =>
            BeamlineErrors.StateUnknown.Because($"There is no state '{name}'{NearestName.Question(name, known)}"));
    }
}
