using System.Threading.Channels;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Procedures;

/// <summary>
/// Carries out procedures, one at a time and step by step: each step is in the journal before its effect and after it.
/// The first failure halts; the closing steps run in any case but a crash.
/// </summary>
internal sealed class ProcedureRunner(ProcedureStore store, StepConductor conductor, TimeProvider time)
{
    private readonly Channel<ProcedureWork> _work = Channel.CreateBounded<ProcedureWork>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly Lock _gate = new();
    private ProcedureWork? _active;

    /// <summary>Takes the only place, or says who has it.</summary>
    /// <param name="work">What is to be done; its run need not exist yet.</param>
    /// <returns>Null when the place was free.</returns>
    public Reason? Reserve(ProcedureWork work)
    {
        lock (_gate)
        {
            if (_active is { } other)
            {
                return ProcedureErrors.Busy.Because($"{other.Definition.Name} runs ({other.Id}).");
            }

            _active = work;
            return null;
        }
    }

    /// <summary>Gives the place back when nothing came of it.</summary>
    /// <param name="work">What had it.</param>
    public void Release(ProcedureWork work)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_active, work))
            {
                _active = null;
            }
        }
    }

    /// <summary>Begins what has the place and is in the journal.</summary>
    /// <param name="work">What is to be done.</param>
    /// <param name="run">Its run, running.</param>
    public void Begin(ProcedureWork work, StreamState<ProcedureRecord> run)
    {
        work.Run = run;
        if (!_work.Writer.TryWrite(work))
        {
            throw new InvalidOperationException("Two procedures have the only place.");
        }
    }

    /// <summary>Ends a run early if it is the one that runs.</summary>
    /// <param name="id">The run.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why.</param>
    /// <returns>False when another or none runs.</returns>
    public bool Abort(Guid id, PersonId who, Reason reason)
    {
        lock (_gate)
        {
            if (_active is not { } active || active.Id != id)
            {
                return false;
            }

            active.Abort(who, reason);
            return true;
        }
    }

    /// <summary>Carries out procedures until cancelled; one that runs then is held.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await foreach (var work in _work.Reader.ReadAllAsync(cancel))
        {
            try
            {
                await ConductAsync(work, cancel);
            }
            finally
            {
                Release(work);
                work.Dispose();
            }
        }
    }

    private async Task ConductAsync(ProcedureWork work, CancellationToken stopping)
    {
        var definition = work.Definition;
        var state = ProcedureState.Completed;
        List<Reason> reasons = [];
        using (var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping, work.Aborting))
        {
            try
            {
                for (var i = work.From; i < definition.Steps.Count && reasons.Count == 0; i++)
                {
                    reasons.AddRange(await ConductAsync(work, i, definition.Steps[i], ending.Token, stopping));
                    state = reasons.Count > 0 ? ProcedureState.Failed : state;
                }
            }
            catch (OperationCanceledException) when (work.AbortedFor is not null && !stopping.IsCancellationRequested)
            {
                state = ProcedureState.Aborted;
                reasons = [work.AbortedFor];
            }
        }

        for (var i = 0; i < definition.Closing.Count; i++)
        {
            var failed = await ConductAsync(work, definition.Steps.Count + i, definition.Closing[i], stopping, stopping);
            reasons.AddRange(failed);
            state = failed.Count > 0 && state == ProcedureState.Completed ? ProcedureState.Failed : state;
        }

        await JournalAsync(work, new ProcedureEnded(state, reasons), state == ProcedureState.Aborted ? work.AbortedBy : null, stopping);
    }

    private async Task<IReadOnlyList<Reason>> ConductAsync(
        ProcedureWork work, int index, ProcedureStep step, CancellationToken cancel, CancellationToken stopping)
    {
        cancel.ThrowIfCancellationRequested();
        await JournalAsync(work, new StepStarted(index, step.Outline(work.Scope.Known)), null, stopping);
        var began = time.GetTimestamp();
        try
        {
            var result = await conductor.ConductAsync(step, work.Scope, cancel);
            foreach (var (name, value) in result.Captured)
            {
                work.Scope.Known[name] = value;
            }

            await JournalAsync(work, EndOf(index, result, time.GetElapsedTime(began)), null, stopping);
            return result.Reasons;
        }
        catch (OperationCanceledException) when (work.AbortedFor is { } reason && !stopping.IsCancellationRequested)
        {
            await JournalAsync(
                work,
                new StepEnded(
                    index, StepState.Uncertain, StepValues.Json([]), null, "it was aborted on the way",
                    time.GetElapsedTime(began).TotalSeconds, [reason]),
                work.AbortedBy,
                stopping);
            throw;
        }
    }

    private static StepEnded EndOf(int index, StepResult result, TimeSpan took) => new(
        index,
        result.Reasons.Count == 0 ? StepState.Passed : StepState.Failed,
        StepValues.Json(result.Captured),
        StepValues.Json(result.Value),
        result.Evidence,
        Math.Round(took.TotalSeconds, 6),
        result.Reasons);

    private async Task JournalAsync(ProcedureWork work, ProcedureEntry entry, PersonId? who, CancellationToken cancel)
    {
        var why = who is { } person
            ? new Why(person, work.AbortedFor!.Message, work.Id.ToString())
            : Why.BySystem($"procedure {work.Definition.Name}", work.Id.ToString());
        work.Run = await store.JournalAsync(work.Run!, entry, why, cancel);
    }
}
