using System.Diagnostics;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// A lock in the database that one program holds as long as it lives, by a connection of its own: the server drops it with
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
    private readonly string _name;
    private readonly Reason _taken;
    private readonly TimeProvider _time;
    private NpgsqlConnection? _connection;

    private SessionLock(NpgsqlDataSource source, string name, Reason taken, TimeProvider time) =>
        (_source, _name, _taken, _time) = (source, name, taken, time);

    /// <summary>Takes a lock.</summary>
    /// <param name="source">Gives the connection that holds it.</param>
    /// <param name="name">What is locked, unique in the database.</param>
    /// <param name="taken">Why it is refused when another holds it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">Another program holds it.</exception>
    public static async Task<SessionLock> TakeAsync(
        NpgsqlDataSource source, string name, Reason taken, TimeProvider time, CancellationToken cancel)
    {
        var taking = new SessionLock(source, name, taken, time);
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
            try
            {
                // The connection goes back to its pool and would keep the lock.
                await using var unlock = new NpgsqlCommand("select pg_advisory_unlock_all()", held);
                await unlock.ExecuteNonQueryAsync(CancellationToken.None);
            }
            catch (NpgsqlException)
            {
                // Broken, and the lock with it.
            }
        }

        await DropAsync();
    }

    private async Task TakeAsync(CancellationToken cancel)
    {
        var connection = await _source.OpenConnectionAsync(cancel);
        try
        {
            await using (var prepare = new NpgsqlCommand(Prepare, connection))
            {
                await prepare.ExecuteNonQueryAsync(cancel);
            }

            var started = _time.GetTimestamp();
            while (!await TryAsync(connection, cancel))
            {
                if (_time.GetElapsedTime(started) >= Patience)
                {
                    throw new RefusedException(_taken);
                }

                await Task.Delay(Pause, _time, cancel);
            }

            (_connection, connection) = (connection, null);
        }
        finally
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }
        }
    }

    private async Task<bool> TryAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock(hashtextextended($1, 0))", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _name });
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
