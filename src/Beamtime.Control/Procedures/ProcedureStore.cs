using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Procedures;

/// <summary>The journal of procedures in the ledger.</summary>
internal sealed partial class ProcedureStore(
    BeamtimeDatabase database, LedgerStore ledger, TimeProvider time, ILogger<ProcedureStore> logger)
{
    /// <summary>The run of that id; null when there is none.</summary>
    /// <param name="id">The id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<ProcedureRecord>?> FindAsync(Guid id, CancellationToken cancel) =>
        await ledger.LoadAsync(ProcedureRecord.Kind, id.ToString(), cancel) is { State: not null } found ? found : null;

    /// <summary>A page of runs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<RecordPage<ProcedureRecord>> ListAsync(RecordQuery query, CancellationToken cancel) =>
        ledger.ListRecordsAsync(ProcedureRecord.Kind, query, cancel);

    /// <summary>Appends an entry.</summary>
    /// <param name="run">The run as it is known.</param>
    /// <param name="entry">What happens.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ConflictException">Somebody else changed it meanwhile.</exception>
    public Task<StreamState<ProcedureRecord>> AppendAsync(
        StreamState<ProcedureRecord> run, ProcedureEntry entry, Why why, CancellationToken cancel) => database.TransactAsync(
        transaction => ledger.AppendAsync(transaction, ProcedureRecord.Kind, run, [entry], why, cancel), cancel);

    /// <summary>
    /// Appends an entry of a run that only the caller changes, and waits while the database is out: without its journal
    /// a procedure does nothing.
    /// </summary>
    /// <param name="run">The run as it is known.</param>
    /// <param name="entry">What happens.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<ProcedureRecord>> JournalAsync(
        StreamState<ProcedureRecord> run, ProcedureEntry entry, Why why, CancellationToken cancel)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                // The commit may have been made although its answer was lost.
                var now = isFirst ? run : await ledger.LoadAsync(ProcedureRecord.Kind, run.Id, cancel);
                return now.Version > run.Version ? now : await AppendAsync(run, entry, why, cancel);
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                LogOutage(logger, outage, run.Id);
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Procedure {Run} waits for the database")]
    private static partial void LogOutage(ILogger logger, Exception outage, string run);
}
