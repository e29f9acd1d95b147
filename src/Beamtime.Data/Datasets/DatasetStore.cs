using System.Text.Json;
using Beamtime.Core.Database;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Data.Datasets;

/// <summary>One copy of one file as people see it.</summary>
/// <param name="Path">The file, within the data set.</param>
/// <param name="Storage">Its storage.</param>
/// <param name="State">Where it stands.</param>
/// <param name="ChangedAt">Since when.</param>
/// <param name="VerifiedAt">When it was last read back right.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record FileCopyRecord(
    string Path, string Storage, CopyState State, DateTimeOffset ChangedAt, DateTimeOffset? VerifiedAt, string? Problem);

/// <summary>What the tables hold of one data set.</summary>
/// <param name="Workflow">The workflow that takes care of it.</param>
/// <param name="Parameters">Parameters of the scan or the computation.</param>
/// <param name="Files">The manifest in order.</param>
/// <param name="Copies">All copies, in the order of the files.</param>
/// <param name="DerivedFrom">The data sets that it was computed from.</param>
/// <param name="Derived">The data sets that were computed from it.</param>
internal sealed record DatasetContent(
    Guid? Workflow,
    IReadOnlyDictionary<string, string> Parameters,
    IReadOnlyList<DatasetFile> Files,
    IReadOnlyList<FileCopyRecord> Copies,
    IReadOnlyList<Guid> DerivedFrom,
    IReadOnlyList<Guid> Derived);

/// <summary>The SQL of data sets.</summary>
/// <param name="database">Where they lie.</param>
/// <param name="time">Clock of new ids.</param>
internal sealed class DatasetStore(BeamtimeDatabase database, TimeProvider time)
{
    private const string InsertFiles =
        """
        insert into dataset_files (dataset, number, path, bytes, modified_at, sha256)
        select $1, f.number, f.path, f.bytes, f.modified_at, f.sha256
        from unnest($2::text[], $3::bigint[], $4::timestamptz[], $5::text[]) with ordinality
            as f (path, bytes, modified_at, sha256, number)
        """;

    private const string InsertCopies =
        """
        insert into dataset_copies (id, dataset, file, storage, state, changed_at)
        select c.id, $1, c.number, $2, $3, clock_timestamp()
        from unnest($4::uuid[]) with ordinality as c (id, number)
        on conflict (dataset, file, storage) do nothing
        """;

    // A lost or bad copy is made anew under its id; one that lies there is left as it is.
    private const string MoveCopy =
        """
        update dataset_copies c
        set state = $4, changed_at = clock_timestamp(), problem = $6,
            verified_at = case when $4 = 'Verified' then clock_timestamp() else verified_at end
        from dataset_files f
        where f.dataset = $1 and f.path = $2 and c.dataset = f.dataset and c.file = f.number and c.storage = $3
            and c.state = any($5)
        """;

