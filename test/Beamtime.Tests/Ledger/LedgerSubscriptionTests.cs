using System.Threading.Channels;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Ledger;

/// <summary>Transactions that stay open hold back every reader of a cluster, so these tests have one of their own.</summary>
public sealed class OwnCluster : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("ledger");

    internal BeamtimeDatabase Database { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateClusterAsync(TestDatabase.ClusterOptions(_folder["data"]), default);
        await LedgerStoreTests.ScalarAsync(Database, "create table effects (name text, n bigserial, id text)", default);
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _folder.Dispose();
    }
}

public sealed class LedgerSubscriptionTests(OwnCluster cluster) : IClassFixture<OwnCluster>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly BeamtimeDatabase _database = cluster.Database;
    private readonly LedgerStore _ledger = new(cluster.Database, TimeProvider.System);

    [Fact]
    public async Task An_entry_that_commits_late_is_handed_over_first_and_never_skipped()
    {
        using var end = Ending();
        var seen = Channel.CreateUnbounded<string>();
        var running = Subscription("late", (_, entries, _) => Report(seen, entries)).RunAsync(end.Token);
        var late = await _database.BeginAsync(end.Token);
        await LedgerStoreTests.HangAsync(_ledger, late, "late-first", end.Token);
        await LedgerStoreTests.HangAsync(_ledger, "late-second", end.Token);
        // The reader has had every chance to see the second and must not have.
        var probed = Channel.CreateUnbounded<string>();
        var probe = Subscription("late-probe", (_, entries, _) => Report(probed, entries));
        while (await probe.HandleAsync(end.Token))
        {
            while (probed.Reader.TryRead(out var id))
            {
                Assert.False(id.StartsWith("late-", StringComparison.Ordinal), $"{id} was seen too early");
            }
        }


        await late.CommitAsync(end.Token);
        await late.DisposeAsync();

        Assert.Equal("late-first", await NextAsync(seen, "late-", end.Token));
        Assert.Equal("late-second", await NextAsync(seen, "late-", end.Token));
        await StopAsync(end, running);
    }

    [Fact]
    public async Task Among_many_writers_with_slow_and_failing_ones_every_entry_arrives_once_in_order()
    {
        using var end = Ending();
        var seen = new List<(LedgerCursor Cursor, string Id)>();
        var arrived = new SemaphoreSlim(0);
        var running = Subscription(
            "gap",
            (_, entries, _) =>
            {
                var ours = entries.Where(e => e.Id.StartsWith("gap-", StringComparison.Ordinal)).ToArray();
                seen.AddRange(ours.Select(e => (e.Cursor, e.Id)));
                arrived.Release(ours.Length + 1);
                return Task.CompletedTask;
            }).RunAsync(end.Token);
        var committed = 0;
        var fast = Enumerable.Range(0, 6).Select(async writer =>
        {
            for (var i = 0; i < 150; i++)
            {
                await LedgerStoreTests.HangAsync(_ledger, $"gap-{writer}-{i}", end.Token);
                Interlocked.Increment(ref committed);
            }
        });
        var slow = Enumerable.Range(0, 20).Aggregate(Task.CompletedTask, async (before, i) =>
        {
            await before;
            await using var transaction = await _database.BeginAsync(end.Token);
            await LedgerStoreTests.HangAsync(_ledger, transaction, $"gap-slow-{i}", end.Token);
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, end.Token);
            if (i % 5 != 0)
            {
                await transaction.CommitAsync(end.Token);
                Interlocked.Increment(ref committed);
            }
        });

        await Task.WhenAll([.. fast, slow]);
        while (seen.Count < committed)
        {
            Assert.True(await arrived.WaitAsync(Deadline, end.Token), $"{seen.Count} of {committed} arrived");
        }

        await StopAsync(end, running);
        Assert.Equal(6 * 150 + 16, committed);
        Assert.Equal(committed, seen.Select(s => s.Id).Distinct().Count());
        Assert.Equal(seen.OrderBy(s => (s.Cursor.Epoch, s.Cursor.Tx, s.Cursor.Position)), seen);
    }

    [Fact]
    public async Task A_subscription_that_dies_and_restarts_has_each_effect_exactly_once()
    {
        using var end = Ending();
        var random = new Random(4711);
        for (var i = 0; i < 60; i++)
        {
            await LedgerStoreTests.HangAsync(_ledger, $"once-{i}", end.Token);
        }

        var deaths = 0;
        var isBehind = true;
        while (isBehind)
        {
            var restarted = new LedgerSubscription(
                _database, "once", ["lamp"], HandleAsync, TimeProvider.System, NullLogger.Instance) { BatchSize = 7 };
            try
            {
                isBehind = await restarted.HandleAsync(end.Token);
            }
            catch (InvalidOperationException)
            {
                deaths++;
            }

            isBehind |= await LedgerStoreTests.ScalarAsync(
                _database, "select count(*) < 60 from effects where name = 'once' and id like 'once-%'", end.Token) is true;
        }

        async Task HandleAsync(
            DatabaseTransaction transaction, IReadOnlyList<RecordedEntry> entries, CancellationToken cancel)
        {
            foreach (var entry in entries)
            {
                await using var effect = transaction.Command(
                    "insert into effects (name, id) values ('once', $1)", entry.Id);
                await effect.ExecuteNonQueryAsync(cancel);
            }

            if (random.Next(2) == 0)
            {
                throw new InvalidOperationException("dies after its effects and before the commit");
            }
        }

        Assert.NotEqual(0, deaths);
        Assert.Equal(60L, await LedgerStoreTests.ScalarAsync(
            _database, "select count(*) from effects where name = 'once' and id like 'once-%'", end.Token));
        Assert.Equal(60L, await LedgerStoreTests.ScalarAsync(
            _database, "select count(distinct id) from effects where name = 'once' and id like 'once-%'", end.Token));
    }

    [Fact]
    public async Task A_failing_handler_is_seen_and_gets_the_same_entries_again()
    {
        using var end = Ending();
        var seen = Channel.CreateUnbounded<string>();
        var failures = 0;
        LedgerSubscription subscription = null!;
        subscription = Subscription("fails", (_, entries, _) =>
        {
            if (entries.All(e => e.Id != "fails-1"))
            {
                return Task.CompletedTask;
            }

            if (failures < 2)
            {
                Assert.Equal(failures, subscription.State.Failures);
                failures++;
                throw new InvalidOperationException("the handler is broken");
            }

            Assert.Equal((2, "the handler is broken"), (subscription.State.Failures, subscription.State.LastError));
            return Report(seen, entries);
        });
        await LedgerStoreTests.HangAsync(_ledger, "fails-1", end.Token);
        var running = subscription.RunAsync(end.Token);

        Assert.Equal("fails-1", await NextAsync(seen, "fails-", end.Token));
        await StopAsync(end, running);
    }

    [Fact]
    public async Task Two_programs_under_one_name_share_the_entries()
    {
        using var end = Ending();
        var seen = Channel.CreateUnbounded<string>();
        var running = Enumerable.Range(0, 2)
            .Select(_ => Subscription("shared", (_, entries, _) => Report(seen, entries)).RunAsync(end.Token))
            .ToArray();
        var got = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            await LedgerStoreTests.HangAsync(_ledger, $"shared-{i}", end.Token);
        }

        while (got.Count < 50)
        {
            Assert.True(got.Add(await NextAsync(seen, "shared-", end.Token)), "an entry was handled twice");
        }

        await StopAsync(end, running);
    }

    [Fact]
    public async Task After_a_restore_entries_with_transaction_numbers_of_the_old_server_come_before_new_ones()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var ledger = new LedgerStore(database, TimeProvider.System);
        await LedgerStoreTests.ScalarAsync(
            database,
            """
            insert into entries (epoch, tx, kind, id, version, type, type_version, who, why, at, correlation, data)
            values (1, '1099511627776', 'lamp', 'old', 1, 'lamp.hung', 1, gen_random_uuid(), '', now(), '', '{"place":"x"}')
            """,
            cancel);
        Assert.Equal(2, await ledger.RaiseEpochAsync(cancel));
        await LedgerStoreTests.HangAsync(ledger, "new", cancel);
        var seen = Channel.CreateUnbounded<string>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = new LedgerSubscription(
            database, "restore", ["lamp"], (_, entries, _) => Report(seen, entries), TimeProvider.System, NullLogger.Instance)
            .RunAsync(end.Token);

        Assert.Equal("old", await NextAsync(seen, "", end.Token));
        Assert.Equal("new", await NextAsync(seen, "", end.Token));
        await StopAsync(end, running);
    }

    private static CancellationTokenSource Ending() =>
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    private static Task Report(Channel<string> seen, IReadOnlyList<RecordedEntry> entries)
    {
        foreach (var entry in entries)
        {
            seen.Writer.TryWrite(entry.Id);
        }

        return Task.CompletedTask;
    }

    private static async Task<string> NextAsync(Channel<string> seen, string prefix, CancellationToken cancel)
    {
        while (true)
        {
            var id = await seen.Reader.ReadAsync(cancel).AsTask().WaitAsync(Deadline, TimeProvider.System, cancel);
            if (id.StartsWith(prefix, StringComparison.Ordinal))
            {
                return id;
            }
        }
    }

    private static async Task StopAsync(CancellationTokenSource end, params Task[] running)
    {
        await end.CancelAsync();
        foreach (var task in running)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task);
        }
    }

    private LedgerSubscription Subscription(string name, LedgerHandler handler) => new(
        _database, name, ["lamp"], handler, TimeProvider.System, NullLogger.Instance);
}
