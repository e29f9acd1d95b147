using System.Globalization;
using Beamtime.Core.Topics;
using Beamtime.Core.Topics.Redis;
using Beamtime.Core.Topics.Spool;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Beamtime.Tests.Topics.Conformance;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Topics.Redis;

/// <summary>What must hold when Redis, the way to it, or a process dies.</summary>
public sealed class RedisFaultTests
{
    private readonly TopicSignal _signal = new();
    private readonly string _name = Hubs.Name();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_message_arrives_once_and_in_order_though_Redis_is_killed_and_comes_back_empty()
    {
        const int Count = 60_000;
        await using var server = await RedisServer.StartAsync();
        await using var publisher = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await using var reader = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        var publishing = PublishAsync(publisher, 0, Count);
        using var subscription = reader.Open(Topic()).Subscribe("reader", _signal);
        for (var (read, kills) = (0, 0); read < Count;)
        {
            read += await ReadSomeAsync(subscription, read);
            if (read > Count / 4 * (kills + 1) && kills < 3)
            {
                kills++;
                await server.KillAsync();
                await server.RestartAsync();
            }
        }

        await publishing.Soon();
        Assert.Equal((Count, 0L), (subscription.Position, subscription.Skipped));
    }

    [Fact]
    public async Task Every_message_arrives_once_and_in_order_though_connections_are_cut_at_random_bytes()
    {
        const int Count = 20_000;
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var server = await RedisServer.StartAsync();
        await using var proxy = new CuttingProxy(server.Port, seed, 2_000, 60_000);
        var url = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{proxy.Port}");
        await using var publisher = Hubs.Redis(url, TimeProvider.System);
        await using var reader = Hubs.Redis(url, TimeProvider.System);
        var publishing = PublishAsync(publisher, 0, Count);
        using var subscription = reader.Open(Topic()).Subscribe("reader", _signal);
        for (var read = 0; read < Count;)
        {
            read += await ReadSomeAsync(subscription, read);
        }

        await publishing.Soon();
        proxy.IsCutting = false;
        Assert.True(proxy.Cuts > 3, $"{proxy.Cuts} cuts");
        Assert.Equal(0, subscription.Skipped);
    }

    [Fact]
    public async Task A_publisher_that_is_started_again_goes_on_at_the_next_offset()
    {
        await using var server = await RedisServer.StartAsync();
        await using (var first = Hubs.Redis(server.SocketUrl, TimeProvider.System))
        {
            await PublishAsync(first, 0, 10);
        }

        await using var second = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await PublishAsync(second, 10, 20);
        using (var subscription = second.Open(Topic()).Subscribe("reader", _signal))
        {
            for (var read = 0; read < 15;)
            {
                read += await ReadSomeAsync(subscription, read, 15 - read);
            }

            subscription.Acknowledge(15);
        }

        await using var third = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await PublishAsync(third, 20, 30);
        await second.DisposeAsync();
        using var again = third.Open(Topic()).Subscribe("reader", _signal);
        for (var read = 15; read < 30;)
        {
            read += await ReadSomeAsync(again, read);
        }

        Assert.Equal(30, again.Position);
    }

    [Fact]
    public async Task With_the_spool_nothing_is_lost_though_Redis_and_the_publisher_both_die()
    {
        using var folder = TemporaryFolder.Create("spooled-topic");
        await using var server = await RedisServer.StartAsync();
        await using var reader = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        using var subscription = reader.Open(Topic()).Subscribe("reader", _signal);
        var read = 0;
        var next = 0;
        for (var life = 0; life < 4; life++)
        {
            await using var spool = RoleSpool.Open(folder.Path, 64 * 1024 * 1024, NullLogger.Instance);
            await using var hub = Hubs.Redis(server.SocketUrl, TimeProvider.System, spool: spool);
            await PublishAsync(hub, next, next + 300);
            next += 300;
            await ((RedisTopic<string>)hub.Open(Topic())).SentAsync(Cancel).Soon();
            for (var until = next - 150; read < until;)
            {
                read += await ReadSomeAsync(subscription, read, until - read);
            }

            await server.KillAsync();
            // Said while Redis is away, and never sent by this publisher.
            await PublishAsync(hub, next, next + 50);
            next += 50;
            await hub.DisposeAsync();
            await spool.DisposeAsync();
            await server.RestartAsync();
        }

        await using var lastSpool = RoleSpool.Open(folder.Path, 64 * 1024 * 1024, NullLogger.Instance);
        await using var last = Hubs.Redis(server.SocketUrl, TimeProvider.System, spool: lastSpool);
        await PublishAsync(last, next, next + 10);
        while (read < next + 10)
        {
            read += await ReadSomeAsync(subscription, read);
        }

        Assert.Equal(next + 10, subscription.Position);
    }

