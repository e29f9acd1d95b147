using System.Data;
using System.Runtime.CompilerServices;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Ledger;

/// <summary>
/// What happened, append-only: entries in streams, each with who, why and when, and beside each stream the state folded
/// from its entries, written in the same transaction.
/// </summary>
/// <param name="database">Where the ledger lies.</param>
/// <param name="time">Clock of the entries.</param>
internal sealed class LedgerStore(BeamtimeDatabase database, TimeProvider time)
{
    /// <summary>Announced after every append.</summary>
    public const string Channel = "ledger";

    private const int DecideAttempts = 10;

    private const string AppendSql =
        "select ledger_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";

    private const string LoadSql =
        "select version, fold_version, document from records where kind = $1 and id = $2";

    private const string StreamSql =
        """
        select version, type, type_version, data, who, why, correlation, cause, at
        from entries where kind = $1 and id = $2 order by version
        """;

    private const string Filter =
        """
        from records
        where kind = $1 and ($2::text is null or beamline = $2) and ($3::bigint is null or number = $3)
          and ($4::text is null or name = $4) and ($5::text is null or status = $5)
        """;

    /// <summary>What is known of a stream; version 0 where there is none.</summary>
    public Task<StreamState<TState>> LoadAsync<TState, TEntry>(
        StreamKind<TState, TEntry> kind, string id, CancellationToken cancel)
        where TState : class
        where TEntry : class => LoadAsync(null, LoadSql, kind, id, cancel);

    /// <summary>The same inside a transaction; the stream is locked for other writers until that ends.</summary>
    public Task<StreamState<TState>> LoadAsync<TState, TEntry>(
        DatabaseTransaction transaction, StreamKind<TState, TEntry> kind, string id, CancellationToken cancel)
        where TState : class
        where TEntry : class => LoadAsync(transaction, LoadSql + " for update", kind, id, cancel);

    /// <summary>All entries of a stream in order.</summary>
    public IAsyncEnumerable<Entry<TEntry>> ReadStreamAsync<TState, TEntry>(
        StreamKind<TState, TEntry> kind, string id, CancellationToken cancel)
        where TState : class
        where TEntry : class => ReadAsync(null, kind, id, cancel);

    /// <summary>
    /// Adds entries to a stream as it was loaded, and writes its record, in the caller's transaction and one round trip.
    /// </summary>
    /// <returns>The stream as it is after the commit.</returns>
    /// <exception cref="ConflictException">Somebody else added to it meanwhile; roll back.</exception>
    public async Task<StreamState<TState>> AppendAsync<TState, TEntry>(
        DatabaseTransaction transaction, StreamKind<TState, TEntry> kind, StreamState<TState> current,
        IReadOnlyList<TEntry> entries, Why why, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        if (entries.Count == 0)
        {
            return current;
        }

        var next = await AppendAsync(transaction.Command(AppendSql), kind, current, entries, why, cancel);
        transaction.NotifyAfterCommit(Channel);
        return next;
    }

    /// <summary>The same where nothing else commits with the entries: a transaction of its own in one round trip.</summary>
    /// <exception cref="ConflictException">Somebody else added to it meanwhile.</exception>
    public async Task<StreamState<TState>> AppendAsync<TState, TEntry>(
        StreamKind<TState, TEntry> kind, StreamState<TState> current, IReadOnlyList<TEntry> entries, Why why,
        CancellationToken cancel)
        where TState : class
        where TEntry : class =>
        entries.Count == 0 ? current : await CommitAsync(kind, current, entries, why, also: null, cancel);

    /// <summary>The same for a stream that must be at an expected version, 0 where it must not exist.</summary>
    /// <exception cref="ConflictException">It is at another version; roll back.</exception>
    public async Task<StreamState<TState>> AppendAsync<TState, TEntry>(
        DatabaseTransaction transaction, StreamKind<TState, TEntry> kind, string id, int expectedVersion,
        IReadOnlyList<TEntry> entries, Why why, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        var current = expectedVersion == 0
            ? StreamState<TState>.New(id)
            : await LoadAsync(transaction, kind, id, cancel);
        return current.Version == expectedVersion
            ? await AppendAsync(transaction, kind, current, entries, why, cancel)
            : throw Conflict(kind.Name, id, expectedVersion);
    }

