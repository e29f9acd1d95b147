using Beamtime.Core.Topics;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Topics;

public sealed class TopicSignalTests
{
    private readonly TopicSignal _signal = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wait_after_a_set_passes_at_once_and_only_once()
    {
        _signal.Set();
        _signal.Set();
        await _signal.WaitAsync(Cancel).AsTask().Soon();
        using var giveUp = new CancellationTokenSource();
        var waiting = _signal.WaitAsync(giveUp.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_wake_up_is_lost_between_many_setters_and_one_waiter(bool isCancellable)
    {
        const int Setters = 4;
        const int Each = 25_000;
        var published = 0;
        var setting = Enumerable.Range(0, Setters).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    Interlocked.Increment(ref published);
                    _signal.Set();
                }
            },
            Cancel)).ToArray();
        var token = isCancellable ? Cancel : CancellationToken.None;
        var waiter = Task.Run(
            async () =>
            {
                while (Volatile.Read(ref published) < Setters * Each)
                {
                    await _signal.WaitAsync(token);
                }
            },
            Cancel);
        await Task.WhenAll(setting).Soon();
        await waiter.Soon();
    }

    [Fact]
    public async Task It_can_be_waited_for_again_after_a_cancelled_wait()
    {
        using (var giveUp = new CancellationTokenSource())
        {
            var waiting = _signal.WaitAsync(giveUp.Token).AsTask();
            await giveUp.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _signal.WaitAsync(giveUp.Token).AsTask().Soon());
        }

        var again = _signal.WaitAsync(Cancel).AsTask();
        _signal.Set();
        await again.Soon();
    }
}
