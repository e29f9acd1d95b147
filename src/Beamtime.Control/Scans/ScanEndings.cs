using Beamtime.Control.Scans.Alarms;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics.Spool;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Scans;

/// <summary>The end of a scan as it lies in the spool.</summary>
/// <param name="Ended">How it ended.</param>
/// <param name="WasOpened">True when it has a recording.</param>
/// <param name="Who">Id of the person who ended it; null where nobody did.</param>
/// <param name="Alarm">Id of the alarm that is raised with it; null for none.</param>
internal sealed record SpooledEnd(ScanEnded Ended, bool WasOpened, Guid? Who = null, Guid? Alarm = null);

/// <summary>
/// Records how scans ended. While the database is away an end lies in the spool, on the disk, and is recorded once when the
/// database is back, also by the next life of the scan server.
/// </summary>
internal sealed class ScanEndings
{
    private const string Kind = "scan.ended";
    private const string AlarmKind = "alarm.raised";
    private readonly ScanStore _store;
    private readonly ScanRecorder _recorder;
    private readonly AlarmStore _alarms;
    private readonly string _beamline;
    private readonly DatabaseSpool _spool;
    private readonly TimeProvider _time;

    /// <summary>Endings of one beamline.</summary>
    /// <param name="store">The record of scans.</param>
    /// <param name="recorder">Forgets recordings that were never opened.</param>
    /// <param name="alarms">Keeps the alarm of a scan that failed, with its end.</param>
    /// <param name="options">The beamline.</param>
    /// <param name="spool">This role's spool.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes ends that wait.</param>
    public ScanEndings(
        ScanStore store,
        ScanRecorder recorder,
        AlarmStore alarms,
        ScanOptions options,
        RoleSpool spool,
        TimeProvider time,
        ILogger<ScanEndings> logger)
    {
        (_store, _recorder, _alarms, _beamline) = (store, recorder, alarms, options.Beamline);
        // Whatever keeps an end from being recorded: the scan is over, so it is tried again and never dropped.
        _spool = new DatabaseSpool(spool, static error => error is not OperationCanceledException, time, logger);
        _spool.Handle(Kind, ScanJson.Default.SpooledEnd, CommitAsync);
        _spool.Handle(
            AlarmKind, AlarmJson.Default.AlarmRaised, (id, raised, cancel) => _alarms.RaiseAsync(id, raised, PersonId.System, cancel));
        _time = time;
    }

    /// <summary>Records what lies in the spool, until cancelled.</summary>
    /// <param name="cancel">Ends it; what is not recorded stays.</param>
    public Task RunAsync(CancellationToken cancel) => _spool.RunAsync(cancel);

    /// <summary>Everything that an earlier life has left is recorded.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public Task CaughtUpAsync(CancellationToken cancel) => _spool.DrainedAsync(cancel);

    /// <summary>Records an end; by way of the spool where the database does not take it at once.</summary>
    /// <param name="scan">The scan as it was read last.</param>
    /// <param name="end">How it ended.</param>
    /// <param name="cancel">Ends the wait; what lies in the spool is recorded later.</param>
    public async Task RecordAsync(StreamState<ScanRecord> scan, SpooledEnd end, CancellationToken cancel)
    {
        try
        {
            await EndAsync(scan, end);
        }
        catch (Exception error) when (error is ConflictException or NpgsqlException)
        {
            // A pause was recorded meanwhile, the database is away, or only its answer was lost: looked at anew there.
            var place = await _spool.SayAsync(Kind, ScanJson.Default.SpooledEnd, Guid.Parse(scan.Id), end, CancellationToken.None);
            await _spool.CommittedAsync(place, cancel);
        }
    }

    /// <summary>Keeps an alarm of the program itself; it lies on the disk until the database takes it.</summary>
    /// <param name="raised">The alarm.</param>
    /// <param name="cancel">Ends the wait; the alarm may be kept all the same.</param>
    public async ValueTask RaiseAsync(AlarmRaised raised, CancellationToken cancel) => await _spool.SayAsync(
        AlarmKind, AlarmJson.Default.AlarmRaised, Guid.CreateVersion7(_time.GetUtcNow()), raised, cancel);

    private async Task CommitAsync(Guid id, SpooledEnd end, CancellationToken cancel)
    {
        while (await _store.FindAsync(_beamline, id.ToString(), cancel) is { } scan && !scan.State!.State.IsOver)
        {
            try
            {
                await EndAsync(scan, end);
                return;
            }
            catch (ConflictException)
            {
                // Looked at again at once.
            }
        }
    }

    private Task EndAsync(StreamState<ScanRecord> scan, SpooledEnd end) => _store.EndAsync(
        scan,
        end.Ended,
        new Why(
            end.Who is { } who ? new PersonId(who) : PersonId.System,
            end.Ended.Reasons is [var first, ..] ? first.Message : "all points were taken",
            scan.Id),
        end is { WasOpened: true, Alarm: null } ? null : transaction => AlsoAsync(transaction, scan, end),
        CancellationToken.None);

    private async Task AlsoAsync(DatabaseTransaction transaction, StreamState<ScanRecord> scan, SpooledEnd end)
    {
        if (!end.WasOpened)
        {
            await _recorder.ForgetAsync(transaction, Guid.Parse(scan.Id), CancellationToken.None);
        }

        if (end is { Alarm: { } id, Ended.Reasons: [var first, ..] })
        {
            await _alarms.RaiseAsync(transaction, id, AlarmOf(scan, first), CancellationToken.None);
        }
    }

    /// <summary>The alarm of a scan that ended because something failed.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="reason">What failed.</param>
    public static AlarmRaised AlarmOf(StreamState<ScanRecord> scan, Reason reason) => new(
        scan.State!.Beamline, AlarmSeverity.Major, "scan", reason with { Message = ScanEnded.Shortened(reason.Message) })
    {
        Scan = Guid.Parse(scan.Id),
        ScanNumber = scan.State.Number,
        Details = new Dictionary<string, string> { ["scan_name"] = scan.State.Request.Scan, ["queue"] = scan.State.Queue },
    };
}
