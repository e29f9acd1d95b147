using System.Globalization;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Doctor;

/// <summary>The database: the programs of a private cluster, or a facility's server; and, where it runs, how it is set.</summary>
internal static class DatabaseChecks
{
    private const string Settings =
        """
        select current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),
               current_setting('synchronous_commit'), current_setting('max_connections')::int,
               extract(epoch from clock_timestamp())::float8, pg_size_pretty(pg_database_size(current_database())),
               coalesce((select max(extract(epoch from clock_timestamp() - xact_start)) from pg_stat_activity
                         where datname = current_database() and xact_start is not null and pid <> pg_backend_pid()), 0)::float8
        """;

    /// <summary>Tries the database.</summary>
    /// <param name="launch">The settings.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(HostLaunch launch, CancellationToken cancel)
    {
        try
        {
            if (launch.Database.IsExternal)
            {
                var login = ServerLogin.Of(launch.Database);
                await new ServerCheck(login).RequireAsync(cancel);
                return [Finding.Ok("database's logins", "version, encoding, roles and rights are as they must be"), .. await AskAsync(launch, login.Program, cancel)];
            }

            return await PrivateAsync(launch, cancel);
        }
        catch (RefusedException refused)
        {
            return [.. refused.Reasons.Select(r => Finding.Fail("database", r))];
        }
        catch (FaultException fault)
        {
            return [Finding.Fail("database", fault.Reason)];
        }
        catch (NpgsqlException error)
        {
            return [Finding.Fail("database", DatabaseErrors.Unreachable, error.Message)];
        }
    }

    private static async Task<IReadOnlyList<Finding>> PrivateAsync(HostLaunch launch, CancellationToken cancel)
    {
        var folder = ClusterFolder.For(launch.Database);
        var found = await PostgresBinaries.FindAsync(cancel);
        if (found.Count == 0)
        {
            return [Finding.Fail("PostgreSQL", DatabaseErrors.PostgresqlMissing, "no postgres was found in the system's folders")];
        }

        List<Finding> findings = [];
        var made = File.Exists(folder.VersionFile) ? (await File.ReadAllTextAsync(folder.VersionFile, cancel)).Trim() : null;
        findings.Add(made is not null && found.All(b => b.Major.ToString(CultureInfo.InvariantCulture) != made)
            ? Finding.Fail("PostgreSQL", DatabaseErrors.VersionMismatch, $"the cluster was made by {made}, installed is {string.Join(", ", found.Select(b => b.Major))}")
            : Finding.Ok("PostgreSQL", $"{found[0].Folder}{(made is null ? "" : $"; the cluster is of version {made}")}"));
        if (await ClusterAccount.FindAsync(cancel) is not { } account)
        {
            findings.Add(Finding.Fail("PostgreSQL's account", DatabaseErrors.AccountMissing, $"there is no account {ClusterAccount.Unprivileged}"));
        }
        else if (await account.BarriersAboveAsync(Path.Combine(FolderChecks.NearestThatExists(folder.Root), "x"), cancel) is { Count: > 0 } barriers)
        {
            findings.Add(Finding.Fail(
                "PostgreSQL's account", DatabaseErrors.FolderRights, $"{account.Name} may not pass through {string.Join(", ", barriers)}"));
        }

        findings.AddRange(folder.CheckSocketPath().Select(r => Finding.Fail("database's socket", r)));
        if (made is null)
        {
            findings.Add(Finding.Ok("private cluster", $"will be made in {folder.Cluster} at the first start"));
        }
        else if (FolderLock.ReadHolder(folder.Root).SocketFolder is { } socket && Directory.Exists(socket))
        {
            var running = folder with { SocketFolder = socket };
            findings.AddRange(await AskAsync(launch, running.Connection(ClusterFolder.Program, ClusterFolder.Owner), cancel));
        }
        else
        {
            findings.Add(Finding.Ok("private cluster", $"lies in {folder.Cluster} and does not run: its settings were not asked"));
        }

        return findings;
    }

