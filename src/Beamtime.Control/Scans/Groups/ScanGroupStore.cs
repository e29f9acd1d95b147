using Beamtime.Core.Database;
using Npgsql;

namespace Beamtime.Control.Scans.Groups;

/// <summary>The durable side of groups.</summary>
internal sealed class ScanGroupStore(BeamtimeDatabase database)
{
    private const int MostScans = 1000;

    private const string Summary =
        """
        select g.id, g.name, g.dataset, g.opened_at, (select count(*) from scan_group_members m where m.scan_group = g.id)
        from scan_groups g
        """;

    /// <summary>Makes a scan a member of its group, which comes to be with its first scan.</summary>
    /// <param name="transaction">That admits the scan; others that admit one to the beamline wait for it.</param>
    /// <param name="beamline">The beamline.</param>
    /// <param name="group">The group.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="dataset">The dataset number that the group gets where it is new.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The dataset number of the group.</returns>
    public static async Task<int> JoinAsync(
        DatabaseTransaction transaction, string beamline, ScanGroup group, Guid scan, int dataset, CancellationToken cancel)
    {
        await using (var insert = transaction.Command(
            "insert into scan_groups (id, beamline, name, dataset) values ($1, $2, $3, $4) on conflict (id) do nothing",
            group.Id,
            beamline,
            group.Name,
            dataset))
        {
            await insert.ExecuteNonQueryAsync(cancel);
        }

        await using var join = transaction.Command(
            """
            with joined as (
                insert into scan_group_members (scan, scan_group) values ($1, $2)
            )
            select dataset from scan_groups where id = $2
            """,
            scan,
            group.Id);
        return (int)(await join.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The last scan of a group that waits or runs in a queue, besides a new one; null when there is none.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="beamline">The beamline.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="group">The group.</param>
    /// <param name="besides">The new one.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<Guid?> LastQueuedAsync(
        DatabaseTransaction transaction, string beamline, string queue, Guid group, Guid besides, CancellationToken cancel)
    {
        await using var command = transaction.Command(
            """
            select q.scan from scan_queue q join scan_group_members m on m.scan = q.scan
            where q.beamline = $1 and q.queue = $2 and m.scan_group = $3 and q.scan <> $4
            order by q.place desc limit 1
            """,
            beamline,
            queue,
            group,
            besides);
        return await command.ExecuteScalarAsync(cancel) as Guid?;
    }

    /// <summary>Groups of a beamline, the newest first.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<ScanGroupSummary>> ListAsync(string beamline, int limit, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand($"{Summary} where g.beamline = $1 order by g.opened_at desc limit $2");
        command.Parameters.AddWithValue(beamline);
        command.Parameters.AddWithValue(limit);
        return await ReadAsync(command, cancel);
    }

    /// <summary>The group of that id, or the newest of that name; null when there is none.</summary>
    /// <param name="beamline">The beamline.</param>
    /// <param name="nameOrId">Name or id.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ScanGroupSummary?> FindAsync(string beamline, string nameOrId, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"{Summary} where g.beamline = $1 and (g.id = $2 or g.name = $3) order by g.id = $2 desc, g.opened_at desc limit 1");
        command.Parameters.AddWithValue(beamline);
        command.Parameters.AddWithValue(Guid.TryParse(nameOrId, out var id) ? id : Guid.Empty);
        command.Parameters.AddWithValue(nameOrId);
        return (await ReadAsync(command, cancel)) is [var found] ? found : null;
    }

    /// <summary>Ids of a group's scans, the first one first.</summary>
    /// <param name="group">The group.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<string>> ScansAsync(Guid group, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            """
            select m.scan::text from scan_group_members m join records r on r.kind = 'scan' and r.id = m.scan::text
            where m.scan_group = $1 order by r.number limit $2
            """);
        command.Parameters.AddWithValue(group);
        command.Parameters.AddWithValue(MostScans);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<string> scans = [];
        while (await reader.ReadAsync(cancel))
        {
            scans.Add(reader.GetString(0));
        }

        return scans;
    }

    private static async Task<IReadOnlyList<ScanGroupSummary>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<ScanGroupSummary> groups = [];
        while (await reader.ReadAsync(cancel))
        {
            groups.Add(new ScanGroupSummary(
                reader.GetGuid(0),
                reader.GetString(1),
                reader.GetInt32(2),
                await reader.GetFieldValueAsync<DateTimeOffset>(3, cancel),
                reader.GetInt64(4)));
        }

        return groups;
    }
}
