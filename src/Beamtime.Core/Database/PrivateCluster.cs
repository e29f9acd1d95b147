using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// A PostgreSQL cluster that this program alone runs: made at the first start, held by a lock as long as the program
/// lives, started again when its server is killed, and ended with the program, however that ends.
/// </summary>
internal sealed partial class PrivateCluster : IAsyncDisposable
{
    private static readonly TimeSpan RemovalPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReserveInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly ClusterFolder _folder;
    private readonly DatabaseOptions _options;
    private readonly ClusterAccount _account;
    private readonly PostgresBinaries _binaries;
    private readonly FolderLock _lock;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly DiskReserve _reserve;
    private readonly CancellationTokenSource _stopping = new();
    private volatile Postmaster _postmaster = null!;
    private ITimer? _reserveTimer;
    private Task _supervision = Task.CompletedTask;
    private bool _disposed;

    private PrivateCluster(
        ClusterFolder folder, DatabaseOptions options, ClusterAccount account, PostgresBinaries binaries,
        FolderLock folderLock, TimeProvider time, ILogger log)
    {
        (_folder, _options, _account, _binaries, _lock) = (folder, options, account, binaries, folderLock);
        (_time, _log) = (time, log);
        _reserve = new DiskReserve(folder.Root);
    }

    public ClusterFolder Folder => _folder;

    /// <summary>Process id of the server that runs now.</summary>
    public int ServerPid => _postmaster.Pid;

