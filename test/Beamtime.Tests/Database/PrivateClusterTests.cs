using System.Collections.Concurrent;
using System.Globalization;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Ledger;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Beamtime.Tests.Database;

public sealed class PrivateClusterTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_second_program_on_the_folder_is_refused_and_a_local_command_uses_the_running_one()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("locked");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await using var database = await TestDatabase.CreateClusterAsync(options, cancel);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => OpenAsync(options, cancel));
        Assert.Equal(["database.folder.locked"], refused.Reasons.Select(r => r.Code));
        Assert.Contains(
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);

        await using var beside = await BeamtimeDatabase.OpenBesideAsync(
            options, TimeProvider.System, NullLoggerFactory.Instance, cancel);
        await using var ask = beside.Source.CreateCommand("select current_user");
        Assert.Equal("beamtime_program", await ask.ExecuteScalarAsync(cancel));
    }

    [Fact]
    public async Task A_stopped_cluster_opens_again_with_what_it_held()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("again");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        string socket;
        await using (var database = await OpenAsync(options, cancel))
        {
            socket = database.Cluster!.Folder.SocketFolder;
            await database.MigrateAsync(TestDatabase.Migrations, cancel);
            await LedgerStoreTests.HangAsync(new LedgerStore(database, TimeProvider.System), "a", cancel);
        }

        Assert.False(Directory.Exists(socket));
        Assert.False(File.Exists(Path.Combine(folder["data"], "postgres", "postmaster.pid")));
        await using var again = await OpenAsync(options, cancel);
        Assert.Equal(0, await again.MigrateAsync(TestDatabase.Migrations, cancel));
        Assert.Equal(
            1, (await new LedgerStore(again, TimeProvider.System).LoadAsync(LampLedger.Kind, "a", cancel)).Version);
    }

    [Fact]
    public async Task The_folder_is_its_owners_alone_and_keeps_a_reserve()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("modes");
        await using var database = await TestDatabase.CreateClusterAsync(
            TestDatabase.ClusterOptions(folder["data"]), cancel);
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite
            | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(folder["data"]) & Others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(folder["data"], "postgres")) & Others);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(database.Cluster!.Folder.SocketFolder) & Others);
        var reserve = Path.Combine(folder["data"], "RESERVE");
        Assert.Equal(DiskReserve.Size, new FileInfo(reserve).Length);
        Assert.True(database.Cluster.ReleaseReserve());
        Assert.False(File.Exists(reserve));
        Assert.False(database.Cluster.ReleaseReserve());
    }

    [Fact]
    public async Task An_initdb_killed_half_way_leaves_nothing_that_a_start_trips_over()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("half");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        var cluster = ClusterFolder.For(options);
        var account = (await ClusterAccount.FindAsync(cancel))!;
        Assert.Empty(cluster.PrepareRoot(account));
        cluster.CreateUnfinished(account);
        var binaries = (await PostgresBinaries.FindAsync(cancel))[0];
        var initdb = await TiedProcess.StartAsync(
            account, [binaries.InitDb, "-D", cluster.Unfinished, "-U", "beamtime", "-A", "peer", "-N"], _ => { });
        await UntilAsync(() => Directory.Exists(Path.Combine(cluster.Unfinished, "base", "1")), cancel);
        Posix.Signal(initdb.Pid, Posix.SignalKill);

        await using var database = await OpenAsync(options, cancel);

        Assert.False(Directory.Exists(cluster.Unfinished));
        Assert.Equal(1, await LedgerStoreTests.ScalarAsync(database, "select 1", cancel));
    }

    [Fact]
    public async Task A_start_given_up_in_initdb_leaves_no_cluster_and_no_lock()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("given-up");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        var cluster = ClusterFolder.For(options);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var start = OpenAsync(options, giveUp.Token);
        await UntilAsync(() => Directory.Exists(Path.Combine(cluster.Unfinished, "base")), cancel);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
        Assert.False(Directory.Exists(cluster.Unfinished));
        Assert.False(Directory.Exists(cluster.Cluster));
        await using var database = await OpenAsync(options, cancel);
    }

    [Fact]
    public async Task A_killed_server_returns_with_every_acknowledged_entry()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("killed");
        // Durable: a server that may forget what it acknowledged would show nothing here.
        var options = new DatabaseOptions { DataFolder = folder["data"] };
        await using var database = await TestDatabase.CreateClusterAsync(options, cancel);
        var ledger = new LedgerStore(database, TimeProvider.System);
        var acknowledged = new ConcurrentBag<string>();
        var killed = database.Cluster!.ServerPid;
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(WriteAsync).ToArray();
        await UntilAsync(() => acknowledged.Count > 50, cancel);

        Posix.Signal(killed, Posix.SignalKill);
        await UntilAsync(() => database.Cluster.ServerPid != killed, cancel);
        var before = acknowledged.Count;
        await UntilAsync(() => acknowledged.Count > before + 50, cancel);
        await stop.CancelAsync();
        await Task.WhenAll(writers);

        var kept = new HashSet<string>();
        await using var command = database.Source.CreateCommand(
            "select e.id from entries e join records r using (kind, id) where r.version = 1");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            kept.Add(reader.GetString(0));
        }

        Assert.Empty(acknowledged.Except(kept));

        async Task WriteAsync(int writer)
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var id = $"{writer}-{i}";
                try
                {
                    await LedgerStoreTests.HangAsync(ledger, id, cancel);
                    acknowledged.Add(id);
                }
                catch (NpgsqlException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, cancel);
                }
            }
        }
    }

    [Fact]
    public async Task A_server_left_behind_in_the_folder_is_stopped()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("orphan");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await (await TestDatabase.CreateClusterAsync(options, cancel)).DisposeAsync();
        var cluster = ClusterFolder.For(options);
        var account = (await ClusterAccount.FindAsync(cancel))!;
        Assert.Empty(cluster.PrepareSocketFolder(account));
        var binaries = (await PostgresBinaries.FindAsync(cancel))[0];
        var orphan = await Postmaster.StartAsync(
            account, [binaries.Postgres, .. ServerSettings.Arguments(cluster, options)], TimeProvider.System,
            NullLogger.Instance, () => { });
        await orphan.ReadyAsync(cluster.Cluster, Deadline, cancel);

        await using var database = await OpenAsync(options, cancel);

        await orphan.Exited.WaitAsync(Deadline, TimeProvider.System, cancel);
        Assert.NotEqual(orphan.Pid, database.Cluster!.ServerPid);
        Assert.Equal(1, await LedgerStoreTests.ScalarAsync(database, "select 1", cancel));
    }

    [Fact]
    public async Task A_stale_pid_file_with_a_reused_process_id_harms_nobody()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("stale");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await (await TestDatabase.CreateClusterAsync(options, cancel)).DisposeAsync();
        var cluster = ClusterFolder.For(options);
        await File.WriteAllTextAsync(
            PostmasterFile.PathIn(cluster.Cluster),
            string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n{cluster.Cluster}\n0\n5432\n"),
            cancel);

        await using var database = await OpenAsync(options, cancel);
        Assert.Equal(1, await LedgerStoreTests.ScalarAsync(database, "select 1", cancel));
    }

    [Fact]
    public async Task A_cluster_of_another_major_version_is_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("version");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        await (await TestDatabase.CreateClusterAsync(options, cancel)).DisposeAsync();
        await File.WriteAllTextAsync(ClusterFolder.For(options).VersionFile, "9\n", cancel);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => OpenAsync(options, cancel));

        Assert.Equal(["database.version.mismatch"], refused.Reasons.Select(r => r.Code));
        Assert.Contains("beamtime database upgrade", refused.Reasons[0].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_space_and_a_socket_path_too_long_are_refused_together_and_nothing_is_made()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("full");
        var options = TestDatabase.ClusterOptions(folder["data"]);
        options.MinimumFreeBytes = long.MaxValue;
        options.RuntimeFolder = folder[new string('s', 100)];

        var refused = await Assert.ThrowsAsync<RefusedException>(() => OpenAsync(options, cancel));

        Assert.Equal(["database.socket.path", "database.folder.full"], refused.Reasons.Select(r => r.Code));
        Assert.Empty(Directory.GetFileSystemEntries(folder["data"]));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_refused()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("rights");
        await File.WriteAllTextAsync(folder["file"], "", cancel);

        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => OpenAsync(TestDatabase.ClusterOptions(Path.Combine(folder["file"], "data")), cancel));

        Assert.Equal(["database.folder.rights"], refused.Reasons.Select(r => r.Code));
    }

    [Fact]
    public async Task A_folder_that_the_servers_account_cannot_reach_is_refused()
    {
        Assert.SkipUnless(Posix.IsRoot, "only root starts the server as another account");
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("barrier");
        Directory.CreateDirectory(folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => OpenAsync(TestDatabase.ClusterOptions(Path.Combine(folder["closed"], "data")), cancel));

        Assert.Equal(["database.folder.rights"], refused.Reasons.Select(r => r.Code));
        Assert.Contains(folder["closed"], refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_url_names_the_owner_and_the_program_works_as_its_own_role_even_after_a_reuse()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var folder = TemporaryFolder.Create("url");
        await using var cluster = await TestDatabase.CreateClusterAsync(
            TestDatabase.ClusterOptions(folder["data"]), cancel);
        var socket = Uri.EscapeDataString(cluster.Cluster!.Folder.SocketFolder);
        await using var database = await OpenAsync(
            new DatabaseOptions { Url = $"postgresql://beamtime@{socket}/beamtime", PoolSize = 1 }, cancel);

        for (var i = 0; i < 3; i++)
        {
            await using var ask = database.Source.CreateCommand(
                "select current_user || ' ' || current_setting('idle_in_transaction_session_timeout')");
            Assert.Equal("beamtime_program 30s", await ask.ExecuteScalarAsync(cancel));
        }
    }

    private static Task<BeamtimeDatabase> OpenAsync(DatabaseOptions options, CancellationToken cancel) =>
        BeamtimeDatabase.OpenAsync(options, TimeProvider.System, NullLoggerFactory.Instance, cancel);

    private static async Task UntilAsync(Func<bool> happened, CancellationToken cancel)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!happened())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Deadline, "the deadline has passed");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancel);
        }
    }
}
