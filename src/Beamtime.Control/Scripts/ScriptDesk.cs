using System.Text.RegularExpressions;
using Beamtime.Core.Access;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scripts;

/// <summary>Where people ask for runs of server scripts and abort them.</summary>
internal sealed partial class ScriptDesk(
    ScriptCatalogue catalogue,
    ScriptStore store,
    BeamtimeDatabase database,
    WorkflowStore workflows,
    WorkflowDesk desk,
    Scans.ScanOptions scans,
    ScriptOptions options)
{
    [GeneratedRegex("^[A-Za-z0-9_.-]{1,64}$")]
    private static partial Regex QueueName { get; }

    /// <summary>Puts a run into a queue, or refuses it with every reason.</summary>
    /// <param name="script">The script.</param>
    /// <param name="request">Its arguments, and the queue.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">The key of the request, so that asking again finds the run; null for a new one.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScriptRun> SubmitAsync(
        string script, ScriptRequest request, Caller caller, RequestKey? key, CancellationToken cancel)
    {
        List<Reason> reasons = [.. Refusals(script, request)];
        var active = await store.ActiveAsync(scans.Beamline, null, cancel);
        if (active.Count >= options.Capacity)
        {
            reasons.Add(ScriptErrors.QueueFull.Because($"{active.Count} runs wait or run; allowed are {options.Capacity}."));
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var why = request.Reason.Length > 0 ? request.Reason : $"server script {script}";
        var id = await database.TransactAsync(
            transaction => StartAsync(transaction, script, request, caller.Who, why, key?.Id.ToString(), cancel), cancel);
        return await ShowAsync(id, cancel);
    }

    /// <summary>Why a run would be refused, whoever asks; empty when it would not.</summary>
    /// <param name="script">The script.</param>
    /// <param name="request">Its arguments, and the queue.</param>
    public IReadOnlyList<Reason> Refusals(string script, ScriptRequest request)
    {
        List<Reason> reasons = [];
        if (!QueueName.IsMatch(request.Queue))
        {
            reasons.Add(ScriptErrors.QueueInvalid.Because($"'{request.Queue}' is no name of a queue."));
        }

        reasons.AddRange(catalogue.Look(script) switch
        {
            Refused<(Sdk.Scripts.ScriptDeclaration Script, Plugins.PluginOrigin? Plugin)> unknown => unknown.Reasons,
            var found => Refusals(found.OrThrow().Script, request),
        });
        return reasons;
    }

    /// <summary>Starts a run that is not refused, in a transaction that makes it necessary.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="script">The script.</param>
    /// <param name="request">Its arguments, and the queue.</param>
    /// <param name="who">In whose name.</param>
    /// <param name="why">Why.</param>
    /// <param name="key">Starting twice with one key gives one run; null for no key.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The run.</returns>
    public async Task<Guid> StartAsync(
        DatabaseTransaction transaction,
        string script,
        ScriptRequest request,
        PersonId who,
        string why,
        string? key,
        CancellationToken cancel)
    {
        var plugin = catalogue.Look(script).OrThrow().Plugin;
        var input = new ScriptInput(script, request, who.Value, plugin?.Digest);
        var started = await workflows.StartAsync(
            transaction,
            ScriptWork.KindOf(scans.Beamline),
            new WorkflowStart { Key = key, By = who, Why = why, Sequence = $"script {scans.Beamline} {request.Queue}" },
            input,
            cancel);
        if (started.IsNew)
        {
            await ScriptStore.AddAsync(transaction, started.Id.Value, scans.Beamline, input, plugin?.Text, cancel);
        }

        return started.Id.Value;
    }

    /// <summary>A run.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScriptRun> ShowAsync(Guid id, CancellationToken cancel) => await store.FindAsync(scans.Beamline, id, cancel)
        ?? throw new RefusedException(ScriptErrors.Unknown.Because($"There is no run '{id}'."));

    /// <summary>Aborts a run: its scan is aborted, its motors stop, and what waits never begins.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScriptRun> AbortAsync(Guid id, PersonId who, string reason, CancellationToken cancel)
    {
        await ShowAsync(id, cancel);
        (await desk.CancelAsync(new WorkflowId(id), who, reason.Length > 0 ? reason : "aborted", cancel)).OrThrow();
        return await ShowAsync(id, cancel);
    }

    /// <summary>Aborts all runs of a queue, or of all; those that wait first, so that none begins meanwhile.</summary>
    /// <param name="request">Which, and why.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<ScriptRun>> AbortAsync(ScriptAbortRequest request, PersonId who, CancellationToken cancel)
    {
        if (request.All == (request.Queue is not null))
        {
            throw new RefusedException(ScriptErrors.SelectionInvalid.Because(
                request.All ? "A queue is named, and all are meant." : "No queue is named."));
        }

        List<ScriptRun> aborted = [];
        foreach (var id in await store.ActiveAsync(scans.Beamline, request.Queue, cancel))
        {
            // One that ended meanwhile needs no end.
            if (await desk.CancelAsync(new WorkflowId(id), who, request.Reason.Length > 0 ? request.Reason : "aborted", cancel) is Accepted<WorkflowId>)
            {
                aborted.Add(await ShowAsync(id, cancel));
            }
        }

        return aborted;
    }

    private IReadOnlyList<Reason> Refusals(Sdk.Scripts.ScriptDeclaration script, ScriptRequest request)
    {
        switch (catalogue.Bind(script, request.Args, request.Parameters))
        {
            case Refused<Sdk.Scans.ScanArguments> refused:
                return refused.Reasons;
            case Accepted<Sdk.Scans.ScanArguments>(var arguments):
                try
                {
                    _ = script.Create(arguments);
                    return [];
                }
                catch (RefusedException refused)
                {
                    return refused.Reasons;
                }
                catch (Exception error)
                {
                    // The edge to a plugin's code.
                    return [ScriptErrors.Failed.Because($"{script.Name} cannot be made: {error.GetType().Name}: {error.Message}")];
                }

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
