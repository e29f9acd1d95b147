using System.Globalization;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Database;

/// <summary>What a restore is to do.</summary>
internal sealed record RestoreChoice
{
    /// <summary>The database that is replaced; null where an empty one is filled.</summary>
    public string? Replace { get; init; }

    /// <summary>The file of the master key; null without.</summary>
    public string? SecretFile { get; init; }

    /// <summary>Id of the key in that file; null where it is not to be compared.</summary>
    public string? KeyId { get; init; }

    /// <summary>Remove what is sealed with a master key that nobody has.</summary>
    public bool IsWithoutSecrets { get; init; }
}

/// <summary>What a restore did.</summary>
/// <param name="Database">The database that now holds the backup.</param>
/// <param name="Former">The name of the one that was there; null when it was empty.</param>
/// <param name="Epoch">The ledger's epoch from now on.</param>
/// <param name="Migrations">Migrations that the backup lacked.</param>
/// <param name="Rows">Rows of all tables, as the backup says and as they were counted.</param>
/// <param name="KeyFile">Where the master key was put; null when it was not.</param>
internal sealed record RestoreReport(string Database, string? Former, int Epoch, int Migrations, long Rows, string? KeyFile);

/// <summary>
/// Brings a backup back. It is read into a database of its own, compared, migrated and given a higher epoch there, and takes
/// its place in one step: until then the former one stays as it was, and a restore that is interrupted leaves it so.
/// </summary>
/// <param name="options">Where the database is.</param>
/// <param name="migrations">What this program knows.</param>
/// <param name="time">The clock.</param>
/// <param name="logs">Takes the server's own words.</param>
internal sealed class DatabaseRestore(DatabaseOptions options, MigrationSet migrations, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>What follows a database's name in that of a former one.</summary>
    public const string FormerMark = "_before_";

    /// <summary>The file of the master key in the data folder of a private cluster.</summary>
    public const string KeyFileName = "MASTER_KEY";

    private const string NewMark = "_restoring";

    /// <summary>Restores a backup.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="choice">What is to be done.</param>
    /// <param name="cancel">Gives up; the former database stays.</param>
    /// <exception cref="RefusedException">The backup is damaged, the database is in use or not empty; every reason.</exception>
    public async Task<RestoreReport> RunAsync(BackupFolder backup, RestoreChoice choice, CancellationToken cancel)
    {
        if (choice.SecretFile is null != choice.IsWithoutSecrets)
        {
            throw new RefusedException(BackupErrors.SecretsUnsaid.Because(choice.SecretFile is null
                ? "neither --secret-file nor --without-secrets is given"
                : "both --secret-file and --without-secrets are given"));
        }

        var key = choice.SecretFile is { } file ? await ReadKeyAsync(file, cancel) : null;
        await backup.RequireWholeAsync(cancel);
        await using var server = await RestoreServer.OpenAsync(options, time, logs, cancel);
        var hasFormer = await RequireReplaceableAsync(server, choice, cancel);
        return await server.MayCreateAsync(cancel)
            ? await ReplaceAsync(server, backup, choice, key, hasFormer, cancel)
            : await FillInPlaceAsync(server, backup, choice, cancel);
    }

    private async Task<RestoreReport> ReplaceAsync(
        RestoreServer server, BackupFolder backup, RestoreChoice choice, byte[]? key, bool hasFormer, CancellationToken cancel)
    {
        var name = server.Name + NewMark;
        await server.CreateAsync(name, cancel);
        try
        {
            var (epoch, applied) = await FillAsync(server, name, backup, choice, hasFormer, cancel);
            var former = hasFormer
                ? $"{server.Name}{FormerMark}{time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}"
                : null;
            if (!hasFormer && await server.HasAsync(server.Name, cancel))
            {
                await server.DropAsync(server.Name, cancel);
            }

            var keyFile = key is null || server.DataFolder is not { } folder ? null : PrepareKey(folder, key);
            await server.SwapAsync(name, server.Name, former, cancel);
            if (keyFile is not null)
            {
                CommitKey(keyFile, key!, former);
            }

            return Report(server, backup, former, epoch, applied, keyFile);
        }
        catch
        {
            await server.DropAsync(name, CancellationToken.None);
            throw;
        }
    }

    // An owner who may make no databases fills the empty one that somebody made.
    private async Task<RestoreReport> FillInPlaceAsync(
        RestoreServer server, BackupFolder backup, RestoreChoice choice, CancellationToken cancel)
    {
        var (epoch, applied) = await FillAsync(server, server.Name, backup, choice, hasFormer: false, cancel);
        return Report(server, backup, former: null, epoch, applied, keyFile: null);
    }

    private static RestoreReport Report(
        RestoreServer server, BackupFolder backup, string? former, int epoch, int applied, string? keyFile) =>
        new(server.Name, former, epoch, applied, backup.Manifest.Tables.Sum(table => table.Rows), keyFile);

    private static async Task<byte[]> ReadKeyAsync(string file, CancellationToken cancel)
    {
        try
        {
            return await File.ReadAllBytesAsync(file, cancel);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(BackupErrors.SecretsUnsaid.Because($"--secret-file cannot be read: {error.Message}"));
        }
    }

    // True when something is there that is to be kept under another name.
    private static async Task<bool> RequireReplaceableAsync(RestoreServer server, RestoreChoice choice, CancellationToken cancel)
    {
        List<Reason> reasons = [];
        var isEmpty = true;
        if (await server.HasAsync(server.Name, cancel))
        {
            isEmpty = (bool)(await server.AskAsync(
                server.Name, "select not exists (select from pg_tables where schemaname = 'public')", cancel))!;
            if (await server.AskAsync(
                server.Name,
                $"""
                select string_agg(distinct coalesce(nullif(application_name, ''), usename::text), ', ') from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid() and application_name <> '{RestoreServer.ConnectionName}'
                """,
                cancel) is string users)
            {
                reasons.Add(BackupErrors.InUse.Because($"connected to {server.Name}: {users}"));
            }
        }

        if (!isEmpty && !await server.MayCreateAsync(cancel))
        {
            reasons.Add(BackupErrors.MayNotCreate.Because($"{server.Name} is not empty, and its owner lacks CREATEDB"));
        }

        if (!isEmpty && choice.Replace != server.Name)
        {
            reasons.Add(BackupErrors.NotEmpty.Because(choice.Replace is null
                ? $"database {server.Name} holds tables; give --replace {server.Name} to put the backup in its place"
                : $"--replace names {choice.Replace}, the database is {server.Name}"));
        }

        return reasons.Count == 0 ? !isEmpty : throw new RefusedException(reasons);
    }

    private async Task<(int Epoch, int Applied)> FillAsync(
        RestoreServer server, string name, BackupFolder backup, RestoreChoice choice, bool hasFormer, CancellationToken cancel)
    {
        await DumpReader.ReadAsync(backup.Dump, await server.MajorAsync(cancel), server.Login(name), cancel);
        if (await DumpReader.CompareAsync(backup.Manifest, server.Login(name), cancel) is { Count: > 0 } differences)
        {
            throw new RefusedException(differences.Select(difference => BackupErrors.NotProved.Because(difference)).ToArray());
        }

        if (choice.KeyId is { } id
            && await server.AskAsync(name, "select to_regclass('public.master_key') is not null", cancel) is true
            && await server.AskAsync(name, "select id from master_key", cancel) is string sealedBy && sealedBy != id)
        {
            throw new RefusedException(BackupErrors.KeyWrong.Because(
                $"the backup is sealed with the master key {sealedBy}, the one in {choice.SecretFile} is {id}"));
        }

        int applied;
        await using (var database = await server.OpenDatabaseAsync(name, cancel))
        {
            applied = await database.MigrateAsync(migrations, cancel);
        }

        // Above that of what is replaced too: what read that far must not take new entries for old ones.
        var former = hasFormer
            && await server.AskAsync(server.Name, "select to_regclass('public.ledger_epoch') is not null", cancel) is true
                ? (int)(await server.AskAsync(server.Name, "select epoch from ledger_epoch", cancel))!
                : 0;
        var epoch = (int)(await server.AskAsync(
            name,
            string.Create(CultureInfo.InvariantCulture, $"update ledger_epoch set epoch = greatest(epoch, {former}) + 1 returning epoch"),
            cancel))!;

        // Whoever held them belongs to another time.
        await server.AskAsync(
            name,
            """
            update jobs set lease_until = lease_clock() where state = 'Running';
            update idempotency_keys set lease_until = lease_clock() where answered_at is null
            """,
            cancel);
        if (choice.IsWithoutSecrets)
        {
            await server.AskAsync(
                name,
                """
                do $$
                declare sealed text;
                begin
                    foreach sealed in array array['secrets', 'key_ring', 'master_key'] loop
                        if to_regclass('public.' || sealed) is not null then
                            execute format('delete from %I', sealed);
                        end if;
                    end loop;
                end
                $$
                """,
                cancel);
        }

        return (epoch, applied);
    }

    // Beside the present key first, where a start that finds the new database takes it from.
    private static string PrepareKey(string folder, byte[] key)
    {
        var path = Path.Combine(folder, KeyFileName);
        using (var file = new FileStream(path + ".new", new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(key);
            file.Flush(flushToDisk: true);
        }

        return path;
    }

    // The former database, kept under another name, opens with the former key alone.
    private static void CommitKey(string path, byte[] key, string? former)
    {
        if (former is not null && File.Exists(path) && !File.ReadAllBytes(path).AsSpan().SequenceEqual(key))
        {
            File.Move(path, $"{path}.{former}", overwrite: true);
        }

        File.Move(path + ".new", path, overwrite: true);
    }
}
