using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Control.Scans.Lists;

/// <summary>The durable side of lists.</summary>
internal sealed class ScanListStore(BeamtimeDatabase database, LedgerStore ledger, TimeProvider time)
{
    /// <summary>The lists that hold requests or have a time, by name.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<ScanListAnswer>> ListAsync(string beamline, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            """
            select list, count(scan_lists.id)::int, max(scan_list_times.due)
            from scan_lists full join scan_list_times using (beamline, list)
            where beamline = $1 group by list order by list
            """);
        command.Parameters.AddWithValue(beamline);
        List<ScanListAnswer> lists = [];
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            lists.Add(new ScanListAnswer(
                reader.GetString(0),
                reader.GetInt32(1),
                await reader.IsDBNullAsync(2, cancel) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(2, cancel),
                null));
        }

        return lists;
    }

    /// <summary>One list with its requests; empty where there is none of that name.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="list">The list.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScanListAnswer> ShowAsync(string beamline, string list, CancellationToken cancel)
    {
        var due = (await ListAsync(beamline, cancel)).FirstOrDefault(l => l.Name == list)?.Due;
        List<KeptRequest> items = [];
        await using var command = database.Source.CreateCommand(
            "select id, request, who, at from scan_lists where beamline = $1 and list = $2 order by place");
        command.Parameters.AddWithValue(beamline);
        command.Parameters.AddWithValue(list);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            items.Add(new KeptRequest(
                reader.GetGuid(0),
                JsonSerializer.Deserialize(reader.GetString(1), ScanListJson.Default.ScanRequest)!,
                reader.GetGuid(2),
                await reader.GetFieldValueAsync<DateTimeOffset>(3, cancel)));
        }

        return new ScanListAnswer(list, items.Count, due, items);
    }

    /// <summary>Keeps a request; one with that id is kept once.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="list">The list.</param>
    /// <param name="id">The request's id.</param>
    /// <param name="request">The request.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task AddAsync(string beamline, string list, Guid id, ScanRequest request, Why why, CancellationToken cancel) =>
        database.TransactAsync(
            async transaction =>
            {
                await using var insert = transaction.Command(
                    "insert into scan_lists (id, beamline, list, request, who, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
                    id,
                    beamline,
                    list);
                insert.Parameters.Add(new NpgsqlParameter
                {
                    Value = JsonSerializer.Serialize(request, ScanListJson.Default.ScanRequest), NpgsqlDbType = NpgsqlDbType.Jsonb,
                });
                insert.Parameters.AddWithValue(why.Who.Value);
                insert.Parameters.AddWithValue(time.GetUtcNow());
                if (await insert.ExecuteNonQueryAsync(cancel) == 1)
                {
                    await SayAsync(transaction, beamline, list, new ListAdded(beamline, list, request.Scan), why, cancel);
                }
            },
            cancel);

    /// <summary>Takes requests out.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="list">The list.</param>
    /// <param name="id">The request; null for all, and for the list's time.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>How many were taken out.</returns>
    public Task<int> ClearAsync(string beamline, string list, Guid? id, Why why, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            await using var delete = transaction.Command(
                "delete from scan_lists where beamline = $1 and list = $2 and ($3::uuid is null or id = $3)", beamline, list, id);
            var taken = await delete.ExecuteNonQueryAsync(cancel);
            if (id is null)
            {
                transaction.BeforeCommit("delete from scan_list_times where beamline = $1 and list = $2", beamline, list);
            }

            if (taken > 0)
            {
                await SayAsync(transaction, beamline, list, new ListCleared(taken), why, cancel);
            }

            return taken;
        },
        cancel);

    /// <summary>Says when a list is put into its queue by itself.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="list">The list.</param>
    /// <param name="due">When; null for not at all.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task TimeAsync(string beamline, string list, DateTimeOffset? due, Why why, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            if (due is { } at)
            {
                transaction.BeforeCommit(
                    """
                    insert into scan_list_times (beamline, list, due, who, reason) values ($1, $2, $3, $4, $5)
                    on conflict (beamline, list) do update set due = excluded.due, who = excluded.who, reason = excluded.reason
                    """,
                    beamline,
                    list,
                    at,
                    why.Who.Value,
                    why.Reason);
            }
            else
            {
                transaction.BeforeCommit("delete from scan_list_times where beamline = $1 and list = $2", beamline, list);
            }

            await SayAsync(transaction, beamline, list, new ListTimed(due), why, cancel);
        },
        cancel);

    /// <summary>The lists whose time has come, with who gave it.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<(string List, PersonId Who, string Reason)>> DueAsync(string beamline, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            "select list, who, reason from scan_list_times where beamline = $1 and due <= $2 order by due");
        command.Parameters.AddWithValue(beamline);
        command.Parameters.AddWithValue(time.GetUtcNow());
        List<(string, PersonId, string)> due = [];
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            due.Add((reader.GetString(0), new PersonId(reader.GetGuid(1)), reader.GetString(2)));
        }

        return due;
    }

    /// <summary>Notes that requests of a list are in their queues now, and takes them out of the list.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="list">The list.</param>
    /// <param name="ids">The requests.</param>
    /// <param name="numbers">The scans' numbers.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Gives up.</param>
    public Task SubmittedAsync(
        string beamline, string list, Guid[] ids, IReadOnlyList<int> numbers, Why why, CancellationToken cancel) => database.TransactAsync(
        async transaction =>
        {
            transaction.BeforeCommit("delete from scan_lists where id = any($1)", ids);
            transaction.BeforeCommit("delete from scan_list_times where beamline = $1 and list = $2", beamline, list);
            await SayAsync(transaction, beamline, list, new ListSubmitted([.. numbers.Take(100)], numbers.Count), why, cancel);
        },
        cancel);

    private async Task SayAsync(
        DatabaseTransaction transaction, string beamline, string list, ScanListEntry entry, Why why, CancellationToken cancel)
    {
        var id = ScanListRecord.IdOf(beamline, list);
        var current = await ledger.LoadAsync(transaction, ScanListRecord.Kind, id, cancel);
        await ledger.AppendAsync(transaction, ScanListRecord.Kind, current, [entry], why, cancel);
    }
}
