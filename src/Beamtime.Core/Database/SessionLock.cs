using System.Data;
using System.Diagnostics;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// Locks in the database that one program holds as long as it lives, by a connection of its own: the server drops it with
/// the connection, however the program ends. A connection that breaks is opened again and the lock taken anew.
/// </summary>
internal sealed class SessionLock : IAsyncDisposable
{
    /// <summary>How long the server may take to notice that the program which held the lock has ended.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // A holder whose machine is gone says no goodbye: the server asks for it after 15 s, and gives up on it 15 s later.
    private const string Prepare =
        "set tcp_keepalives_idle = 15; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3";

    private readonly NpgsqlDataSource _source;
    private readonly IReadOnlyList<(string Name, Reason Taken)> _locks;
    private readonly TimeProvider _time;
    private NpgsqlConnection? _connection;

    private SessionLock(NpgsqlDataSource source, IReadOnlyList<(string Name, Reason Taken)> locks, TimeProvider time) =>
        (_source, _locks, _time) = (source, locks, time);

    /// <summary>Takes locks, all of them or none.</summary>
    /// <param name="source">Gives the connection that holds them.</param>
    /// <param name="locks">What is locked, unique in the database, and why it is refused when another holds it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">Another program holds one.</exception>
    public static async Task<SessionLock> TakeAsync(
        NpgsqlDataSource source,
        IReadOnlyList<(string Name, Reason Taken)> locks,
        TimeProvider time,
        CancellationToken cancel)
    {
        var taking = new SessionLock(source, locks, time);
        await taking.TakeAsync(cancel);
        return taking;
    }

    /// <summary>Keeps the lock until cancelled; an outage of the database is waited out.</summary>
    /// <param name="cancel">Ends it; the lock is held until it is disposed of.</param>
    /// <exception cref="RefusedException">Another program took it during an outage.</exception>
    public async Task KeepAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(Period, _time, cancel);
            try
            {
                if (_connection is { } held)
                {
                    await using var ask = new NpgsqlCommand("select 1", held);
                    await ask.ExecuteScalarAsync(cancel);
                }
                else
                {
                    await TakeAsync(cancel);
                }
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                await DropAsync();
            }
        }
    }

    /// <summary>Gives the lock up.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { } held)
        {
            await UnlockAsync(held);
        }

        await DropAsync();
    }

    private async Task TakeAsync(CancellationToken cancel)
    {
        if (_locks.Count == 0)
        {
            return;
        }

        var connection = await _source.OpenConnectionAsync(cancel);
        try
        {
            await using (var prepare = new NpgsqlCommand(Prepare, connection))
            {
                await prepare.ExecuteNonQueryAsync(cancel);
            }

            var started = _time.GetTimestamp();
            foreach (var (name, taken) in _locks)
            {
                while (!await TryAsync(connection, name, cancel))
                {
                    if (_time.GetElapsedTime(started) >= Patience)
                    {
                        throw new RefusedException(taken);
                    }

                    await Task.Delay(Pause, _time, cancel);
                }
            }

            (_connection, connection) = (connection, null);
        }
        finally
        {
            if (connection is not null)
            {
                // Back in its pool it would keep what it has taken so far.
                await UnlockAsync(connection);
                await connection.DisposeAsync();
            }
        }
    }

    private static async Task UnlockAsync(NpgsqlConnection connection)
    {
        if (connection.State != ConnectionState.Open)
        {
            return;
        }

        try
        {
            await using var unlock = new NpgsqlCommand("select pg_advisory_unlock_all()", connection);
            await unlock.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // Broken, and the locks with it.
        }
    }

    private static async Task<bool> TryAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock(hashtextextended($1, 0))", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return await command.ExecuteScalarAsync(cancel) is bool isOurs ? isOurs : throw new UnreachableException();
    }

    private async Task DropAsync()
    {
        if (_connection is { } broken)
        {
            _connection = null;
            await broken.DisposeAsync();
        }
    }
}
