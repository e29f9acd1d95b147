using Beamtime.Core.Ledger;
using Beamtime.Core.Topics.Spool;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Scans;

/// <summary>The end of a scan as it lies in the spool.</summary>
/// <param name="Ended">How it ended.</param>
/// <param name="WasOpened">True when it has a recording.</param>
internal sealed record SpooledEnd(ScanEnded Ended, bool WasOpened);

/// <summary>
/// Records how scans ended. While the database is away an end lies in the spool, on the disk, and is recorded once when the
/// database is back, also by the next life of the scan server.
/// </summary>
internal sealed class ScanEndings
{
    private const string Kind = "scan.ended";
    private readonly ScanStore _store;
    private readonly ScanRecorder _recorder;
    private readonly string _beamline;
    private readonly DatabaseSpool _spool;

    /// <summary>Endings of one beamline.</summary>
    /// <param name="store">The record of scans.</param>
    /// <param name="recorder">Forgets recordings that were never opened.</param>
    /// <param name="options">The beamline.</param>
    /// <param name="spool">This role's spool.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Takes ends that wait.</param>
    public ScanEndings(
        ScanStore store, ScanRecorder recorder, ScanOptions options, RoleSpool spool, TimeProvider time, ILogger<ScanEndings> logger)
    {
        (_store, _recorder, _beamline) = (store, recorder, options.Beamline);
        // Whatever keeps an end from being recorded: the scan is over, so it is tried again and never dropped.
        _spool = new DatabaseSpool(spool, static error => error is not OperationCanceledException, time, logger);
        _spool.Handle(Kind, ScanJson.Default.SpooledEnd, CommitAsync);
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
        Why.BySystem(end.Ended.Reasons is [var first, ..] ? first.Message : "all points were taken", scan.Id),
        end.WasOpened ? null : transaction => _recorder.ForgetAsync(transaction, Guid.Parse(scan.Id), CancellationToken.None),
        CancellationToken.None);
}
