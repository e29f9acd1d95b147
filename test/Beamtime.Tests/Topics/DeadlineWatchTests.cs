using Beamtime.Core.Topics;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Topics;

public sealed class DeadlineWatchTests
{
    private readonly FakeClock _clock = new();
    private readonly DeadlineWatch _watch;

    public DeadlineWatchTests() => _watch = new DeadlineWatch(_clock);

    [Fact]
    public void A_thing_expires_once_at_most_a_tick_late()
    {
        var thing = new Thing();
        _watch.Add(thing, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1) - DeadlineWatch.Tick);
        Assert.Empty(thing.Expired);
        _clock.Advance(DeadlineWatch.Tick * 2);
        Assert.Equal([TimeSpan.FromSeconds(1)], thing.Expired);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(thing.Expired);
    }

    [Fact]
    public void What_was_removed_does_not_expire()
    {
        Thing[] things = [.. Enumerable.Range(0, 5).Select(_ => new Thing())];
        foreach (var thing in things)
        {
            _watch.Add(thing, TimeSpan.FromSeconds(1));
        }

        _watch.Remove(things[1]);
        _watch.Remove(things[4]);
        _watch.Remove(things[1]);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([1, 0, 1, 1, 0], things.Select(t => t.Expired.Count));
    }

    [Fact]
    public void The_timer_rests_when_nothing_is_watched_and_wakes_again()
    {
        var thing = new Thing();
        Assert.Equal(0, _clock.Armed);
        _watch.Add(thing, TimeSpan.FromSeconds(1));
        Assert.Equal(1, _clock.Armed);
        _watch.Remove(thing);
        _clock.Advance(DeadlineWatch.Tick);
        Assert.Equal(0, _clock.Armed);
        _watch.Add(thing, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(thing.Expired);
    }

    [Fact]
    public void A_thing_may_be_watched_again_from_its_own_end()
    {
        var thing = new Thing();
        thing.AtEnd = () => _watch.Add(thing, TimeSpan.FromSeconds(3));
        _watch.Add(thing, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1.1));
        thing.AtEnd = null;
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3)], thing.Expired);
    }

    private sealed class Thing : IExpiring
    {
        public List<TimeSpan> Expired { get; } = [];

        public Action? AtEnd { get; set; }

        public DeadlineEntry Deadline { get; } = new();

        public void Expire(TimeSpan deadline)
        {
            Expired.Add(deadline);
            AtEnd?.Invoke();
        }
    }
}
