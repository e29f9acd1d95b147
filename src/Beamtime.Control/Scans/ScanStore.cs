using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>The durable side of scans: numbers, the queue's order, and the record of each scan.</summary>
internal sealed class ScanStore(BeamtimeDatabase database, LedgerStore ledger, TimeProvider time)
{
    /// <summary>Gives a request its number and its place in the queue, unless that is full.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="capacity">Scans that the queue may hold.</param>
    /// <param name="request">The request, accepted by the guard.</param>
    /// <param name="asker">Who or what asked.</param>
    /// <param name="cancel">Gives up; nothing is then admitted.</param>
    /// <returns>The scan, and how many were in the queue before it; null when it is full.</returns>
    public Task<(StreamState<ScanRecord> Scan, int Before)?> AdmitAsync(
        string beamline, string queue, int capacity, ScanRequest request, ScanAsker asker, CancellationToken cancel)
    {
        var id = asker.Key ?? Guid.CreateVersion7(time.GetUtcNow());
        return database.TransactAsync<(StreamState<ScanRecord>, int)?>(
            async transaction =>
            {
                if (await PlaceAsync(transaction, beamline, queue, capacity, id, cancel) is not var (number, before))
                {
                    return null;
                }

                var admitted = await ledger.AppendAsync(
                    transaction,
                    ScanRecord.Kind,
                    StreamState<ScanRecord>.New(id.ToString()),
                    [new ScanAdmitted(beamline, number, queue, request)],
                    new Why(asker.Who, $"asked for a {request.Scan} scan", id.ToString(), asker.Cause),
                    cancel);
                return (admitted, before);
            },
            cancel);
    }

    /// <summary>How many scans wait or run in a queue.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<int> CountQueuedAsync(string beamline, string queue, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select count(*)::int from scan_queue where beamline = $1 and queue = $2");
        command.Parameters.AddWithValue(beamline);
        command.Parameters.AddWithValue(queue);
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The scans that wait or run, in the order in which they run.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<StreamState<ScanRecord>>> QueuedAsync(
        string beamline, string queue, int limit, CancellationToken cancel)
    {
        List<string> ids = [];
        await using (var command = database.Source.CreateCommand(
            "select scan::text from scan_queue where beamline = $1 and queue = $2 order by place limit $3"))
        {
            command.Parameters.AddWithValue(beamline);
            command.Parameters.AddWithValue(queue);
            command.Parameters.AddWithValue(limit);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                ids.Add(reader.GetString(0));
            }
        }

        List<StreamState<ScanRecord>> scans = [];
        foreach (var id in ids)
        {
            scans.Add(await ledger.LoadAsync(ScanRecord.Kind, id, cancel));
        }

