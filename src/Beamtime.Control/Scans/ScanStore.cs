using Beamtime.Control.Scans.Groups;
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
    /// <param name="behind">The scan right behind which it goes; null for the end.</param>
    /// <param name="cancel">Gives up; nothing is then admitted.</param>
    /// <returns>The scan, and how many were in the queue before it; null when it is full.</returns>
    public Task<(StreamState<ScanRecord> Scan, int Before)?> AdmitAsync(
        string beamline, string queue, int capacity, ScanRequest request, ScanAsker asker, Guid? behind, CancellationToken cancel)
    {
        var id = asker.Key ?? Guid.CreateVersion7(time.GetUtcNow());
        return database.TransactAsync<(StreamState<ScanRecord>, int)?>(
            async transaction =>
            {
                if (await PlaceAsync(transaction, beamline, queue, capacity, id, asker.Group, cancel) is not var (number, before, dataset))
                {
                    return null;
                }

                var place = behind;
                if (asker.Group is { } group)
                {
                    dataset = await ScanGroupStore.JoinAsync(transaction, beamline, group, id, dataset, cancel);
                    place ??= await ScanGroupStore.LastQueuedAsync(transaction, beamline, queue, group.Id, id, cancel);
                }

                if (place is { } first)
                {
                    var order = await OrderAsync(transaction, beamline, queue, cancel);
                    order.Scans.Remove(id);
                    order.Scans.Insert(order.Scans.IndexOf(first) + 1, id);
                    await ReorderAsync(transaction, order, cancel);
                }

                var admitted = await ledger.AppendAsync(
                    transaction,
                    ScanRecord.Kind,
                    StreamState<ScanRecord>.New(id.ToString()),
                    [new ScanAdmitted(beamline, number, queue, request, dataset, asker.Group)],
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

    /// <summary>How many scans wait or run in all queues of a beamline.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<int> CountQueuedAsync(string beamline, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand("select count(*)::int from scan_queue where beamline = $1");
        command.Parameters.AddWithValue(beamline);
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

    /// <summary>The queues of a beamline: what is recorded of them, and the names of those that hold scans.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<(IReadOnlyList<ScanQueueRecord> Records, IReadOnlyList<string> Used)> QueuesAsync(
        string beamline, CancellationToken cancel)
    {
        List<ScanQueueRecord> records = [];
        RecordPage<ScanQueueRecord> page;
        do
        {
            page = await ledger.ListRecordsAsync(
                ScanQueueRecord.Kind, new RecordQuery { Beamline = beamline, Limit = 1000, Offset = records.Count }, cancel);
            records.AddRange(page.Items.Select(r => r.State!));
        }
        while (page.Items.Count > 0 && records.Count < page.Total);
        List<string> used = [];
        await using var command = database.Source.CreateCommand("select distinct queue from scan_queue where beamline = $1 order by 1");
        command.Parameters.AddWithValue(beamline);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            used.Add(reader.GetString(0));
        }

        return (records, used);
    }

    /// <summary>Records what happens to a queue.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="entries">From what is recorded to what happens; none for nothing.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScanQueueRecord> ChangeQueueAsync(
        string beamline,
        string queue,
        Func<ScanQueueRecord, IReadOnlyList<ScanQueueEntry>> entries,
        Why why,
        CancellationToken cancel)
    {
        var none = new ScanQueueRecord { Beamline = beamline, Name = queue };
        var changed = await ledger.DecideAsync(
            ScanQueueRecord.Kind,
            ScanQueueRecord.IdOf(beamline, queue),
            record => new Accepted<IReadOnlyList<ScanQueueEntry>>(entries(record ?? none)),
            why,
            null,
            cancel);
        return changed.OrThrow().State ?? none;
    }

    /// <summary>Puts a scan that waits elsewhere in its queue's order.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="record">The scan.</param>
    /// <param name="scan">Its id.</param>
    /// <param name="move">Where.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up; nothing is then moved.</param>
    /// <returns>False when it has begun or is over; and what is then recorded of the queue, null where its order stays.</returns>
    public Task<(bool IsMoved, ScanQueueRecord? Queue)> MoveAsync(
        string beamline, ScanRecord record, Guid scan, QueueMove move, Why why, CancellationToken cancel) =>
        database.TransactAsync<(bool, ScanQueueRecord?)>(
            async transaction =>
            {
                var order = await OrderAsync(transaction, beamline, record.Queue, cancel);
                // A scan that runs is the first of its queue and stays there.
                var running = 0;
                if (order.Scans.Count > 0)
                {
                    var head = await ledger.LoadAsync(transaction, ScanRecord.Kind, order.Scans[0].ToString(), cancel);
                    running = head.State!.HasBegun ? 1 : 0;
                }

                var from = order.Scans.IndexOf(scan) - running;
                if (from < 0)
                {
                    return (false, null);
                }

                var to = move.From(from, order.Scans.Count - running);
                if (to == from)
                {
                    return (true, null);
                }

                order.Scans.RemoveAt(from + running);
                order.Scans.Insert(to + running, scan);
                await ReorderAsync(transaction, order, cancel);
                var changed = await ledger.DecideAsync(
                    transaction,
                    ScanQueueRecord.Kind,
                    ScanQueueRecord.IdOf(beamline, record.Queue),
                    _ => new Accepted<IReadOnlyList<ScanQueueEntry>>([new QueueReordered(record.Number, from + 1, to + 1)]),
                    why,
                    cancel);
                return (true, changed.OrThrow().State);
            },
            cancel);

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

    // A scan of a group that is there already takes no dataset number of its own. Who admits waits here for others that do.
    private static async Task<(int Number, int Before, int Dataset)?> PlaceAsync(
        DatabaseTransaction transaction, string beamline, string queue, int capacity, Guid scan, ScanGroup? group,
        CancellationToken cancel)
    {
        await using var place = transaction.Command(
            """
            with waiting as (
                select count(*)::int as before from scan_queue where beamline = $1 and queue = $3
            ), numbered as (
                insert into scan_numbers (beamline, last) select $1, 1 from waiting where before < $4
                on conflict (beamline) do update set last = scan_numbers.last + 1
                returning last
            ), counted as (
                insert into scan_datasets (beamline, last) select $1, 1 from numbered
                where not exists (select from scan_groups where id = $5)
                on conflict (beamline) do update set last = scan_datasets.last + 1
                returning last
            ), queued as (
                insert into scan_queue (scan, beamline, queue) select $2, $1, $3 from numbered
            )
            select last, before, coalesce((select last from counted), 0) from numbered, waiting
            """,
            beamline,
            scan,
            queue,
            capacity,
            group?.Id ?? Guid.Empty);
        await using var reader = await place.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2)) : null;
    }

    // The scans of a queue with the places that they share out among themselves; nobody else moves or takes them meanwhile.
    private static async Task<(List<Guid> Scans, List<long> Places)> OrderAsync(
        DatabaseTransaction transaction, string beamline, string queue, CancellationToken cancel)
    {
        (List<Guid> Scans, List<long> Places) order = ([], []);
        await using var command = transaction.Command(
            "select scan, place from scan_queue where beamline = $1 and queue = $2 order by place for update", beamline, queue);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            order.Scans.Add(reader.GetGuid(0));
            order.Places.Add(reader.GetInt64(1));
        }

        return order;
    }

    private static async Task ReorderAsync(
        DatabaseTransaction transaction, (List<Guid> Scans, List<long> Places) order, CancellationToken cancel)
    {
        await using var command = transaction.Command(
            """
            update scan_queue set place = ordered.place
            from unnest($1::uuid[], $2::bigint[]) as ordered (scan, place)
            where scan_queue.scan = ordered.scan and scan_queue.place <> ordered.place
            """,
            order.Scans.ToArray(),
            order.Places.ToArray());
        await command.ExecuteNonQueryAsync(cancel);
    }

    private Task<StreamState<ScanRecord>> AppendAsync(
        DatabaseTransaction transaction,
        StreamState<ScanRecord> scan,
        ScanEntry entry,
        string reason,
        CancellationToken cancel) => ledger.AppendAsync(
        transaction, ScanRecord.Kind, scan, [entry], Why.BySystem(reason, scan.Id), cancel);
}
