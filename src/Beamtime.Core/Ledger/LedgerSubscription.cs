using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Ledger;

/// <summary>
/// Takes a batch of entries in order. Its effects go into the given transaction, in which the cursor moves too; keep it
/// short and wait for nothing outside.
/// </summary>
/// <param name="transaction">Commits the effects and the cursor together.</param>
/// <param name="entries">Entries of the subscribed kinds, at least one.</param>
/// <param name="cancel">Gives up.</param>
internal delegate Task LedgerHandler(
    DatabaseTransaction transaction, IReadOnlyList<RecordedEntry> entries, CancellationToken cancel);

/// <summary>How a subscription fares.</summary>
/// <param name="Cursor">Up to where everything was handled.</param>
/// <param name="Failures">Failures since the last batch that was handled; 0 when all is well.</param>
/// <param name="LastError">What the last failure said.</param>
internal sealed record SubscriptionState(LedgerCursor Cursor, int Failures, string? LastError);

/// <summary>
/// Follows the ledger under a permanent name: hands every entry of its kinds to a handler in the order of (epoch,
/// transaction, position), and goes on after a restart where the last committed batch ended. An entry is shown only once
/// every transaction that could still come before it has ended, so one that commits late is not skipped. A failing
/// handler is called again, with growing pauses, for the same entries; nothing is skipped.
/// </summary>
internal sealed partial class LedgerSubscription
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestHold = TimeSpan.FromMilliseconds(2);

    // What an earlier epoch holds has long ended; in this one, what is older than every running transaction.
    private const string Settled =
        "(entries.epoch < (select l.epoch from ledger_epoch l) or entries.tx < pg_snapshot_xmin(pg_current_snapshot()))";

    private readonly BeamtimeDatabase _database;
    private readonly string _name;
    private readonly string[] _kinds;
    private readonly LedgerHandler _handler;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private bool _isEntered;

    /// <summary>Subscribes a handler.</summary>
    /// <param name="database">Where the ledger lies.</param>
    /// <param name="name">Permanent name; only one of several programs that use it handles at a time.</param>
    /// <param name="kinds">Kinds of streams it wants.</param>
    /// <param name="handler">What it does.</param>
    /// <param name="time">Clock of pauses and polls.</param>
    /// <param name="log">Where failures are said.</param>
    public LedgerSubscription(
        BeamtimeDatabase database, string name, IReadOnlyCollection<string> kinds, LedgerHandler handler,
        TimeProvider time, ILogger log)
    {
        (_database, _name, _kinds, _handler, _time, _log) = (database, name, [.. kinds], handler, time, log);
    }

    private enum Next
    {
        Nothing,
        HeldBack,
        Ready,
    }

    /// <summary>How it fares now.</summary>
    public SubscriptionState State { get; private set; } = new(default, 0, null);

    /// <summary>Entries in a batch at most.</summary>
    public int BatchSize { get; init; } = 200;

    /// <summary>How long a lost notification may delay an entry.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Follows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var signal = _database.Listener.Subscribe(LedgerStore.Channel);
        var hold = ShortestHold;
        while (true)
        {
            LoopBeat.Touch();
            try
            {
                var next = await LookAsync(cancel);
                if (next == Next.Ready)
                {
                    hold = ShortestHold;
                    if (await HandleAsync(cancel))
                    {
                        continue;
                    }
                }

                // An open transaction holds entries back without a notification when it ends.
                await signal.WaitAsync(next == Next.Nothing || hold > PollInterval ? PollInterval : hold, cancel);
                hold = next == Next.Nothing ? ShortestHold : hold * 2 < PollInterval ? hold * 2 : PollInterval;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                throw;
            }
            catch (Exception error)
            {
                var failures = State.Failures + 1;
                LedgerMetrics.HandlerFailures.Add(1, new KeyValuePair<string, object?>("subscription", _name));
                State = State with { Failures = failures, LastError = error.Message };
                var pause = ShortestPause * Math.Pow(2, Math.Min(failures - 1, 20));
                pause = pause < LongestPause ? pause : LongestPause;
                Failed(error, _name, failures, pause.TotalSeconds);
                await Task.Delay(pause, _time, cancel);
            }
        }
    }

    /// <summary>Handles one batch, if there is one and no other program handles; whether the cursor moved.</summary>
    public async Task<bool> HandleAsync(CancellationToken cancel)
    {
        await EnterAsync(cancel);
        var moved = await _database.TransactAsync(
            async transaction =>
            {
                if (await TakeAsync(transaction, cancel) is not { } from)
                {
                    return (LedgerCursor?)null;
                }

                var (wanted, last) = await ReadAsync(transaction, from, cancel);
                if (last is not { } cursor)
                {
                    return null;
                }

                if (wanted.Count > 0)
                {
                    await _handler(transaction, wanted, cancel);
                }

                await using var move = transaction.Command(
                    "update cursors set epoch = $2, tx = $3, position = $4, moved_at = clock_timestamp() where name = $1", _name);
                Add(move, cursor);
                await move.ExecuteNonQueryAsync(cancel);
                return cursor;
            },
            cancel);
        if (moved is { } to)
        {
            State = new SubscriptionState(to, 0, null);
        }

        return moved is not null;
    }

    private async Task<Next> LookAsync(CancellationToken cancel)
    {
        await EnterAsync(cancel);
        await using var look = _database.Source.CreateCommand(
            $"""
            select case when exists (select from entries
                                     where (entries.epoch, entries.tx, entries.position) > (c.epoch, c.tx, c.position) and {Settled}) then 2
                        when exists (select from entries
                                     where (entries.epoch, entries.tx, entries.position) > (c.epoch, c.tx, c.position)) then 1
                        else 0 end
            from cursors c where c.name = $1
            """);
        look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _name });
        return (Next)(int)(await look.ExecuteScalarAsync(cancel))!;
    }

    private async Task EnterAsync(CancellationToken cancel)
    {
        if (_isEntered)
        {
            return;
        }

        await using var enter = _database.Source.CreateCommand(
            "insert into cursors (name) values ($1) on conflict do nothing");
        enter.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _name });
        await enter.ExecuteNonQueryAsync(cancel);
        _isEntered = true;
    }

    // Null when another program handles under this name just now.
    private async Task<LedgerCursor?> TakeAsync(DatabaseTransaction transaction, CancellationToken cancel)
    {
        await using var take = transaction.Command(
            "select epoch, tx, position from cursors where name = $1 for update skip locked", _name);
        await using var reader = await take.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? await CursorAsync(reader, cancel) : null;
    }

    private static async Task<LedgerCursor> CursorAsync(NpgsqlDataReader reader, CancellationToken cancel) =>
        new(reader.GetInt32(0), await reader.GetFieldValueAsync<ulong>(1, cancel), reader.GetInt64(2));

    private async Task<(List<RecordedEntry> Wanted, LedgerCursor? Last)> ReadAsync(
        DatabaseTransaction transaction, LedgerCursor from, CancellationToken cancel)
    {
        var wanted = new List<RecordedEntry>();
        LedgerCursor? last = null;
        await using var command = transaction.Command(
            $"""
            select epoch, tx, position, kind = any($2), kind, id, version, type, type_version,
                   case when kind = any($2) then data end, who, why, correlation, cause, at
            from entries where (epoch, tx, position) > ($3, $4, $5) and {Settled}
            order by epoch, tx, position limit $1
            """,
            BatchSize,
            _kinds);
        Add(command, from);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            last = await CursorAsync(reader, cancel);
            if (reader.GetBoolean(3))
            {
                wanted.Add(new RecordedEntry(
                    last.Value,
                    reader.GetString(4),
                    reader.GetString(5),
                    reader.GetInt32(6),
                    reader.GetString(7),
                    reader.GetInt16(8),
                    reader.GetString(9),
                    LedgerStore.ReadWhy(reader, 10),
                    await reader.GetFieldValueAsync<DateTimeOffset>(14, cancel)));
            }
        }

        return (wanted, last);
    }

    private static void Add(NpgsqlCommand command, LedgerCursor cursor)
    {
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = cursor.Epoch });
        command.Parameters.Add(new NpgsqlParameter<ulong> { TypedValue = cursor.Tx, NpgsqlDbType = NpgsqlDbType.Xid8 });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cursor.Position });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Subscription {Name} failed {Failures} times; the same entries again in {Seconds} s")]
    private partial void Failed(Exception error, string name, int failures, double seconds);
}