    /// <summary>Takes the folder, makes the cluster where there is none, and starts its server.</summary>
    /// <exception cref="RefusedException">The folder, its disk or the installed server cannot be used; every reason.</exception>
    /// <exception cref="FaultException">The server did not start.</exception>
    public static async Task<PrivateCluster> StartAsync(
        DatabaseOptions options, TimeProvider time, ILogger log, CancellationToken cancel)
    {
        var folder = ClusterFolder.For(options);
        var account = await ClusterAccount.FindAsync(cancel);
        List<Reason> reasons = [.. folder.PrepareRoot(account)];
        if (account is null)
        {
            reasons.Add(DatabaseErrors.AccountMissing.Because($"there is no account {ClusterAccount.Unprivileged}"));
        }
        else if (reasons.Count == 0)
        {
            reasons.AddRange((await account.BarriersAboveAsync(folder.Cluster, cancel)).Select(barrier =>
                DatabaseErrors.FolderRights.Because($"{account.Name} may not pass through {barrier}")));
        }

        reasons.AddRange(folder.CheckSocketPath());

        var binaries = ChooseBinaries(folder, await PostgresBinaries.FindAsync(cancel), reasons);
        if (Directory.Exists(folder.Root) && !File.Exists(folder.VersionFile)
            && DiskReserve.FreeBytes(folder.Root) is var free && free < options.MinimumFreeBytes)
        {
            reasons.Add(DatabaseErrors.FolderFull.Because(
                $"{folder.Root} has {free >> 20} MB free, a new cluster needs {options.MinimumFreeBytes >> 20} MB"));
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var folderLock = FolderLock.Take(folder.Root, folder.SocketFolder);
        var cluster = new PrivateCluster(folder, options, account!, binaries!, folderLock, time, log);
        try
        {
            await cluster.StartAsync(cancel);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes the role that the program connects as; on this cluster the kernel says who may.</summary>
    public async Task CreateProgramRoleAsync(CancellationToken cancel)
    {
        var builder = _folder.Connection(ClusterFolder.Owner, "postgres");
        builder.Pooling = false;
        await using var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(
            """
            do $$
            begin
                if not exists (select from pg_roles where rolname = 'beamtime_program') then
                    create role beamtime_program login;
                end if;
            end
            $$
            """,
            connection);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Gives up the reserve because the disk is full; true when there was one.</summary>
    public bool ReleaseReserve()
    {
        var released = _reserve.Release();
        if (released)
        {
            DiskFull(_folder.Root);
        }

        return released;
    }

    /// <summary>Ends the server in order; by force past its deadline.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stopping.CancelAsync();
        if (_reserveTimer is not null)
        {
            await _reserveTimer.DisposeAsync();
        }

        await _supervision;
        if (_postmaster is { } postmaster)
        {
            await postmaster.StopAsync(_options.StopLimit);
        }

        if (Directory.Exists(_folder.SocketFolder) && !Directory.EnumerateFileSystemEntries(_folder.SocketFolder).Any())
        {
            Directory.Delete(_folder.SocketFolder);
        }

        _lock.Dispose();
        _stopping.Dispose();
    }

    private static PostgresBinaries? ChooseBinaries(
        ClusterFolder folder, IReadOnlyList<PostgresBinaries> found, List<Reason> reasons)
    {
        if (found.Count == 0)
        {
            reasons.Add(DatabaseErrors.PostgresqlMissing.Because("no postgres was found in the system's folders"));
            return null;
        }

        string? made;
        try
        {
            made = File.Exists(folder.VersionFile) ? File.ReadAllText(folder.VersionFile).Trim() : null;
        }
        catch (UnauthorizedAccessException error)
        {
            reasons.Add(DatabaseErrors.FolderRights.Because(error.Message));
            return null;
        }

        var chosen = made is null ? found[0] : found.FirstOrDefault(b => b.Major.ToString() == made);
        if (chosen is null)
        {
            reasons.Add(DatabaseErrors.VersionMismatch.Because(
                $"{folder.Cluster} was made by PostgreSQL {made}, installed is {string.Join(", ", found.Select(b => b.Major))}"));
        }

        return chosen;
    }

    // A process of the initdb that was killed may write a last file while its folder is removed.
    private async Task RemoveUnfinishedAsync(CancellationToken cancel)
    {
        for (var began = _time.GetTimestamp(); ;)
        {
            try
            {
                _folder.RemoveUnfinished();
                return;
            }
            catch (IOException) when (_time.GetElapsedTime(began) < _options.StopLimit)
            {
                await Task.Delay(RemovalPause, _time, cancel);
            }
        }
    }

    private async Task StartAsync(CancellationToken cancel)
    {
        if (_folder.PrepareSocketFolder(_account) is { Count: > 0 } reasons)
        {
            throw new RefusedException(reasons);
        }

        if (Directory.Exists(_folder.Unfinished))
        {
            await new OrphanCluster(_folder.Unfinished, _time, _log).EndAsync(_options.StopLimit, cancel);
            await RemoveUnfinishedAsync(cancel);
        }

        if (!File.Exists(_folder.VersionFile))
        {
            await new ClusterMaker(_folder, _account, _binaries).MakeAsync(_options.WithoutSync, cancel);
        }

        ClusterFolder.WriteAccess(_folder.Cluster, _account);
        var hadReserve = _reserve.IsHeld;
        try
        {
            await StartServerAsync(cancel);
        }
        catch (FaultException error) when (_postmaster is { SawDiskFull: true })
        {
            if (!hadReserve)
            {
                throw DatabaseErrors.FolderFull.Fault($"{_folder.Root} is full and its reserve is used up", error);
            }

            ReleaseReserve();
            await StartServerAsync(cancel);
        }

        _reserve.TryRestore();
        _reserveTimer = _time.CreateTimer(_ => RestoreReserve(), null, ReserveInterval, ReserveInterval);
        _supervision = SuperviseAsync(_stopping.Token);
    }

    private async Task StartServerAsync(CancellationToken cancel)
    {
        await new OrphanCluster(_folder.Cluster, _time, _log).StopAsync(_options.StopLimit, cancel);
        _postmaster = await Postmaster.StartAsync(
            _account,
            [_binaries.Postgres, .. ServerSettings.Arguments(_folder, _options)],
            _time,
            _log,
            diskFull: () => ReleaseReserve());
        await _postmaster.ReadyAsync(_folder.Cluster, _options.StartLimit, cancel);
        DatabaseMetrics.Starts.Add(1);
        Ready(_folder.Cluster, _postmaster.Pid);
    }

    private async Task SuperviseAsync(CancellationToken cancel)
    {
        var pause = TimeSpan.Zero;
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var code = await _postmaster.Exited.WaitAsync(cancel);
                Ended(_postmaster.Pid, code);
                await Task.Delay(pause, _time, cancel);
                pause = pause == TimeSpan.Zero ? TimeSpan.FromMilliseconds(200) : pause * 2;
                pause = pause < LongestPause ? pause : LongestPause;
                await StartServerAsync(cancel);
                pause = TimeSpan.Zero;
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                NotRestarted(error, pause.TotalSeconds);
            }
        }
    }

    private void RestoreReserve()
    {
        try
        {
            _reserve.TryRestore();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            NoReserve(error, _folder.Root);
        }
    }
}