    /// <summary>
    /// Loads a stream, asks a pure function what happens, and appends that; again from the start when somebody else was
    /// faster, a bounded number of times.
    /// </summary>
    /// <param name="kind">Kind of the stream.</param>
    /// <param name="id">Its id.</param>
    /// <param name="decide">From the state, null at first, to the entries or the refusal; called again on a conflict.</param>
    /// <param name="why">Who, why and as part of what.</param>
    /// <param name="alsoInTransaction">What else must commit with the entries; not called when there are none.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ConflictException">Others were faster every time.</exception>
    public async Task<Outcome<StreamState<TState>>> DecideAsync<TState, TEntry>(
        StreamKind<TState, TEntry> kind, string id, Func<TState?, Outcome<IReadOnlyList<TEntry>>> decide, Why why,
        Func<DatabaseTransaction, StreamState<TState>, Task>? alsoInTransaction, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        for (var attempt = 1; ; attempt++)
        {
            var current = await LoadAsync(kind, id, cancel);
            switch (decide(current.State))
            {
                case Refused<IReadOnlyList<TEntry>> refused:
                    return new Refused<StreamState<TState>>(refused.Reasons);
                case Accepted<IReadOnlyList<TEntry>> { Value: [] }:
                    return new Accepted<StreamState<TState>>(current);
                case Accepted<IReadOnlyList<TEntry>> accepted:
                    try
                    {
                        return new Accepted<StreamState<TState>>(
                            await CommitAsync(kind, current, accepted.Value, why, alsoInTransaction, cancel));
                    }
                    catch (ConflictException) when (attempt < DecideAttempts)
                    {
                        continue;
                    }

                default:
                    throw new System.Diagnostics.UnreachableException();
            }
        }
    }

