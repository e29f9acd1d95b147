using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Ledger;

/// <summary>The timeline over lamps: one story is told whole, in order, by name.</summary>
public sealed class TimelineTests
{
    private static readonly StreamKindSet Kinds = new([LampLedger.Kind]);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_thing_is_told_with_all_that_one_request_set_off()
    {
        await using var database = await TestDatabase.CreateAsync();
        await HangAsync(database, "a", "hutch", new Why(PersonId.LocalOperator, "too dark", "one"));
        await HangAsync(database, "b", "lab", Why.BySystem("follows a", "one", "lamp a version 1"));
        await HangAsync(database, "c", "attic", Why.BySystem("elsewhere", "two"));
        var timeline = new TimelineStore(database, Kinds);

        var (kind, id, correlation) = await timeline.FindAsync("lamp", "hutch", null, Cancel);
        var page = await timeline.ReadAsync(
            new TimelineQuery { Stream = (kind, id), Correlations = await timeline.StoriesOfAsync(correlation, Cancel) }, Cancel);

        Assert.Equal(["a", "b"], page.Items.Select(line => line.Id));
        Assert.Equal(2, page.Total);
        Assert.Equal(("operator", "too dark", (TimelineCause?)null), (page.Items[0].Who.Name, page.Items[0].Why, page.Items[0].Cause));
        Assert.Equal(new TimelineCause("lamp", "a", 1), page.Items[1].Cause);
        Assert.Equal(("hutch", "hung"), (page.Items[0].Name, page.Items[0].Line));
        Assert.Equal([new EntryDetail("place", "hutch")], page.Items[0].Details);
    }

    [Fact]
    public async Task A_story_that_another_set_off_belongs_to_it_and_not_the_other_way_round()
    {
        await using var database = await TestDatabase.CreateAsync();
        await HangAsync(database, "a", "hutch", Why.BySystem("first", "a"));
        await HangAsync(database, "b", "lab", Why.BySystem("second", "b", "lamp a"));
        await HangAsync(database, "c", "attic", Why.BySystem("third", "c", "lamp b version 1"));
        var timeline = new TimelineStore(database, Kinds);

        Assert.Equal(["a", "b", "c"], (await timeline.StoriesOfAsync("a", Cancel)).Order(StringComparer.Ordinal));
        Assert.Equal(["b", "c"], (await timeline.StoriesOfAsync("b", Cancel)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Causes_that_run_in_a_circle_end()
    {
        await using var database = await TestDatabase.CreateAsync();
        await HangAsync(database, "a", "hutch", Why.BySystem("first", "a", "lamp b"));
        await HangAsync(database, "b", "lab", Why.BySystem("second", "b", "lamp a"));

        Assert.Equal(2, (await new TimelineStore(database, Kinds).StoriesOfAsync("a", Cancel)).Count);
    }

    [Fact]
    public async Task Pages_have_totals_and_filters()
    {
        await using var database = await TestDatabase.CreateAsync();
        var clock = new FakeClock();
        for (var i = 0; i < 5; i++)
        {
            await HangAsync(database, $"lamp-{i}", $"place {i}", Why.BySystem("test", $"c-{i}"), clock);
            clock.Advance(TimeSpan.FromHours(1));
        }

        var timeline = new TimelineStore(database, Kinds);
        var start = new FakeClock().GetUtcNow();

        var page = await timeline.ReadAsync(new TimelineQuery { Offset = 1, Limit = 2 }, Cancel);
        Assert.Equal((5, "lamp-1,lamp-2"), (page.Total, string.Join(',', page.Items.Select(line => line.Id))));

        page = await timeline.ReadAsync(new TimelineQuery { IsNewestFirst = true, Limit = 1 }, Cancel);
        Assert.Equal((5, "lamp-4"), (page.Total, page.Items.Single().Id));

        page = await timeline.ReadAsync(new TimelineQuery { Since = start.AddHours(1), Until = start.AddHours(3) }, Cancel);
        Assert.Equal((2, "lamp-1,lamp-2"), (page.Total, string.Join(',', page.Items.Select(line => line.Id))));

        Assert.Equal(0, (await timeline.ReadAsync(new TimelineQuery { Kinds = ["scan"] }, Cancel)).Total);
        Assert.Equal(0, (await timeline.ReadAsync(new TimelineQuery { Who = PersonId.LocalOperator }, Cancel)).Total);
        Assert.Equal(1, (await timeline.ReadAsync(new TimelineQuery { Stream = ("lamp", "lamp-3") }, Cancel)).Total);
    }

    [Fact]
    public async Task A_person_who_was_forgotten_is_told_as_such()
    {
        await using var database = await TestDatabase.CreateAsync();
        var people = new PeopleStore(database, TimeProvider.System);
        var ada = await people.AddAsync("Ada", Cancel);
        await HangAsync(database, "a", "hutch", new Why(ada, "too dark", "one"));
        var timeline = new TimelineStore(database, Kinds);
        Assert.Equal(
            new TimelinePerson(ada.Value, "Ada", false), (await timeline.ReadAsync(new TimelineQuery(), Cancel)).Items.Single().Who);

        var forgotten = await people.ForgetAsync(
            ada, new Why(PersonId.LocalOperator, "asked for it", "two"), new LedgerStore(database, TimeProvider.System), Cancel);

        Assert.Equal(1, forgotten.OrThrow().Entries);
        var lines = (await timeline.ReadAsync(new TimelineQuery(), Cancel)).Items;
        Assert.Equal(new TimelinePerson(ada.Value, TimelinePerson.Forgotten, true), lines[0].Who);
        Assert.Equal(("person", "person.forgotten", "operator", "asked for it"), (lines[1].Kind, lines[1].Type, lines[1].Who.Name, lines[1].Why));
    }

    [Fact]
    public async Task What_is_not_there_or_has_no_kind_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync();
        var timeline = new TimelineStore(database, Kinds);

        var unknown = await Assert.ThrowsAsync<RefusedException>(() => timeline.FindAsync("lamp", "12", null, Cancel));
        Assert.Equal("ledger.entity.unknown", Assert.Single(unknown.Reasons).Code);
        var kind = await Assert.ThrowsAsync<RefusedException>(() => timeline.FindAsync("lantern", "12", null, Cancel));
        Assert.Equal("ledger.kind.unknown", Assert.Single(kind.Reasons).Code);
    }

    private static async Task HangAsync(
        BeamtimeDatabase database, string id, string place, Why why, TimeProvider? time = null) =>
        await new LedgerStore(database, time ?? TimeProvider.System).AppendAsync(
            LampLedger.Kind, StreamState<Lamp>.New(id), [new LampHung(place)], why, Cancel);
}
