using System.Collections.Concurrent;
using Beamtime.Core.Topics.Spool;
using Beamtime.Tests.Support;
using Beamtime.Tests.Topics.Conformance;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Topics.Spool;

public sealed class DatabaseSpoolTests : IDisposable
{
    private const string Kind = "test.said";
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("database-spool");
    private readonly FakeClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_is_said_while_the_database_is_away_is_committed_in_order_when_it_is_back()
    {
        await using var spool = Open();
        ConcurrentQueue<string> committed = [];
        var (isAway, tried) = (true, new TaskCompletionSource());
        var database = On(spool, (_, word, _) =>
        {
            if (isAway)
            {
                tried.TrySetResult();
                throw new TimeoutException("The database is away.");
            }

            committed.Enqueue(word);
            return Task.CompletedTask;
        });
        using var stop = new CancellationTokenSource();
        var running = database.RunAsync(stop.Token);
        long last = 0;
        foreach (var word in new[] { "one", "two", "three" })
        {
            last = await database.SayAsync(Kind, TestJson.Default.String, Id(), word, Cancel).AsTask().Soon();
        }

        await tried.Task.Soon();
        var all = database.CommittedAsync(last, Cancel);
        Assert.False(all.IsCompleted);
        isAway = false;
        while (!all.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(["one", "two", "three"], committed);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task What_a_dead_process_had_said_the_next_one_commits_and_nothing_that_was_committed_comes_first()
    {
        var ids = Enumerable.Range(0, 5).Select(_ => Id()).ToArray();
        var dead = Open();
        var database = On(dead, (_, word, _) => word == "3" ? throw new TimeoutException("away") : Task.CompletedTask);
        using var die = new CancellationTokenSource();
        var dying = database.RunAsync(die.Token);
        long third = 0;
        for (var i = 0; i < 5; i++)
        {
            var place = await database.SayAsync(Kind, TestJson.Default.String, ids[i], $"{i}", Cancel).AsTask().Soon();
            third = i == 2 ? place : third;
        }

        await database.CommittedAsync(third, Cancel).Soon();
        await die.CancelAsync();
        await dying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await dead.DisposeAsync();

        await using var spool = Open();
        ConcurrentQueue<Guid> committed = [];
        var all = new TaskCompletionSource();
        var next = On(spool, (id, word, _) =>
        {
            committed.Enqueue(id);
            if (word == "4")
            {
                all.SetResult();
            }

            return Task.CompletedTask;
        });
        using var stop = new CancellationTokenSource();
        var running = next.RunAsync(stop.Token);
        await all.Task.Soon();
        // Those already committed may come again, since receivers know ids; none is missing and the order holds.
        Assert.Equal(ids[^committed.Count..], committed);
        Assert.Contains(ids[3], committed);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task A_kind_that_nobody_commits_stops_the_loop()
    {
        await using var spool = Open();
        var database = On(spool, (_, _, _) => Task.CompletedTask);
        await database.SayAsync("test.strange", TestJson.Default.String, Id(), "", Cancel).AsTask().Soon();
        await Assert.ThrowsAsync<InvalidOperationException>(() => database.RunAsync(Cancel).Soon());
    }

    private Guid Id() => Guid.CreateVersion7(_clock.GetUtcNow());

    private RoleSpool Open() => RoleSpool.Open(_folder.Path, 1024 * 1024, NullLogger.Instance);

    private DatabaseSpool On(RoleSpool spool, Func<Guid, string, CancellationToken, Task> commit)
    {
        var database = new DatabaseSpool(spool, error => error is TimeoutException, _clock, NullLogger.Instance);
        database.Handle(Kind, TestJson.Default.String, commit);
        return database;
    }
}
