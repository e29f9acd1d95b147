using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>Brings a database to the shape that the program needs. Several programs may start it at once.</summary>
/// <param name="migrations">What the program knows.</param>
/// <param name="log">Where it says what it applies.</param>
internal sealed partial class Migrator(MigrationSet migrations, ILogger log)
{
    // Any constant will do that nothing else in the database locks.
    private const long LockKey = 0x6265616d74696d65;

    /// <summary>Applies what is missing, each migration in a transaction of its own; how many were applied.</summary>
    /// <param name="owner">Connections as the owner of the tables.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">The database was shaped by another program; every reason, and nothing applied.</exception>
    public async Task<int> ApplyAsync(NpgsqlDataSource owner, CancellationToken cancel)
    {
        await using var connection = await owner.OpenConnectionAsync(cancel);
        await EnsureRoleAsync(connection, cancel);
        for (var count = 0; ; count++)
        {
            if (await ApplyNextAsync(connection, cancel) is not { } applied)
            {
                return count;
            }

            Applied(applied.Name);
        }
    }

    /// <summary>Demands that nothing is lacking, for a program that may not apply it.</summary>
    /// <param name="program">Connections as the program.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">Something is lacking, or the database was shaped by another program.</exception>
    public async Task RequireAsync(NpgsqlDataSource program, CancellationToken cancel)
    {
        await using var connection = await program.OpenConnectionAsync(cancel);
        await using var exists = new NpgsqlCommand("select to_regclass('public.migrations') is not null", connection);
        var applied = (bool)(await exists.ExecuteScalarAsync(cancel))!
            ? await ReadAppliedAsync(connection, cancel)
            : new Dictionary<int, (string, string)>();
        if (Compare(applied) is [var next, ..] pending)
        {
            throw new RefusedException(DatabaseErrors.MigrationPending.Because(
                $"{pending.Length} migrations are not applied, the first is {next.Name}"));
        }
    }

    private async Task<Migration?> ApplyNextAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var prepare = new NpgsqlCommand(
            $"""
            select pg_advisory_xact_lock({LockKey});
            create table if not exists migrations (
                number integer primary key,
                name text not null,
                sha256 text not null,
                applied_at timestamptz not null default clock_timestamp());
            """,
            connection,
            transaction))
        {
            await prepare.ExecuteNonQueryAsync(cancel);
        }

        if (Compare(await ReadAppliedAsync(connection, cancel)) is not [var next, ..])
        {
            await transaction.CommitAsync(cancel);
            return null;
        }

        await using (var apply = new NpgsqlCommand(next.Sql, connection, transaction) { CommandTimeout = 0 })
        {
            await apply.ExecuteNonQueryAsync(cancel);
        }

        await using (var note = new NpgsqlCommand(
            "insert into migrations (number, name, sha256) values ($1, $2, $3)", connection, transaction)
        {
            Parameters = { new() { Value = next.Number }, new() { Value = next.Name }, new() { Value = next.Sha256 } },
        })
        {
            await note.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        return next;
    }

    private Migration[] Compare(IReadOnlyDictionary<int, (string Name, string Sha256)> applied)
    {
        var known = migrations.Migrations.ToDictionary(m => m.Number);
        var reasons = new List<Reason>();
        foreach (var (number, (name, sha256)) in applied)
        {
            if (!known.TryGetValue(number, out var migration))
            {
                reasons.Add(DatabaseErrors.DatabaseNewer.Because($"{name} was applied and is not known to this program"));
            }
            else if (migration.Sha256 != sha256)
            {
                reasons.Add(DatabaseErrors.MigrationChanged.Because($"{migration.Name} is not the text that was applied"));
            }
        }

        var pending = migrations.Migrations.Where(m => !applied.ContainsKey(m.Number)).ToArray();
        foreach (var migration in pending)
        {
            if (migrations.Migrations.FirstOrDefault(
                m => m.Origin == migration.Origin && m.Number > migration.Number && applied.ContainsKey(m.Number)) is { } later)
            {
                reasons.Add(DatabaseErrors.MigrationOrder.Because(
                    $"{migration.Name} was not applied, though {later.Name} after it was"));
            }
        }

        return reasons.Count == 0 ? pending : throw new RefusedException(reasons);
    }

    private static async Task<IReadOnlyDictionary<int, (string Name, string Sha256)>> ReadAppliedAsync(
        NpgsqlConnection connection, CancellationToken cancel)
    {
        var applied = new SortedDictionary<int, (string, string)>();
        await using var command = new NpgsqlCommand("select number, name, sha256 from migrations", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            applied.Add(reader.GetInt32(0), (reader.GetString(1), reader.GetString(2)));
        }

        return applied;
    }

    // Roles belong to the whole server, so another database's program may make it at the same moment.
    private static async Task EnsureRoleAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand(
                """
                do $$
                begin
                    if not exists (select from pg_roles where rolname = 'beamtime_program') then
                        create role beamtime_program;
                    end if;
                exception when duplicate_object or unique_violation then
                    null;
                end
                $$;
                do $$
                begin
                    -- Since version 16 whoever makes a role is its member without being allowed to act as it.
                    if current_setting('server_version_num')::int >= 160000 then
                        if not pg_has_role(current_user, 'beamtime_program', 'set') then
                            execute format('grant beamtime_program to %I with set true', current_user);
                        end if;
                    elsif not pg_has_role(current_user, 'beamtime_program', 'member') then
                        execute format('grant beamtime_program to %I', current_user);
                    end if;
                end
                $$;
                """,
                connection);
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new RefusedException(DatabaseErrors.RoleMissing.Because(
                $"the owner cannot make or use the role beamtime_program: {error.MessageText}"));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Applied {Name}")]
    private partial void Applied(string name);
}
