using System.Text.Json;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>Where people start, abort and resume procedures; every refusal gives all reasons.</summary>
/// <param name="beamline">The beamline.</param>
/// <param name="book">The procedures.</param>
/// <param name="store">Their journal.</param>
/// <param name="runner">Carries them out.</param>
/// <param name="time">The clock of new ids.</param>
internal sealed class ProcedureDesk(
    string beamline, ProcedureBook book, ProcedureStore store, ProcedureRunner runner, TimeProvider time)
{
    /// <summary>The beamline.</summary>
    public string Beamline => beamline;

    /// <summary>Starts a procedure.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="given">Parameters by name.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up; nothing then begins.</param>
    public Task<Outcome<StreamState<ProcedureRecord>>> StartAsync(
        string name, IReadOnlyDictionary<string, JsonElement> given, PersonId who, CancellationToken cancel) =>
        StartAsync(name, given, who, key: null, cancel);

    /// <summary>The same for one that is to begin once however often it is asked for.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="given">Parameters by name.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="key">The id that the run is to have, so that asking again finds it; null for a new one.</param>
    /// <param name="cancel">Gives up; nothing then begins.</param>
    public async Task<Outcome<StreamState<ProcedureRecord>>> StartAsync(
        string name, IReadOnlyDictionary<string, JsonElement> given, PersonId who, Guid? key, CancellationToken cancel)
    {
        if (key is { } asked && await store.FindAsync(asked, cancel) is { } known)
        {
            return new Accepted<StreamState<ProcedureRecord>>(known);
        }

        if (book.Find(name) is not Accepted<ProcedureDefinition>(var definition))
        {
            return Refuse(((Refused<ProcedureDefinition>)book.Find(name)).Reasons);
        }

        if (definition.Bind(given) is not Accepted<IReadOnlyDictionary<string, Value>>(var parameters))
        {
            return Refuse(((Refused<IReadOnlyDictionary<string, Value>>)definition.Bind(given)).Reasons);
        }

        if (book.Against(definition, parameters) is { Count: > 0 } reasons)
        {
            return Refuse(reasons);
        }

        var id = key ?? Guid.CreateVersion7(time.GetUtcNow());
        var scope = new StepScope(id, who, new Dictionary<string, Value>(parameters, StringComparer.Ordinal));
        var work = new ProcedureWork(definition, scope, from: 0);
        return await BeginAsync(
            work,
            StreamState<ProcedureRecord>.New(id.ToString()),
            new ProcedureStarted(
                beamline,
                name,
                StepValues.Json(parameters),
                definition.HashOf(parameters),
                [.. definition.All.Select(s => new StepOutline(s.Kind, s.Target, s.Title))],
                definition.Steps.Count),
            new Why(who, $"asked for {name}", id.ToString()),
            cancel);
    }

    /// <summary>Ends a run early: its step is stopped and its closing steps run. One that is held ends as it stands.</summary>
    /// <param name="id">The run.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<StreamState<ProcedureRecord>>> AbortAsync(
        Guid id, PersonId who, string reason, CancellationToken cancel)
    {
        var why = ProcedureErrors.Aborted.Because($"Aborted by request{(reason.Length > 0 ? $": {reason}" : "")}.");
        while (true)
        {
            if (await store.FindAsync(id, cancel) is not { State: { } record } run)
            {
                return Refuse([Unknown(id)]);
            }

            if (runner.Abort(id, who, why))
            {
                return new Accepted<StreamState<ProcedureRecord>>(run);
            }

            if (record.State.IsOver)
            {
                return Refuse([ProcedureErrors.NotPossible.Because($"{record.Procedure} is {record.State} already.")]);
            }

            try
            {
                return new Accepted<StreamState<ProcedureRecord>>(await store.AppendAsync(
                    run, new ProcedureEnded(ProcedureState.Aborted, [why]), new Why(who, why.Message, run.Id), cancel));
            }
            catch (ConflictException)
            {
                // It changed in the meantime: look again.
            }
        }
    }

    /// <summary>Lets a held run go on from a step that the operator names.</summary>
    /// <param name="id">The run.</param>
    /// <param name="step">The step, from 0; the number of steps to do the closing ones only.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up; it then stays held.</param>
    public async Task<Outcome<StreamState<ProcedureRecord>>> ResumeAsync(
        Guid id, int step, PersonId who, CancellationToken cancel)
    {
        if (await store.FindAsync(id, cancel) is not { State: { } record } run)
        {
            return Refuse([Unknown(id)]);
        }

        if (record.State != ProcedureState.Held)
        {
            return Refuse([ProcedureErrors.NotPossible.Because($"{record.Procedure} is {record.State}, not held.")]);
        }

        Dictionary<string, Value> parameters = new(StepValues.Of(record.Parameters), StringComparer.Ordinal);
        if (book.Find(record.Procedure) is not Accepted<ProcedureDefinition>(var definition)
            || definition.HashOf(parameters) != record.StepsHash)
        {
            return Refuse([ProcedureErrors.Changed.Because($"The steps of {record.Procedure} have changed since it was started.")]);
        }

        if (step < 0 || step > definition.Steps.Count)
        {
            return Refuse([ProcedureErrors.NotPossible.Because(
                $"{record.Procedure} can go on from step 0 to {definition.Steps.Count}, not {step}.")]);
        }

        if (book.Against(definition, parameters) is { Count: > 0 } reasons)
        {
            return Refuse(reasons);
        }

        Dictionary<string, Value> known = new([.. parameters, .. StepValues.Of(record.Captures)], StringComparer.Ordinal);
        return await BeginAsync(
            new ProcedureWork(definition, new StepScope(id, who, known), step),
            run,
            new ProcedureResumed(step),
            new Why(who, $"goes on from step {step}", run.Id),
            cancel);
    }

    /// <summary>
    /// Holds every run that a program which died left running: its step under way may or may not have had its effect, and
    /// is never repeated on its own. Before anything is started.
    /// </summary>
    /// <param name="cancel">Gives up.</param>
    public async Task HoldInterruptedAsync(CancellationToken cancel)
    {
        var query = new RecordQuery { Beamline = beamline, Status = ProcedureState.Running.ToString(), Limit = 1000 };
        while ((await store.ListAsync(query, cancel)).Items is { Count: > 0 } interrupted)
        {
            foreach (var run in interrupted)
            {
                var uncertain = run.State!.Steps.FirstOrDefault(s => s.State == StepState.Started);
                var reason = ProcedureErrors.Interrupted.Because(uncertain is null
                    ? "The program ended between two steps; every step that began also ended."
                    : $"The program ended during step {uncertain.Index}, {uncertain.Wanted}: it may or may not have had its effect.");
                await store.AppendAsync(run, new ProcedureHeld(reason), Why.BySystem(reason.Message, run.Id), cancel);
            }
        }
    }

    private async Task<Outcome<StreamState<ProcedureRecord>>> BeginAsync(
        ProcedureWork work, StreamState<ProcedureRecord> run, ProcedureEntry entry, Why why, CancellationToken cancel)
    {
        if (runner.Reserve(work) is { } busy)
        {
            work.Dispose();
            return Refuse([busy]);
        }

        StreamState<ProcedureRecord> begun;
        try
        {
            begun = await store.AppendAsync(run, entry, why, cancel);
        }
        catch
        {
            runner.Release(work);
            work.Dispose();
            throw;
        }

        runner.Begin(work, begun);
        return new Accepted<StreamState<ProcedureRecord>>(begun);
    }

    private static Reason Unknown(Guid id) => ProcedureErrors.RunUnknown.Because($"There is no run {id} of a procedure.");

    private static Refused<StreamState<ProcedureRecord>> Refuse(IReadOnlyList<Reason> reasons) => new(reasons);
}