    [Fact]
    public async Task Of_two_publishers_the_older_stops()
    {
        await using var server = await RedisServer.StartAsync();
        await using var old = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await PublishAsync(old, 0, 3);
        await ((RedisTopic<string>)old.Open(Topic())).SentAsync(Cancel).Soon();
        await using var young = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await PublishAsync(young, 3, 6);
        await ((RedisTopic<string>)young.Open(Topic())).SentAsync(Cancel).Soon();
        var fault = await Assert.ThrowsAsync<FaultException>(async () =>
        {
            await old.Open(Topic()).PublishAsync("stale", Cancel);
            await ((RedisTopic<string>)old.Open(Topic())).SentAsync(Cancel).Soon();
        });
        Assert.Equal("topic.publisher.stale", fault.Reason.Code);
        await Assert.ThrowsAsync<FaultException>(() => old.Open(Topic()).PublishAsync("stale", Cancel).AsTask());
        using var subscription = young.Open(Topic()).Subscribe("reader", _signal);
        for (var read = 0; read < 6;)
        {
            read += await ReadSomeAsync(subscription, read);
        }

        Assert.Equal(0, subscription.Read(new string[1]));
    }

    [Fact]
    public async Task A_stream_that_somebody_removes_is_filled_again()
    {
        await using var server = await RedisServer.StartAsync();
        await using var hub = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await PublishAsync(hub, 0, 100);
        await ((RedisTopic<string>)hub.Open(Topic())).SentAsync(Cancel).Soon();
        var connection = await hub.Link.UpAsync(Cancel);
        await connection.AskAsync(Cancel, "FLUSHALL");
        using var subscription = hub.Open(Topic()).Subscribe("reader", _signal);
        for (var read = 0; read < 100;)
        {
            read += await ReadSomeAsync(subscription, read);
        }
    }

    [Fact]
    public async Task A_full_Redis_holds_the_publisher_up_and_loses_nothing()
    {
        await using var server = await RedisServer.StartAsync();
        await using var hub = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await PublishAsync(hub, 0, 10);
        await ((RedisTopic<string>)hub.Open(Topic())).SentAsync(Cancel).Soon();
        var connection = await hub.Link.UpAsync(Cancel);
        await connection.AskAsync(Cancel, "CONFIG", "SET", "maxmemory", "1");
        await PublishAsync(hub, 10, 500);
        await connection.AskAsync(Cancel, "CONFIG", "SET", "maxmemory", "0");
        using var subscription = hub.Open(Topic()).Subscribe("reader", _signal);
        for (var read = 0; read < 500;)
        {
            read += await ReadSomeAsync(subscription, read);
        }
    }

