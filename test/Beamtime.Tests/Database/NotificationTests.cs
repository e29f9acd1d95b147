using Beamtime.Tests.Support;

namespace Beamtime.Tests.Database;

public sealed class NotificationTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_commit_wakes_who_listens_on_its_channel_and_nobody_else()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        using var hears = database.Listener.Subscribe("jobs");
        using var other = database.Listener.Subscribe("ledger");
        // The first connection wakes everybody once, as a lost one does.
        Assert.True(await hears.WaitAsync(Deadline, cancel));
        Assert.True(await other.WaitAsync(Deadline, cancel));

        await database.TransactAsync(
            transaction =>
            {
                transaction.NotifyAfterCommit("jobs");
                return Task.CompletedTask;
            },
            cancel);

        Assert.True(await hears.WaitAsync(Deadline, cancel));
        Assert.False(await other.WaitAsync(TimeSpan.FromMilliseconds(1), cancel));
    }

    [Fact]
    public async Task The_listener_returns_when_its_connection_is_ended()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        using var hears = database.Listener.Subscribe("jobs");
        Assert.True(await hears.WaitAsync(Deadline, cancel));

        await using (var end = database.Owner.CreateCommand(
            """
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and application_name = 'beamtime listener'
            """))
        {
            Assert.Equal(true, await end.ExecuteScalarAsync(cancel));
        }

        Assert.True(await hears.WaitAsync(Deadline, cancel));
        database.Notifier.Notify("jobs");
        Assert.True(await hears.WaitAsync(Deadline, cancel));
    }

    [Fact]
    public async Task A_burst_arrives_as_few_notifications()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        var heard = 0;
        var last = new TaskCompletionSource();
        await using var connection = await database.Owner.OpenConnectionAsync(cancel);
        connection.Notification += (_, received) =>
        {
            heard += received.Payload == "jobs" ? 1 : 0;
            if (received.Payload == "end")
            {
                last.TrySetResult();
            }
        };
        await using (var listen = new Npgsql.NpgsqlCommand("listen beamtime", connection))
        {
            await listen.ExecuteNonQueryAsync(cancel);
        }

        for (var i = 0; i < 10_000; i++)
        {
            database.Notifier.Notify("jobs");
        }

        database.Notifier.Notify("end");
        while (!last.Task.IsCompleted)
        {
            await connection.WaitAsync(cancel);
        }

        Assert.InRange(heard, 1, 100);
    }
}
