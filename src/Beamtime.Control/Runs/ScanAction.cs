using Beamtime.Control.Procedures;
using Beamtime.Control.Scans;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Runs;

/// <summary>The action <c>scan</c> of procedures: submits a scan to the queue and waits until its files are closed.</summary>
internal sealed partial class ScanAction(
    ScanQueues queues,
    ScanControl control,
    ScanStore store,
    ScanRecorder recorder,
    ScanCatalogue catalogue,
    BeamtimeDatabase database,
    ScanOptions options,
    TimeProvider time,
    ILogger<ScanAction> logger)
{
    private const string ScanKey = "scan";
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>The action as steps name it; every argument but <c>scan</c> is a parameter of the scan.</summary>
    public ProcedureAction Action => new(ScanKey, null, [ScanKey], ["file", "number", "id"], Mistakes, RunAsync);

    private IEnumerable<string> Mistakes(IReadOnlyDictionary<string, Value> known)
    {
        if (!known.TryGetValue(ScanKey, out var name))
        {
            yield break;
        }

        if (catalogue.Find(name.ToString()) is not { } declaration)
        {
            yield return $"no scan '{name}' is registered{NearestName.Question(name.ToString(), catalogue.All.Select(s => s.Name))}";
            yield break;
        }

        string[] parameters = [.. declaration.Bundle.Concat(declaration.Parameters).SelectMany(p => p.Aliases.Prepend(p.Name))];
        foreach (var key in known.Keys.Where(k => k != ScanKey && !parameters.Contains(k)))
        {
            yield return $"scan {name} has no parameter '{key}'{NearestName.Question(key, parameters)}";
        }
    }

    private async Task<IReadOnlyDictionary<string, Value>> RunAsync(ActionCall call, CancellationToken cancel)
    {
        var request = new ScanRequest
        {
            Scan = call.With[ScanKey].ToString(),
            Parameters = call.With.Where(w => w.Key != ScanKey).ToDictionary(w => w.Key, w => w.Value.ToString(), StringComparer.Ordinal),
            Metadata = new Dictionary<string, string> { ["procedure_run"] = call.Procedure.ToString() },
        };
        // Who may run procedures may act while somebody else has control of the beamline.
        var asker = new ScanAsker(call.Who, $"procedure {call.Procedure}") { MayOverride = true };
        var admitted = (await queues.SubmitAsync(request, asker, cancel)).OrThrow();
        try
        {
            return await RecordedAsync(admitted.Id, cancel);
        }
        catch (OperationCanceledException)
        {
            // Whoever gives the step up gives its scan up; one that just ended needs no abort.
            await GiveUpAsync(admitted, call.Who);
            throw;
        }
    }

    // The closing steps set what the scan still holds: they begin when it has put things back.
    private async Task GiveUpAsync(StreamState<ScanRecord> scan, PersonId who)
    {
        using var limit = new CancellationTokenSource(options.CleanUpDeadline, time);
        using var changes = database.Listener.Subscribe(LedgerStore.Channel);
        try
        {
            await ThroughOutagesAsync(
                scan.Id, () => control.EndAsync(
                    scan.Id, ScanEnd.Aborted, who, "the procedure's step was ended", holdsOthers: false, limit.Token), limit.Token);
            while (!await ThroughOutagesAsync(scan.Id, () => IsOverAsync(scan.Id, limit.Token), limit.Token))
            {
                await changes.WaitAsync(Poll, limit.Token);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            LogNotOver(logger, scan.State!.Number, options.CleanUpDeadline.TotalSeconds);
        }
    }

    private async Task<bool> IsOverAsync(string id, CancellationToken cancel) =>
        (await store.FindAsync(string.Empty, id, cancel))!.State!.State.IsOver;

    private async Task<IReadOnlyDictionary<string, Value>> RecordedAsync(string id, CancellationToken cancel)
    {
        using var changes = database.Listener.Subscribe(LedgerStore.Channel);
        while (true)
        {
            if (await ThroughOutagesAsync(id, () => LookAsync(id, cancel), cancel) is { } results)
            {
                return results;
            }

            await changes.WaitAsync(Poll, cancel);
        }
    }

    // Null while the scan waits or runs, or its files are not closed.
    private async Task<IReadOnlyDictionary<string, Value>?> LookAsync(string id, CancellationToken cancel)
    {
        var scan = (await store.FindAsync(string.Empty, id, cancel))!.State!;
        if (scan.State.IsOver && scan.State != ScanState.Completed)
        {
            throw new RefusedException(scan.Reasons is [] ? [ScanErrors.Failed.Because($"Scan {scan.Number} is {scan.State}.")] : scan.Reasons);
        }

        return scan.State == ScanState.Completed && await recorder.IsRecordedAsync(Guid.Parse(id), cancel)
            ? new Dictionary<string, Value>
            {
                ["file"] = Value.Of(Path.Combine(scan.Folder!, $"{scan.FilePrefix}_master.h5")),
                ["number"] = Value.Of((long)scan.Number),
                ["id"] = Value.Of(id),
            }
            : null;
    }

    // The scan goes on without the database: who waits for it does as well.
    private async Task<T> ThroughOutagesAsync<T>(string id, Func<Task<T>> ask, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                LogOutage(logger, outage, id);
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A procedure's step waits for the database to learn of scan {Scan}")]
    private static partial void LogOutage(ILogger logger, Exception outage, string scan);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number} was given up with its step and is not over after {Seconds} s")]
    private static partial void LogNotOver(ILogger logger, int number, double seconds);
}