    /// <summary>Adds a data set with its manifest; false where its recording has been registered before.</summary>
    public static async Task<bool> InsertAsync(
        DatabaseTransaction transaction, DatasetId id, DatasetRegistered registered, CancellationToken cancel)
    {
        await using (var insert = transaction.Command(
            """
            insert into datasets (id, recording, parameters, registered_at) values ($1, $2, $3, clock_timestamp())
            on conflict (recording) do nothing
            """,
            id.Value))
        {
            insert.Parameters.Add(Nullable(registered.Recording, NpgsqlDbType.Uuid));
            insert.Parameters.Add(new NpgsqlParameter
            {
                Value = JsonSerializer.Serialize(registered.Parameters, DatasetJson.Default.IReadOnlyDictionaryStringString),
                NpgsqlDbType = NpgsqlDbType.Jsonb,
            });
            if (await insert.ExecuteNonQueryAsync(cancel) == 0)
            {
                return false;
            }
        }

        await using (var files = transaction.Command(InsertFiles, id.Value))
        {
            files.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. registered.Files.Select(f => f.Path)] });
            files.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. registered.Files.Select(f => f.Bytes)] });
            files.Parameters.Add(new NpgsqlParameter<DateTimeOffset[]>
            {
                TypedValue = [.. registered.Files.Select(f => f.ModifiedAt.ToUniversalTime())],
            });
            files.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. registered.Files.Select(f => f.Sha256)] });
            await files.ExecuteNonQueryAsync(cancel);
        }

        foreach (var source in registered.DerivedFrom)
        {
            await using var lineage = transaction.Command(
                "insert into dataset_lineage (dataset, source) values ($1, $2)", id.Value, source);
            await lineage.ExecuteNonQueryAsync(cancel);
        }

        return true;
    }

    /// <summary>Says which workflow takes care of a data set.</summary>
    public static async Task SetWorkflowAsync(
        DatabaseTransaction transaction, DatasetId id, Guid workflow, CancellationToken cancel)
    {
        await using var command = transaction.Command("update datasets set workflow = $2 where id = $1", id.Value, workflow);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Says where a data set lies on every storage.</summary>
    public static async Task SetFolderAsync(
        DatabaseTransaction transaction, DatasetId id, string folder, CancellationToken cancel)
    {
        await using var command = transaction.Command("update datasets set folder = $2 where id = $1", id.Value, folder);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Adds a copy of every file on a storage, in this state, where none is known.</summary>
    /// <returns>The ids of the copies, in the order of the files.</returns>
    public async Task<IReadOnlyList<Guid>> AddCopiesAsync(
        DatabaseTransaction transaction, DatasetId id, int files, string storage, CopyState state, CancellationToken cancel)
    {
        Guid[] ids = [.. Enumerable.Range(0, files).Select(_ => Guid.CreateVersion7(time.GetUtcNow()))];
        await using (var insert = transaction.Command(InsertCopies, id.Value, storage, state.ToString()))
        {
            insert.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = ids });
            if (await insert.ExecuteNonQueryAsync(cancel) == files)
            {
                return ids;
            }
        }

        await using var select = transaction.Command(
            "select id from dataset_copies where dataset = $1 and storage = $2 order by file", id.Value, storage);
        await using var reader = await select.ExecuteReaderAsync(cancel);
        var known = new List<Guid>();
        while (await reader.ReadAsync(cancel))
        {
            known.Add(reader.GetGuid(0));
        }

        return known;
    }

    /// <summary>Moves a copy to another state, if its present one allows it.</summary>
    /// <returns>False where nothing changed.</returns>
    public static async Task<bool> MoveCopyAsync(
        DatabaseTransaction transaction, DatasetId id, string path, string storage, CopyState to, string? problem,
        CancellationToken cancel)
    {
        string[] from = [.. Enum.GetValues<CopyState>().Where(s => s.CanBecome(to)).Select(s => s.ToString())];
        await using var command = transaction.Command(MoveCopy, id.Value, path, storage, to.ToString(), from);
        command.Parameters.Add(Nullable(problem, NpgsqlDbType.Jsonb));
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    /// <summary>Records a file's checksum where none was recorded.</summary>
    public static async Task SetChecksumAsync(
        DatabaseTransaction transaction, DatasetId id, string path, string sha256, CancellationToken cancel)
    {
        await using var command = transaction.Command(
            "update dataset_files set sha256 = $3 where dataset = $1 and path = $2 and sha256 is null", id.Value, path, sha256);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>How many files of a data set have no verified copy on a storage.</summary>
    public static async Task<long> CountUnverifiedAsync(
        DatabaseTransaction transaction, DatasetId id, string storage, CancellationToken cancel)
    {
        await using var command = transaction.Command(
            """
            select count(*) from dataset_files f where f.dataset = $1 and not exists (
                select from dataset_copies c
                where c.dataset = f.dataset and c.file = f.number and c.storage = $2 and c.state = 'Verified')
            """,
            id.Value,
            storage);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>The data set of a recording, or the newest of a name.</summary>
    public async Task<DatasetId?> FindAsync(string name, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            """
            (select id from datasets where recording = $2)
            union all
            (select id::uuid from records where kind = $3 and name = $1 order by created_at desc limit 1)
            limit 1
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(Nullable(Guid.TryParse(name, out var recording) ? recording : null, NpgsqlDbType.Uuid));
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = DatasetStream.Kind.Name });
        return await command.ExecuteScalarAsync(cancel) is Guid id ? new DatasetId(id) : null;
    }

    /// <summary>What the tables hold of a data set; null where there is none.</summary>
    public async Task<DatasetContent?> ReadAsync(DatasetId id, CancellationToken cancel)
    {
        await using var batch = database.Source.CreateBatch();
        foreach (var sql in new[]
        {
            "select workflow, parameters from datasets where id = $1",
            "select path, bytes, modified_at, sha256 from dataset_files where dataset = $1 order by number",
            """
            select f.path, c.storage, c.state, c.changed_at, c.verified_at, c.problem ->> 'message'
            from dataset_copies c join dataset_files f on f.dataset = c.dataset and f.number = c.file
            where c.dataset = $1 order by c.file, c.changed_at
            """,
            "select source from dataset_lineage where dataset = $1 order by source",
            "select dataset from dataset_lineage where source = $1 order by dataset",
        })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<Guid> { TypedValue = id.Value } } });
        }

        await using var reader = await batch.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel))
        {
            return null;
        }

        var (workflow, parameters) = Head(reader);
        var files = await RowsAsync(reader, r => new DatasetFile(
            r.GetString(0), r.GetInt64(1), r.GetFieldValue<DateTimeOffset>(2), r.IsDBNull(3) ? null : r.GetString(3)), cancel);
        var copies = await RowsAsync(reader, r => new FileCopyRecord(
            r.GetString(0),
            r.GetString(1),
            Enum.Parse<CopyState>(r.GetString(2)),
            r.GetFieldValue<DateTimeOffset>(3),
            r.IsDBNull(4) ? null : r.GetFieldValue<DateTimeOffset>(4),
            r.IsDBNull(5) ? null : r.GetString(5)), cancel);
        var sources = await RowsAsync(reader, r => r.GetGuid(0), cancel);
        var derived = await RowsAsync(reader, r => r.GetGuid(0), cancel);
        return new DatasetContent(workflow, parameters, files, copies, sources, derived);
    }

    private static (Guid? Workflow, IReadOnlyDictionary<string, string> Parameters) Head(NpgsqlDataReader row) => (
        row.IsDBNull(0) ? null : row.GetGuid(0),
        JsonSerializer.Deserialize(row.GetString(1), DatasetJson.Default.IReadOnlyDictionaryStringString)!);

    private static async Task<List<T>> RowsAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancel)
    {
        await reader.NextResultAsync(cancel);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