    [Fact]
    public async Task A_question_waits_for_Redis_and_its_effect_happens_once()
    {
        await using var server = await RedisServer.StartAsync();
        await using var asker = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        await using var answerer = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var (effects, release) = (0, new TaskCompletionSource());
        var begun = new TaskCompletionSource();
        var serving = answerer.Open(Hubs.Requests(_name, 8)).ServeAsync(
            async (n, _) =>
            {
                if (n == 2)
                {
                    Interlocked.Increment(ref effects);
                    begun.SetResult();
                    await release.Task;
                }

                return $"{n}";
            },
            stop.Token);
        var topic = asker.Open(Hubs.Requests(_name, 8));
        var deadline = TimeSpan.FromSeconds(30);
        Assert.Equal("1", await topic.AskAsync(1, deadline, Cancel).AsTask().Soon());
        var asking = topic.AskAsync(2, deadline, Cancel).AsTask();
        await begun.Task.Soon();
        await server.KillAsync();
        var meanwhile = topic.AskAsync(3, deadline, Cancel).AsTask();
        release.SetResult();
        Assert.False(asking.IsCompleted);
        await server.RestartAsync();
        Assert.Equal("2", await asking.Soon());
        Assert.Equal("3", await meanwhile.Soon());
        Assert.Equal(1, effects);
        await stop.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task What_an_answerer_took_before_it_died_no_later_one_takes_and_what_it_had_not_taken_is_served()
    {
        await using var server = await RedisServer.StartAsync();
        await using var asker = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        var topic = asker.Open(Hubs.Requests(_name, 8));
        List<int> asked = [];
        var begun = new TaskCompletionSource();
        using var first = new CancellationTokenSource();
        await using var dead = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        var dying = dead.Open(Hubs.Requests(_name, 8)).ServeAsync(
            (n, _) =>
            {
                asked.Add(n);
                begun.SetResult();
                return new ValueTask<string>(new TaskCompletionSource<string>().Task);
            },
            first.Token);
        var lost = topic.AskAsync(1, TimeSpan.FromSeconds(3), Cancel).AsTask();
        await begun.Task.Soon();
        await first.CancelAsync();
        await dying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        var kept = topic.AskAsync(2, TimeSpan.FromSeconds(30), Cancel).AsTask();
        using var stop = new CancellationTokenSource();
        await using var next = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        var serving = next.Open(Hubs.Requests(_name, 8)).ServeAsync(
            (n, _) =>
            {
                asked.Add(n);
                return ValueTask.FromResult($"{n}");
            },
            stop.Token);
        Assert.Equal("2", await kept.Soon());
        var fault = await Assert.ThrowsAsync<FaultException>(() => lost.Soon());
        Assert.Equal("role.unreachable", fault.Reason.Code);
        Assert.Equal([1, 2], asked);
        await stop.CancelAsync();
        await serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task While_Redis_stays_away_a_question_ends_after_the_patience_as_role_unreachable()
    {
        await using var server = await RedisServer.StartAsync();
        await using var hub = Hubs.Redis(
            server.SocketUrl, TimeProvider.System, new TopicOptions { Patience = TimeSpan.FromSeconds(0.5) });
        await hub.Link.UpAsync(Cancel);
        await server.KillAsync();
        var fault = await Assert.ThrowsAsync<FaultException>(
            () => hub.Open(Hubs.Requests(_name, 8)).AskAsync(1, TimeSpan.FromHours(1), Cancel).AsTask().Soon());
        Assert.Equal("role.unreachable", fault.Reason.Code);
    }

    [Fact]
    public async Task A_wrong_password_is_told_with_its_remedy_and_a_user_of_its_own_is_let_in()
    {
        await using var server = await RedisServer.StartAsync("--requirepass", "it");
        var fault = await Assert.ThrowsAsync<FaultException>(() => LookAsync(server.TcpUrl));
        Assert.Equal("redis.login", fault.Reason.Code);
        var (_, port) = (0, server.Port);
        var url = string.Create(CultureInfo.InvariantCulture, $"redis://:it@127.0.0.1:{port}");
        Assert.Empty((await LookAsync(url)).Problems);
        await using var admin = Hubs.Redis(url, TimeProvider.System);
        await (await admin.Link.UpAsync(Cancel)).AskAsync(
            Cancel, "ACL", "SETUSER", "beam", "on", ">time", "~beamtime:*", "&beamtime:*", "+@all", "-@admin", "-@dangerous", "+info");
        var own = string.Create(CultureInfo.InvariantCulture, $"redis://beam:time@127.0.0.1:{port}");
        Assert.Empty((await LookAsync(own)).Problems);
        await using var hub = Hubs.Redis(own, TimeProvider.System);
        await PublishAsync(hub, 0, 3);
        using var subscription = hub.Open(Topic()).Subscribe("reader", _signal);
        for (var read = 0; read < 3;)
        {
            read += await ReadSomeAsync(subscription, read);
        }
    }

    [Fact]
    public async Task A_Redis_that_may_throw_keys_away_is_told()
    {
        await using var server = await RedisServer.StartAsync("--maxmemory-policy", "allkeys-lru");
        var found = await LookAsync(server.SocketUrl);
        Assert.Equal("redis.policy", Assert.Single(found.Problems).Code);
        Assert.StartsWith("7.", found.Version, StringComparison.Ordinal);
    }

    private static Task<RedisFindings> LookAsync(string url) =>
        RedisFindings.LookAsync(new TopicOptions { Url = url }, TimeProvider.System, Cancel).Soon();

    private TopicDeclaration<string> Topic() => Hubs.Topic(_name, 1024, "reader");

    private Task PublishAsync(TopicHub hub, int from, int to) => Task.Run(
        async () =>
        {
            var topic = hub.Open(Topic());
            for (var i = from; i < to; i++)
            {
                await topic.PublishAsync(i.ToString(CultureInfo.InvariantCulture), Cancel);
            }
        },
        Cancel);

    private async Task<int> ReadSomeAsync(Subscription<string> subscription, int expected, int most = 64)
    {
        var batch = new string[Math.Min(most, 64)];
        int count;
        while ((count = subscription.Read(batch)) == 0)
        {
            await _signal.WaitAsync(Cancel).AsTask().Soon();
        }

        for (var i = 0; i < count; i++)
        {
            Assert.Equal(expected + i, int.Parse(batch[i], CultureInfo.InvariantCulture));
        }

        subscription.AcknowledgeRead();
        return count;
    }
}
