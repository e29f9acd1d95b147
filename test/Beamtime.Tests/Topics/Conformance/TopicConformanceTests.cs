using System.Globalization;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Topics.Conformance;

/// <summary>What every topic does, wherever its messages go.</summary>
public sealed class TopicConformanceTests
{
    private readonly FakeClock _clock = new();
    private readonly TopicSignal _signal = new();

    public static TheoryData<string> Hub => Hubs.All;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_slow_lossless_reader_sees_every_message_in_order(string kind)
    {
        const int Count = 5_000;
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader"));
        using var subscription = topic.Subscribe("reader", _signal);
        var publishing = Task.Run(
            async () =>
            {
                for (var i = 0; i < Count; i++)
                {
                    await topic.PublishAsync(Text(i), Cancel);
                }
            },
            Cancel);
        for (var expected = 0; expected < Count;)
        {
            var batch = await subscription.ReadAsync(_signal, 1, Cancel);
            Assert.Equal(Text(expected++), batch[0]);
            subscription.AcknowledgeRead();
        }

        await publishing.Soon();
        Assert.Equal(0, subscription.Skipped);
        Assert.Equal(Count, subscription.Position);
        Assert.Equal(Count, subscription.AcknowledgedUntil);
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task The_publisher_waits_at_the_bound_and_goes_on_at_an_acknowledgement(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader"));
        using var subscription = topic.Subscribe("reader", _signal);
        await FillAsync(topic);
        Assert.False(topic.TryPublish("full"));
        var waiting = topic.PublishAsync("late", Cancel).AsTask();
        Assert.Equal(8, (await subscription.ReadAsync(_signal, 8, Cancel)).Count);
        Assert.False(waiting.IsCompleted);
        subscription.Acknowledge(1);
        await waiting.Soon();
        Assert.Equal("late", (await topic.LastAsync(Cancel))!.Message);
        Assert.Equal(["late"], await subscription.ReadAsync(_signal, 1, Cancel));
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task The_slowest_of_several_readers_is_the_bound(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 2, "fast", "slow"));
        using var fast = topic.Subscribe("fast", _signal);
        using var slow = topic.Subscribe("slow", new TopicSignal());
        await topic.PublishAsync("1", Cancel);
        await topic.PublishAsync("2", Cancel);
        await fast.ReadAsync(_signal, 2, Cancel);
        fast.Acknowledge(2);
        var waiting = topic.PublishAsync("3", Cancel).AsTask();
        Assert.False(topic.TryPublish("full"));
        Assert.False(waiting.IsCompleted);
        slow.Acknowledge(1);
        await waiting.Soon();
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_consumer_that_is_away_holds_the_publisher_up_and_goes_on_where_it_acknowledged(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader"));
        await FillAsync(topic);
        Assert.False(topic.TryPublish("full"));
        using (var first = topic.Subscribe("reader", _signal))
        {
            await first.ReadAsync(_signal, 8, Cancel);
            first.Acknowledge(3);
        }

        await topic.PublishAsync("more", Cancel).AsTask().Soon();
        using var second = topic.Subscribe("reader", _signal);
        Assert.Equal(["3", "4", "5", "6", "7", "more"], await second.ReadAsync(_signal, 6, Cancel));
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_consumer_is_declared_and_subscribed_once(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader"));
        using var reader = topic.Subscribe("reader", _signal);
        Assert.Throws<ArgumentException>(() => topic.Subscribe("reader", _signal));
        Assert.Throws<ArgumentException>(() => topic.Subscribe("stranger", _signal));
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_publication_that_was_given_up_is_not_published(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader"));
        using var subscription = topic.Subscribe("reader", _signal);
        await FillAsync(topic);
        using var giveUp = new CancellationTokenSource();
        var waiting = topic.PublishAsync("never", giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        await subscription.ReadAsync(_signal, 8, Cancel);
        subscription.AcknowledgeRead();
        await topic.PublishAsync("next", Cancel).AsTask().Soon();
        Assert.Equal(["next"], await subscription.ReadAsync(_signal, 1, Cancel));
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_lossy_reader_never_holds_up_and_counts_what_it_skipped(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8));
        using var subscription = topic.SubscribeLossy(_signal);
        await subscription.ReadyAsync(Cancel).Soon();
        for (var i = 0; i < 20; i++)
        {
            await topic.PublishAsync(Text(i), Cancel);
        }

        List<string> read = [];
        while (!read.Contains("19"))
        {
            read.AddRange(await subscription.ReadAsync(_signal, 1, Cancel));
        }

        Assert.Equal(20, read.Count + subscription.Skipped);
        Assert.Equal(read, read.OrderBy(r => int.Parse(r, CultureInfo.InvariantCulture)));
        Assert.Equal(20, subscription.Position);
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_reader_may_begin_at_any_offset_that_is_kept_and_at_no_other(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader"));
        using (var first = topic.Subscribe("reader", _signal))
        {
            for (var i = 0; i < 10; i++)
            {
                await topic.PublishAsync(Text(i), Cancel);
                await first.ReadAsync(_signal, 1, Cancel);
                first.AcknowledgeRead();
            }
        }

        using (var oldest = topic.Subscribe("reader", _signal, 2))
        {
            Assert.Equal(["2", "3", "4", "5", "6", "7", "8", "9"], await oldest.ReadAsync(_signal, 8, Cancel));
        }

        using (var next = topic.Subscribe("reader", _signal, 10))
        {
            await next.ReadyAsync(Cancel).Soon();
            Assert.Equal(0, next.Read(new string[1]));
        }

        foreach (var gone in new long[] { 1, 11, -1 })
        {
            var fault = await Assert.ThrowsAsync<FaultException>(async () =>
            {
                using var reader = topic.Subscribe("reader", _signal, gone);
                await reader.ReadAsync(_signal, 1, Cancel);
            });
            Assert.Equal("topic.offset.gone", fault.Reason.Code);
        }
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_subscription_to_old_messages_wakes_its_reader(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var topic = hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader"));
        await topic.PublishAsync("old", Cancel);
        using var subscription = topic.Subscribe("reader", _signal);
        Assert.Equal(["old"], await subscription.ReadAsync(_signal, 1, Cancel));
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task One_signal_serves_several_subscriptions(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        var (one, two) = (hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader")), hub.Open(Hubs.Topic(Hubs.Name(), 8, "reader")));
        using var first = one.Subscribe("reader", _signal);
        using var second = two.Subscribe("reader", _signal);
        await one.PublishAsync("1", Cancel);
        Assert.Equal(["1"], await first.ReadAsync(_signal, 1, Cancel));
        await two.PublishAsync("2", Cancel);
        Assert.Equal(["2"], await second.ReadAsync(_signal, 1, Cancel));
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task The_last_value_carries_its_time(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        await using var other = kind.StartsWith("Redis", StringComparison.Ordinal) ? await Hubs.OpenAsync(kind, _clock) : null;
        var name = Hubs.Name();
        var topic = hub.Open(Hubs.Topic(name, 8));
        Assert.Null(await topic.LastAsync(Cancel));
        var at = _clock.GetUtcNow();
        await topic.PublishAsync("a", Cancel);
        _clock.Advance(TimeSpan.FromSeconds(7));
        var own = (await topic.LastAsync(Cancel))!;
        Assert.Equal(("a", at), (own.Message, own.PublishedAt));
        if (other is null)
        {
            return;
        }

        await ((Core.Topics.Redis.RedisTopic<string>)topic).SentAsync(Cancel).Soon();
        var read = (await other.Open(Hubs.Topic(name, 8)).LastAsync(Cancel))!;
        Assert.Equal("a", read.Message);
        Assert.InRange(read.PublishedAt - at, TimeSpan.FromSeconds(-10), TimeSpan.FromSeconds(10));
        Assert.True(read.Epoch > 0);
    }

    [Theory]
    [MemberData(nameof(Hub))]
    public async Task A_capacity_is_a_power_of_two(string kind)
    {
        await using var hub = await Hubs.OpenAsync(kind, _clock);
        Assert.Throws<ArgumentOutOfRangeException>(() => hub.Open(Hubs.Topic(Hubs.Name(), 12)));
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task FillAsync(Topic<string> topic)
    {
        for (var i = 0; i < 8; i++)
        {
            await topic.PublishAsync(Text(i), Cancel);
        }
    }
}