        return scans;
    }

    /// <summary>The scan at the head of a queue; null when the queue is empty.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<ScanRecord>?> HeadAsync(string beamline, string queue, CancellationToken cancel) =>
        await QueuedAsync(beamline, queue, 1, cancel) is [var head] ? head : null;

    /// <summary>Records that a scan begins, together with what else must commit with it.</summary>
    /// <param name="scan">The scan, pending.</param>
    /// <param name="started">What begins.</param>
    /// <param name="also">Run in the same transaction.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<ScanRecord>> StartAsync(
        StreamState<ScanRecord> scan,
        ScanStarted started,
        Func<DatabaseTransaction, StreamState<ScanRecord>, Task> also,
        CancellationToken cancel)
    {
        var begun = await database.TransactAsync(
            async transaction =>
            {
                var next = await AppendAsync(transaction, scan, started, "the queue reached it", cancel);
                await also(transaction, next);
                return next;
            },
            cancel);
        ScanMetrics.Started.Add(1, new KeyValuePair<string, object?>("scan", begun.State!.Request.Scan));
        return begun;
    }

    /// <summary>Records a pause or its end, if the scan is in a state for it.</summary>
    /// <param name="id">The scan's id.</param>
    /// <param name="decide">From the scan to the entry; none when it is so already.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<Outcome<StreamState<ScanRecord>>> ChangeAsync(
        string id, Func<ScanRecord?, Outcome<IReadOnlyList<ScanEntry>>> decide, Why why, CancellationToken cancel) =>
        ledger.DecideAsync(ScanRecord.Kind, id, decide, why, null, cancel);

    /// <summary>Records that a scan is over and takes it out of the queue.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="ended">How it ended.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="also">Run in the same transaction; null for nothing.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<ScanRecord>> EndAsync(
        StreamState<ScanRecord> scan,
        ScanEnded ended,
        Why why,
        Func<DatabaseTransaction, Task>? also,
        CancellationToken cancel)
    {
        var over = await database.TransactAsync(
            async transaction =>
            {
                if (also is not null)
                {
                    await also(transaction);
                }

                transaction.BeforeCommit("delete from scan_queue where scan = $1", Guid.Parse(scan.Id));
                return await ledger.AppendAsync(
                    transaction,
                    ScanRecord.Kind,
                    scan,
                    EntriesFor(scan.State!, ended.Bounded()),
                    why with { Reason = ScanEnded.Shortened(why.Reason) },
                    cancel);
            },
            cancel);
        ScanMetrics.Count(over.State!.Request.Scan, ended);
        return over;
    }

    // A pause that was asked for in the moment of the last point ends with the scan.
    private static IReadOnlyList<ScanEntry> EntriesFor(ScanRecord scan, ScanEnded ended) =>
        scan.State == ScanState.Paused && ended.State == ScanState.Completed ? [new ScanResumed(), ended] : [ended];

    /// <summary>The scan of that number or id; null when there is none.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="numberOrId">A number, <c>S01234</c> or an id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<StreamState<ScanRecord>?> FindAsync(string beamline, string numberOrId, CancellationToken cancel)
    {
        if (Guid.TryParse(numberOrId, out var id))
        {
            var scan = await ledger.LoadAsync(ScanRecord.Kind, id.ToString(), cancel);
            return scan.State is null ? null : scan;
        }

        return int.TryParse(numberOrId.TrimStart('S', 's'), out var number)
            && (await ListAsync(new RecordQuery { Beamline = beamline, Number = number, Limit = 1 }, cancel)).Items is [var found]
            ? found
            : null;
    }

    /// <summary>A page of scans, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<RecordPage<ScanRecord>> ListAsync(RecordQuery query, CancellationToken cancel) =>
        ledger.ListRecordsAsync(ScanRecord.Kind, query, cancel);

    /// <summary>Raises the epoch of the beamline's scan server.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="above">An epoch that the new one must exceed.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The new epoch.</returns>
    public async Task<long> RaiseEpochAsync(string beamline, long above, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            """
            insert into scan_server_epochs (beamline, epoch) values ($1, $2 + 1)
            on conflict (beamline) do update set epoch = greatest(scan_server_epochs.epoch, $2) + 1
            returning epoch
            """);
        command.Parameters.AddWithValue(beamline);
        command.Parameters.AddWithValue(above);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<(int Number, int Before)?> PlaceAsync(
        DatabaseTransaction transaction, string beamline, string queue, int capacity, Guid scan, CancellationToken cancel)
    {
        await using var place = transaction.Command(
            """
            with waiting as (
                select count(*)::int as before from scan_queue where beamline = $1 and queue = $3
            ), numbered as (
                insert into scan_numbers (beamline, last) select $1, 1 from waiting where before < $4
                on conflict (beamline) do update set last = scan_numbers.last + 1
                returning last
            ), queued as (
                insert into scan_queue (scan, beamline, queue) select $2, $1, $3 from numbered
            )
            select last, before from numbered, waiting
            """,
            beamline,
            scan,
            queue,
            capacity);
        await using var reader = await place.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt32(0), reader.GetInt32(1)) : null;
    }

    private Task<StreamState<ScanRecord>> AppendAsync(
        DatabaseTransaction transaction,
        StreamState<ScanRecord> scan,
        ScanEntry entry,
        string reason,
        CancellationToken cancel) => ledger.AppendAsync(
        transaction, ScanRecord.Kind, scan, [entry], Why.BySystem(reason, scan.Id), cancel);
}
