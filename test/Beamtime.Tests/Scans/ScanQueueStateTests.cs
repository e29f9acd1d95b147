using Beamtime.Control.Scans;
using static Beamtime.Control.Scans.ScanQueueState;

namespace Beamtime.Tests.Scans;

public sealed class ScanQueueStateTests
{
    private static readonly HashSet<(ScanQueueState, ScanQueueState)> Allowed =
    [
        (Running, Paused), (Running, Locked),
        (Paused, Running), (Paused, Locked),
        (Locked, Running), (Locked, Paused),
    ];

    [Fact]
    public void Every_pair_of_states_is_allowed_or_not()
    {
        foreach (var from in Enum.GetValues<ScanQueueState>())
        {
            foreach (var to in Enum.GetValues<ScanQueueState>())
            {
                Assert.True(from.CanBecome(to) == Allowed.Contains((from, to)), $"{from} → {to}");
            }
        }
    }

    [Theory]
    [InlineData(QueueDirection.Up, null, 2, 1)]
    [InlineData(QueueDirection.Up, null, 0, 0)]
    [InlineData(QueueDirection.Down, null, 2, 3)]
    [InlineData(QueueDirection.Down, null, 4, 4)]
    [InlineData(QueueDirection.Top, null, 3, 0)]
    [InlineData(QueueDirection.Bottom, null, 1, 4)]
    [InlineData(QueueDirection.To, 2, 4, 1)]
    [InlineData(QueueDirection.To, 99, 0, 4)]
    internal void A_move_ends_within_the_queue(QueueDirection direction, int? place, int from, int to) =>
        Assert.Equal(to, new QueueMove(direction, place).From(from, 5));

    [Theory]
    [InlineData(QueueDirection.To, null)]
    [InlineData(QueueDirection.To, 0)]
    [InlineData(QueueDirection.Top, 1)]
    internal void A_move_that_makes_no_sense_says_why(QueueDirection direction, int? place) =>
        Assert.NotNull(new QueueMove(direction, place).Mistake);
}
