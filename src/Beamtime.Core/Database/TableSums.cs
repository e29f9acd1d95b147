using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>Counts and sums up every table, so that two databases can be compared without moving their rows.</summary>
internal static class TableSums
{
    // The text of a row must not depend on the session.
    private const string Settings =
        "set timezone = 'UTC'; set datestyle = 'ISO, YMD'; set intervalstyle = 'postgres'; set bytea_output = 'hex'; "
        + "set extra_float_digits = 1; set statement_timeout = 0";

    /// <summary>The sums of all tables, by name.</summary>
    /// <param name="connection">A connection, in a transaction where one moment is meant.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<TableSum>> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using (var prepare = new NpgsqlCommand(Settings, connection))
        {
            await prepare.ExecuteNonQueryAsync(cancel);
        }

        List<TableSum> sums = [];
        foreach (var name in await TablesAsync(connection, cancel))
        {
            await using var sum = new NpgsqlCommand(
                $"""
                select count(*), coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint), 0)::text
                from public."{name.Replace("\"", "\"\"", StringComparison.Ordinal)}" t
                """,
                connection)
            {
                CommandTimeout = 0,
            };
            await using var reader = await sum.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            sums.Add(new TableSum(name, reader.GetInt64(0), reader.GetString(1)));
        }

        return sums;
    }

    /// <summary>In what two databases differ, in words.</summary>
    /// <param name="expected">The one.</param>
    /// <param name="found">The other.</param>
    public static IReadOnlyList<string> Differences(IReadOnlyList<TableSum> expected, IReadOnlyList<TableSum> found)
    {
        var others = found.ToDictionary(table => table.Name, StringComparer.Ordinal);
        return
        [
            .. expected.Where(table => !others.ContainsKey(table.Name)).Select(table => $"table {table.Name} is missing"),
            .. expected.Where(table => others.TryGetValue(table.Name, out var other) && other != table).Select(table =>
                others[table.Name].Rows != table.Rows
                    ? $"table {table.Name} has {others[table.Name].Rows} rows, not {table.Rows}"
                    : $"the {table.Rows} rows of table {table.Name} have other contents"),
        ];
    }

    private static async Task<IReadOnlyList<string>> TablesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "select tablename::text from pg_tables where schemaname = 'public' order by tablename collate \"C\"", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<string> names = [];
        while (await reader.ReadAsync(cancel))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }
}