    /// <summary>
    /// The same in the caller's transaction, for several streams that change together. An existing stream is locked when
    /// it is loaded, so only one that two make at once can conflict.
    /// </summary>
    public async Task<Outcome<StreamState<TState>>> DecideAsync<TState, TEntry>(
        DatabaseTransaction transaction, StreamKind<TState, TEntry> kind, string id,
        Func<TState?, Outcome<IReadOnlyList<TEntry>>> decide, Why why, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        var current = await LoadAsync(transaction, kind, id, cancel);
        return decide(current.State) switch
        {
            Refused<IReadOnlyList<TEntry>> refused => new Refused<StreamState<TState>>(refused.Reasons),
            Accepted<IReadOnlyList<TEntry>> accepted => new Accepted<StreamState<TState>>(
                await AppendAsync(transaction, kind, current, accepted.Value, why, cancel)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>A page of records of one kind, newest first, and how many there are.</summary>
    public async Task<RecordPage<TState>> ListRecordsAsync<TState, TEntry>(
        StreamKind<TState, TEntry> kind, RecordQuery query, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        var rows = new List<(string Id, int Version, int FoldVersion, string Document)>();
        long total;
        await using (var batch = database.Source.CreateBatch())
        {
            batch.BatchCommands.Add(Filtered("select count(*) " + Filter));
            var page = Filtered(
                $"select id, version, fold_version, document {Filter} order by created_at desc, id limit $6 offset $7");
            page.Parameters.Add(new NpgsqlParameter<int> { TypedValue = query.Limit });
            page.Parameters.Add(new NpgsqlParameter<int> { TypedValue = query.Offset });
            batch.BatchCommands.Add(page);
            await using var reader = await batch.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            total = reader.GetInt64(0);
            await reader.NextResultAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                rows.Add((reader.GetString(0), reader.GetInt32(1), reader.GetInt16(2), reader.GetString(3)));
            }
        }

        var items = new List<StreamState<TState>>(rows.Count);
        foreach (var (id, version, foldVersion, document) in rows)
        {
            items.Add(foldVersion == kind.FoldVersion
                ? new StreamState<TState>(id, version, kind.ReadState(document))
                : await RefoldAsync(null, kind, id, cancel));
        }

        return new RecordPage<TState>(items, total);

        NpgsqlBatchCommand Filtered(string sql)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind.Name });
            command.Parameters.Add(Text(query.Beamline));
            command.Parameters.Add(Nullable(query.Number, NpgsqlDbType.Bigint));
            command.Parameters.Add(Text(query.Name));
            command.Parameters.Add(Text(query.Status));
            return command;
        }
    }

    /// <summary>Begins a new epoch, after the database was restored into another server; as the owner.</summary>
    public async Task<int> RaiseEpochAsync(CancellationToken cancel)
    {
        await using var command = database.Owner.CreateCommand("update ledger_epoch set epoch = epoch + 1 returning epoch");
        return (int)(await command.ExecuteScalarAsync(cancel))!;
    }

    private async Task<StreamState<TState>> CommitAsync<TState, TEntry>(
        StreamKind<TState, TEntry> kind, StreamState<TState> current, IReadOnlyList<TEntry> entries, Why why,
        Func<DatabaseTransaction, StreamState<TState>, Task>? also, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        if (also is not null)
        {
            return await database.TransactAsync(
                async transaction =>
                {
                    var next = await AppendAsync(transaction, kind, current, entries, why, cancel);
                    await also(transaction, next);
                    return next;
                },
                cancel);
        }

        // Alone, the call is its own transaction: one round trip instead of two.
        try
        {
            var next = await AppendAsync(database.Source.CreateCommand(AppendSql), kind, current, entries, why, cancel);
            database.Notifier.Notify(Channel);
            return next;
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.DiskFull)
        {
            throw database.DiskFull(error);
        }
    }

    private async Task<StreamState<TState>> AppendAsync<TState, TEntry>(
        NpgsqlCommand command, StreamKind<TState, TEntry> kind, StreamState<TState> current,
        IReadOnlyList<TEntry> entries, Why why, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        await using var disposed = command;
        why = why.InContext();
        // PostgreSQL keeps microseconds; a record must not differ from one that is folded from what was kept.
        var now = time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var types = new string[entries.Count];
        var versions = new short[entries.Count];
        var data = new string[entries.Count];
        var state = current.State;
        for (var i = 0; i < entries.Count; i++)
        {
            (types[i], versions[i], data[i]) = kind.Entries.Write(entries[i]);
            state = kind.Fold(state, new Entry<TEntry>(current.Id, current.Version + i + 1, entries[i], why, now));
        }

        var parameters = command.Parameters;
        parameters.Add(new NpgsqlParameter<string> { TypedValue = kind.Name });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = current.Id });
        parameters.Add(new NpgsqlParameter<int> { TypedValue = current.Version });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = types });
        parameters.Add(new NpgsqlParameter<short[]> { TypedValue = versions });
        parameters.Add(new NpgsqlParameter<string[]> { TypedValue = data, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        parameters.Add(new NpgsqlParameter<Guid> { TypedValue = why.Who.Value });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = why.Reason });
        parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = now });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = why.Correlation });
        parameters.Add(Text(why.Cause));
        AddRecord(parameters, kind.FoldVersion, kind.WriteState(current.Id, state!), kind.Index(state!));
        var begun = time.GetTimestamp();
        var isAppended = (bool)(await command.ExecuteScalarAsync(cancel))!;
        LedgerMetrics.AppendDuration.Record(time.GetElapsedTime(begun).TotalSeconds);
        LedgerMetrics.Entries.Add(isAppended ? entries.Count : 0, new KeyValuePair<string, object?>("kind", kind.Name));
        return isAppended
            ? new StreamState<TState>(current.Id, current.Version + entries.Count, state)
            : throw Conflict(kind.Name, current.Id, current.Version);
    }

    private async Task<StreamState<TState>> LoadAsync<TState, TEntry>(
        DatabaseTransaction? transaction, string sql, StreamKind<TState, TEntry> kind, string id, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        await using (var command = Command(transaction, sql, kind.Name, id))
        {
            await using var reader = await command.ExecuteReaderAsync(CommandBehavior.SingleRow, cancel);
            if (!await reader.ReadAsync(cancel))
            {
                return StreamState<TState>.New(id);
            }

            if (reader.GetInt16(1) == kind.FoldVersion)
            {
                return new StreamState<TState>(id, reader.GetInt32(0), kind.ReadState(reader.GetString(2)));
            }
        }

        return await RefoldAsync(transaction, kind, id, cancel);
    }

    private async Task<StreamState<TState>> RefoldAsync<TState, TEntry>(
        DatabaseTransaction? transaction, StreamKind<TState, TEntry> kind, string id, CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        var result = StreamState<TState>.New(id);
        await foreach (var entry in ReadAsync(transaction, kind, id, cancel))
        {
            result = new StreamState<TState>(id, entry.Version, kind.Fold(result.State, entry));
        }

        return result;
    }

    private async IAsyncEnumerable<Entry<TEntry>> ReadAsync<TState, TEntry>(
        DatabaseTransaction? transaction, StreamKind<TState, TEntry> kind, string id,
        [EnumeratorCancellation] CancellationToken cancel)
        where TState : class
        where TEntry : class
    {
        await using var command = Command(transaction, StreamSql, kind.Name, id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            yield return new Entry<TEntry>(
                id,
                reader.GetInt32(0),
                kind.Entries.Read(reader.GetString(1), reader.GetInt16(2), reader.GetString(3)),
                ReadWhy(reader, 4),
                await reader.GetFieldValueAsync<DateTimeOffset>(8, cancel));
        }
    }

    /// <summary>Who, reason, correlation and cause, in four columns from this one on.</summary>
    internal static Why ReadWhy(NpgsqlDataReader reader, int column) => new(
        new PersonId(reader.GetGuid(column)),
        reader.GetString(column + 1),
        reader.GetString(column + 2),
        reader.IsDBNull(column + 3) ? null : reader.GetString(column + 3));

    private static void AddRecord(NpgsqlParameterCollection parameters, short foldVersion, string document, RecordIndex index)
    {
        parameters.Add(new NpgsqlParameter<short> { TypedValue = foldVersion });
        parameters.Add(new NpgsqlParameter<string> { TypedValue = document, NpgsqlDbType = NpgsqlDbType.Jsonb });
        parameters.Add(Text(index.Beamline));
        parameters.Add(Nullable(index.Number, NpgsqlDbType.Bigint));
        parameters.Add(Text(index.Name));
        parameters.Add(Text(index.Status));
    }

    private static NpgsqlParameter Text(string? value) => Nullable(value, NpgsqlDbType.Text);

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static ConflictException Conflict(string kind, string id, int expected) =>
        new(LedgerErrors.VersionConflict.Because($"{kind} {id} is no longer at version {expected}"));

    private NpgsqlCommand Command(DatabaseTransaction? transaction, string sql, string kind, string id)
    {
        var command = transaction is null ? database.Source.CreateCommand(sql) : transaction.Command(sql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = kind });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = id });
        return command;
    }
}
