using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Alarms;

/// <summary>The alarms as they are kept.</summary>
internal sealed class AlarmStore(LedgerStore ledger)
{
    /// <summary>Keeps an alarm; one with that id is there once.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="raised">The alarm.</param>
    /// <param name="who">Who raises it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<AlarmRecord>> RaiseAsync(Guid id, AlarmRaised raised, PersonId who, CancellationToken cancel) =>
        (await ledger.DecideAsync(
            AlarmRecord.Kind,
            id.ToString(),
            alarm => new Accepted<IReadOnlyList<AlarmEntry>>(alarm is null ? [raised] : []),
            WhyOf(id, raised, who),
            null,
            cancel)).OrThrow();

    /// <summary>Keeps an alarm in a transaction, together with what caused it.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="id">Its id.</param>
    /// <param name="raised">The alarm.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<StreamState<AlarmRecord>> RaiseAsync(
        DatabaseTransaction transaction, Guid id, AlarmRaised raised, CancellationToken cancel) => ledger.AppendAsync(
        transaction,
        AlarmRecord.Kind,
        StreamState<AlarmRecord>.New(id.ToString()),
        [raised],
        WhyOf(id, raised, PersonId.System),
        cancel);

    /// <summary>Notes that somebody has taken note of an alarm.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="who">Who.</param>
    /// <param name="comment">What that person says about it.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<Outcome<StreamState<AlarmRecord>>> AcknowledgeAsync(
        string id, PersonId who, string comment, CancellationToken cancel) => ledger.DecideAsync(
        AlarmRecord.Kind,
        id,
        alarm => alarm switch
        {
            null => new Refused<IReadOnlyList<AlarmEntry>>([AlarmErrors.Unknown.Because($"There is no alarm '{id}'.")]),
            { State: AlarmState.Acknowledged } => new Refused<IReadOnlyList<AlarmEntry>>(
                [AlarmErrors.Over.Because($"The alarm was acknowledged at {alarm.AcknowledgedAt:u} already.")]),
            _ => new Accepted<IReadOnlyList<AlarmEntry>>([new AlarmAcknowledged(ScanEnded.Shortened(comment))]),
        },
        new Why(who, comment.Length > 0 ? ScanEnded.Shortened(comment) : "acknowledged", id),
        null,
        cancel);

    /// <summary>One alarm; null where there is none.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<AlarmRecord>?> FindAsync(string id, CancellationToken cancel) =>
        await ledger.LoadAsync(AlarmRecord.Kind, id, cancel) is { State: not null } alarm ? alarm : null;

    /// <summary>A page of alarms, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<RecordPage<AlarmRecord>> ListAsync(RecordQuery query, CancellationToken cancel) =>
        ledger.ListRecordsAsync(AlarmRecord.Kind, query, cancel);

    // What a scan set off belongs to its story.
    private static Why WhyOf(Guid id, AlarmRaised raised, PersonId who) => new(
        who, ScanEnded.Shortened(raised.Reason.Message), (raised.Scan ?? id).ToString(), raised.Scan is { } scan ? $"scan {scan}" : null);
}
