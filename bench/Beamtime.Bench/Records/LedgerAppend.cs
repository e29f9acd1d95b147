using System.Diagnostics;
using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Bench.Records;

/// <summary>
/// <c>ledger.append</c>: entries a second with their folded records, 10 a transaction over 8 connections, beside the same
/// entries and the same upserts by prepared statements into tables of the same shape.
/// </summary>
internal sealed class LedgerAppend(BeamtimeDatabase database, LedgerStore ledger)
{
    private const int Connections = 8;
    private const int EntriesATransaction = 10;
    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(0.6);

    private static readonly MotorMoved[] Moves =
    [
        .. Enumerable.Range(0, EntriesATransaction).Select(i => new MotorMoved("samx", i / 8.0, "moved by the bench, as it always does")),
    ];

    private const string InsertEntries =
        """
        insert into bench_entries (epoch, kind, id, version, type, type_version, who, why, at, correlation, cause, data)
        select 1, $1, $2, $3 + n, type, type_version, $4, $5, $6, $7, $8, data
        from unnest($9, $10, $11) with ordinality as e (type, type_version, data, n)
        """;

    private const string UpsertRecord =
        """
        insert into bench_records (kind, id, version, fold_version, beamline, number, name, status, created_at, updated_at, document)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)
        on conflict (kind, id) do update set version = excluded.version, fold_version = excluded.fold_version,
            beamline = excluded.beamline, number = excluded.number, name = excluded.name, status = excluded.status,
            updated_at = excluded.updated_at, document = excluded.document
        """;

    private readonly StreamState<MotorState>[] _streams =
        [.. Enumerable.Range(0, Connections).Select(_ => StreamState<MotorState>.New(NewId()))];

    private readonly (string Id, int Version)[] _plain =
        [.. Enumerable.Range(0, Connections).Select(_ => (NewId(), 0))];

    /// <summary>The line.</summary>
    public static BenchLine Line { get; } = new("ledger.append", "entries/s", 0.8, BenchSense.Rate, async (room, cancel) =>
    {
        var database = await room.DatabaseAsync(cancel);
        await using (var tables = database.Owner.CreateCommand(
            """
            create table bench_entries (like entries including all);
            create table bench_records (like records including all) with (fillfactor = 80);
            """))
        {
            await tables.ExecuteNonQueryAsync(cancel);
        }

        var append = new LedgerAppend(database, new LedgerStore(database, BenchRoom.Time));
        return await Rounds.MeasureAsync(
            () => RateAsync(append.AppendAsync, cancel), () => RateAsync(append.InsertAsync, cancel), rounds: 9);
    });

    private static string NewId() => Guid.CreateVersion7(BenchRoom.Time.GetUtcNow()).ToString();

    private static async Task<double> RateAsync(Func<int, CancellationToken, Task> transact, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, Connections).Select(connection => Task.Run(
            async () =>
            {
                var count = 0;
                while (Stopwatch.GetElapsedTime(start) < RoundTime)
                {
                    await transact(connection, cancel);
                    count += EntriesATransaction;
                }

                return count;
            },
            cancel)));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task AppendAsync(int connection, CancellationToken cancel) =>
        _streams[connection] = await ledger.AppendAsync(MotorLedger.Kind, _streams[connection], Moves, Why(), cancel);

    private async Task InsertAsync(int connection, CancellationToken cancel)
    {
        var (id, version) = _plain[connection];
        var at = BenchRoom.Time.GetUtcNow();
        var why = Why();
        var state = new MotorState("samx", 1.125, 0, 1.125, version + EntriesATransaction, Moves[0].Comment, at);
        await using var batch = database.Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(InsertEntries)
        {
            Parameters =
            {
                Text(MotorLedger.Kind.Name), Text(id), new NpgsqlParameter<int> { TypedValue = version },
                new NpgsqlParameter<Guid> { TypedValue = why.Who.Value }, Text(why.Reason),
                new NpgsqlParameter<DateTimeOffset> { TypedValue = at }, Text(why.Correlation), Text(null),
                new NpgsqlParameter<string[]> { TypedValue = [.. Moves.Select(_ => "bench.motor.moved")] },
                new NpgsqlParameter<short[]> { TypedValue = [.. Moves.Select(_ => (short)1)] },
                new NpgsqlParameter<string[]>
                {
                    TypedValue = [.. Moves.Select(m => JsonSerializer.Serialize(m, BenchJson.Default.MotorMoved))],
                    NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb,
                },
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(UpsertRecord)
        {
            Parameters =
            {
                Text(MotorLedger.Kind.Name), Text(id),
                new NpgsqlParameter<int> { TypedValue = version + EntriesATransaction },
                new NpgsqlParameter<short> { TypedValue = 1 }, Text("bench"),
                new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint }, Text("samx"), Text("idle"),
                new NpgsqlParameter<DateTimeOffset> { TypedValue = at },
                new NpgsqlParameter<string>
                {
                    TypedValue = JsonSerializer.Serialize(state, BenchJson.Default.MotorState), NpgsqlDbType = NpgsqlDbType.Jsonb,
                },
            },
        });
        await batch.ExecuteNonQueryAsync(cancel);
        _plain[connection] = (id, version + EntriesATransaction);
    }

    private static NpgsqlParameter Text(string? value) =>
        new() { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static Why Why() => Core.Ledger.Why.BySystem("the bench measures", "bench");
}
