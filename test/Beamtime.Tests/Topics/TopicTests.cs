using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Topics;

public sealed class TopicTests
{
    private readonly FakeClock _clock = new();
    private readonly TopicSignal _signal = new();
    private readonly LocalTopic<string> _topic;

    public TopicTests() => _topic = new LocalTopic<string>("2-bm.test", 8, ["reader"], _clock);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_slow_lossless_reader_sees_every_message_in_order()
    {
        const int Count = 20_000;
        using var subscription = _topic.Subscribe("reader", _signal);
        var publishing = Task.Run(
            async () =>
            {
                for (var i = 0; i < Count; i++)
                {
                    await _topic.PublishAsync(i.ToString(System.Globalization.CultureInfo.InvariantCulture), Cancel);
                }
            },
            Cancel);
        var batch = new string[3];
        for (var expected = 0; expected < Count;)
        {
            var count = subscription.Read(batch);
            for (var i = 0; i < count; i++)
            {
                Assert.Equal(expected++, int.Parse(batch[i], System.Globalization.CultureInfo.InvariantCulture));
            }

            subscription.AcknowledgeRead();
            if (count == 0)
            {
                await _signal.WaitAsync(Cancel).AsTask().Soon();
            }
        }

        await publishing.Soon();
        Assert.Equal(0, subscription.Skipped);
        Assert.Equal(Count, _topic.NextOffset);
    }

    [Fact]
    public async Task The_publisher_waits_at_the_bound_and_goes_on_at_an_acknowledgement()
    {
        using var subscription = _topic.Subscribe("reader", _signal);
        await FillAsync();
        Assert.False(_topic.TryPublish("full"));
        var waiting = _topic.PublishAsync("late", Cancel).AsTask();
        var batch = new string[8];
        Assert.Equal(8, subscription.Read(batch));
        Assert.False(waiting.IsCompleted);
        subscription.Acknowledge(1);
        await waiting.Soon();
        Assert.Equal(9, _topic.NextOffset);
        Assert.Equal("late", (await _topic.LastAsync(Cancel))!.Message);
    }

    [Fact]
    public void The_slowest_of_several_readers_is_the_bound()
    {
        var topic = new LocalTopic<string>("2-bm.test", 2, ["fast", "slow"], _clock);
        using var fast = topic.Subscribe("fast", _signal);
        using var slow = topic.Subscribe("slow", new TopicSignal());
        Assert.True(topic.TryPublish("1"));
        Assert.True(topic.TryPublish("2"));
        fast.Acknowledge(2);
        Assert.False(topic.TryPublish("full"));
        slow.Acknowledge(1);
        Assert.True(topic.TryPublish("more"));
    }

    [Fact]
    public async Task A_consumer_that_is_away_holds_the_publisher_up_and_goes_on_where_it_acknowledged()
    {
        await FillAsync();
        Assert.False(_topic.TryPublish("full"));
        var batch = new string[8];
        using (var first = _topic.Subscribe("reader", _signal))
        {
            Assert.Equal(8, first.Read(batch));
            first.Acknowledge(3);
        }

        await _topic.PublishAsync("more", Cancel);
        using var second = _topic.Subscribe("reader", _signal);
        Assert.Equal(6, second.Read(batch));
        Assert.Equal("3", batch[0]);
        Assert.Equal("more", batch[5]);
    }

    [Fact]
    public void A_consumer_is_declared_and_subscribed_once()
    {
        using var reader = _topic.Subscribe("reader", _signal);
        Assert.Throws<ArgumentException>(() => _topic.Subscribe("reader", _signal));
        Assert.Throws<ArgumentException>(() => _topic.Subscribe("stranger", _signal));
    }

    [Fact]
    public async Task A_publication_that_was_given_up_is_not_published()
    {
        using var subscription = _topic.Subscribe("reader", _signal);
        await FillAsync();
        using var giveUp = new CancellationTokenSource();
        var waiting = _topic.PublishAsync("never", giveUp.Token).AsTask();
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        var batch = new string[16];
        Assert.Equal(8, subscription.Read(batch));
        subscription.AcknowledgeRead();
        await _topic.PublishAsync("next", Cancel);
        Assert.Equal(1, subscription.Read(batch));
        Assert.Equal("next", batch[0]);
    }

    [Fact]
    public async Task A_lossy_reader_never_holds_up_and_counts_what_it_skipped()
    {
        var topic = new LocalTopic<string>("2-bm.test", 8, [], _clock);
        using var subscription = topic.SubscribeLossy(_signal);
        for (var i = 0; i < 20; i++)
        {
            await topic.PublishAsync($"{i}", Cancel);
        }

        var batch = new string[16];
        Assert.Equal(8, subscription.Read(batch));
        Assert.Equal("12", batch[0]);
        Assert.Equal("19", batch[7]);
        Assert.Equal(12, subscription.Skipped);
        Assert.Equal(0, subscription.Read(batch));
    }

    [Fact]
    public async Task A_reader_may_begin_at_any_offset_that_is_kept_and_at_no_other()
    {
        using (var first = _topic.Subscribe("reader", _signal))
        {
            first.Acknowledge(10);
            for (var i = 0; i < 10; i++)
            {
                await _topic.PublishAsync($"{i}", Cancel);
            }
        }

        var batch = new string[16];
        using (var oldest = _topic.Subscribe("reader", _signal, 2))
        {
            Assert.Equal(8, oldest.Read(batch));
            Assert.Equal("2", batch[0]);
        }

        using (var next = _topic.Subscribe("reader", _signal, 10))
        {
            Assert.Equal(0, next.Read(batch));
        }

        foreach (var gone in new long[] { 1, 11, -1 })
        {
            var fault = Assert.Throws<FaultException>(() => _topic.Subscribe("reader", _signal, gone));
            Assert.Equal("topic.offset.gone", fault.Reason.Code);
        }
    }

    [Fact]
    public async Task A_subscription_to_old_messages_wakes_its_reader_at_once()
    {
        await _topic.PublishAsync("old", Cancel);
        using var subscription = _topic.Subscribe("reader", _signal, 0);
        await _signal.WaitAsync(Cancel).AsTask().Soon();
        Assert.Equal(1, subscription.Read(new string[1]));
    }

    [Fact]
    public async Task The_last_value_carries_its_time()
    {
        var topic = new LocalTopic<string>("2-bm.test", 8, [], _clock);
        Assert.Null(await topic.LastAsync(Cancel));
        var at = _clock.GetUtcNow();
        await topic.PublishAsync("a", Cancel);
        _clock.Advance(TimeSpan.FromSeconds(7));
        Assert.Equal(new LastValue<string>("a", at, Until: 1), await topic.LastAsync(Cancel));
    }

    [Fact]
    public void A_capacity_is_a_power_of_two() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new LocalTopic<string>("2-bm.test", 12, [], _clock));

    private async Task FillAsync()
    {
        for (var i = 0; i < 8; i++)
        {
            await _topic.PublishAsync($"{i}", Cancel);
        }
    }
}