    private static async Task<IReadOnlyList<Finding>> AskAsync(
        HostLaunch launch, NpgsqlConnectionStringBuilder login, CancellationToken cancel)
    {
        login.Pooling = false;
        List<Finding> findings = [];
        await using var connection = new NpgsqlConnection(login.ConnectionString);
        await connection.OpenAsync(cancel);
        await using (var ask = new NpgsqlCommand(Settings, connection))
        {
            var before = launch.Time.GetUtcNow();
            await using var reader = await ask.ExecuteReaderAsync(cancel);
            await reader.ReadAsync(cancel);
            var after = launch.Time.GetUtcNow();
            var (fsync, pages, commit) = (reader.GetString(1), reader.GetString(2), reader.GetString(3));
            findings.Add(Finding.Ok("database", $"PostgreSQL {reader.GetString(0)} answers, {reader.GetString(6)}"));
            findings.Add((fsync, pages, commit) is ("on", "on", not "off")
                ? Finding.Ok("database's durability", $"fsync {fsync}, full_page_writes {pages}, synchronous_commit {commit}")
                : Finding.Fail("database's durability", DoctorErrors.NotDurable, $"fsync {fsync}, full_page_writes {pages}, synchronous_commit {commit}"));
            findings.Add(reader.GetInt32(4) < launch.Database.PoolSize + 8
                ? Finding.Warn("database's connections", DoctorErrors.FewConnections, $"max_connections {reader.GetInt32(4)}, database.pool_size {launch.Database.PoolSize}")
                : Finding.Ok("database's connections", $"max_connections {reader.GetInt32(4)}, database.pool_size {launch.Database.PoolSize}"));
            // Half of the round trip may have passed either way.
            var middle = before + ((after - before) / 2);
            var difference = reader.GetDouble(5) - (middle - DateTimeOffset.UnixEpoch).TotalSeconds;
            var text = string.Create(CultureInfo.InvariantCulture, $"{difference * 1000:0} ms, measured to {(after - before).TotalMilliseconds / 2:0} ms");
            findings.Add(Math.Abs(difference) > 1
                ? Finding.Warn("database's clock", DoctorErrors.ClockDiffers, text)
                : Finding.Ok("database's clock", text));
        }

        findings.Add(await MigrationsAsync(connection, cancel));
        if (launch.Database.BackupAge > TimeSpan.Zero)
        {
            findings.Add(Backup(await BackupBook.NewestAsync(connection, cancel), launch.Database.BackupAge, launch.Time.GetUtcNow()));
        }

        return findings;
    }

    private static Finding Backup(NotedBackup? newest, TimeSpan allowed, DateTimeOffset now)
    {
        if (newest is null)
        {
            return Finding.Warn("backup", DoctorErrors.BackupNone, "none was made of this database with 'beamtime backup'");
        }

        var age = now - newest.MadeAt;
        var said = string.Create(
            CultureInfo.InvariantCulture,
            $"{age.TotalHours:0.0} h old, {newest.Path} on {newest.Host}, {newest.Bytes / (double)(1 << 20):0.0} MiB");
        var isGone = newest.Host == Environment.MachineName && !Directory.Exists(newest.Path);
        said += isGone ? "; it lies there no more" : "";
        return age > allowed
            ? Finding.Warn("backup", DoctorErrors.BackupOld, $"{said}; database.backup_age is {allowed.TotalDays.ToString("0.##", CultureInfo.InvariantCulture)} days")
            : Finding.Ok("backup", said);
    }

    private static async Task<Finding> MigrationsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using (var exists = new NpgsqlCommand("select to_regclass('migrations') is not null", connection))
        {
            if (!(bool)(await exists.ExecuteScalarAsync(cancel))!)
            {
                return Finding.Warn("database's migrations", DatabaseErrors.MigrationsPending, "none was applied yet; the first start applies them");
            }
        }

        HashSet<int> applied = [];
        await using var ask = new NpgsqlCommand("select number from migrations", connection);
        await using var reader = await ask.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            applied.Add(reader.GetInt32(0));
        }

        var known = BeamtimeHost.Migrations.Migrations.Select(m => m.Number).ToHashSet();
        var (pending, unknown) = (known.Except(applied).Count(), applied.Except(known).Count());
        return unknown > 0 ? Finding.Fail("database's migrations", DatabaseErrors.DatabaseNewer, $"{unknown} are unknown to this program")
            : pending > 0 ? Finding.Warn("database's migrations", DatabaseErrors.MigrationsPending, $"{pending} are pending")
            : Finding.Ok("database's migrations", $"{applied.Count}, all that this program has");
    }
}
