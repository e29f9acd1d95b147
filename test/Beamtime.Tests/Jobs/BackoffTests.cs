using Beamtime.Core.Jobs;

namespace Beamtime.Tests.Jobs;

public sealed class BackoffTests
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), 2, TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 4)]
    [InlineData(6, 32)]
    [InlineData(7, 60)]
    [InlineData(8, 60)]
    [InlineData(10_000, 60)]
    public void The_ceiling_doubles_until_its_longest(int attempt, int seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Ceiling(attempt));
    }

    [Fact]
    public void The_jitter_spreads_over_the_whole_ceiling_and_never_passes_it()
    {
        var random = new Random(20);
        foreach (var attempt in Enumerable.Range(1, 12))
        {
            var ceiling = Backoff.Ceiling(attempt);
            var delays = Enumerable.Range(0, 1000).Select(_ => Backoff.Delay(attempt, random.NextDouble())).ToArray();
            Assert.All(delays, d => Assert.InRange(d, TimeSpan.Zero, ceiling));
            Assert.True(delays.Min() < ceiling * 0.05);
            Assert.True(delays.Max() > ceiling * 0.95);
        }
    }

    [Fact]
    public void There_is_no_pause_before_the_first_attempt()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Backoff.Ceiling(0));
    }
}
