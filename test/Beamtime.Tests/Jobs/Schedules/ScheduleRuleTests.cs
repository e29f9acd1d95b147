using System.Globalization;
using Beamtime.Core.Jobs.Schedules;

namespace Beamtime.Tests.Jobs.Schedules;

public sealed class ScheduleRuleTests
{
    [Theory]
    [InlineData("*/15 * * * *", "2026-01-01T00:00:00", "2026-01-01T00:15:00")]
    [InlineData("5,35 8-17/3 * * MON-FRI", "2026-01-02T17:40:00", "2026-01-05T08:05:00")]
    [InlineData("0 0 29 2 *", "2026-01-01T00:00:00", "2028-02-29T00:00:00")]
    [InlineData("0 12 * jan,JUL sun", "2026-01-31T00:00:00", "2026-07-05T12:00:00")]
    [InlineData("0 6 * * 7", "2026-01-01T00:00:00", "2026-01-04T06:00:00")]
    [InlineData("10/20 3 * * *", "2026-01-01T03:10:00", "2026-01-01T03:30:00")]
    [InlineData("@monthly", "2026-01-15T00:00:00", "2026-02-01T00:00:00")]
    [InlineData("59 23 31 12 *", "2026-12-31T23:59:00", "2027-12-31T23:59:00")]
    public void The_next_instant_of_a_cron_expression(string expression, string after, string expected) =>
        Assert.Equal(At(expected), new CronRule(expression).Next(At(after)));

    [Fact]
    public void Where_both_days_are_restricted_either_is_enough_unless_both_are_demanded()
    {
        // 2026-01-13 is a Tuesday; the next Friday the 13th is in February.
        Assert.Equal(At("2026-01-09T00:00:00"), new CronRule("0 0 13 * FRI").Next(At("2026-01-05T00:00:00")));
        Assert.Equal(At("2026-02-13T00:00:00"), new CronRule("0 0 13 * FRI", DayOr: false).Next(At("2026-01-05T00:00:00")));
        Assert.Equal(At("2026-01-09T00:00:00"), new CronRule("0 0 */2 * FRI").Next(At("2026-01-03T00:00:00")));
    }

    [Theory]
    [InlineData("* * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* 24 * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("* * * FEB-JAN *")]
    [InlineData("* * * * FUN")]
    [InlineData("*/0 * * * *")]
    [InlineData("1-2-3 * * * *")]
    [InlineData("-1 * * * *")]
    [InlineData(", * * * *")]
    public void What_is_no_cron_expression_is_refused(string expression) =>
        Assert.Equal("schedules.rule.invalid", Assert.Single(new CronRule(expression).Problems()).Code);

    [Fact]
    public void A_time_zone_that_is_none_and_a_step_below_a_second_are_both_told() =>
        Assert.Equal(2, new IntervalRule(TimeSpan.Zero, At("2026-01-01T00:00:00"), "Mars/Olympus").Problems().Count());

    [Fact]
    public void What_never_comes_is_never_due() => Assert.Null(new CronRule("0 0 31 2 *").Next(At("2026-01-01T00:00:00")));

    [Fact]
    public void A_skipped_wall_time_is_made_when_the_clock_is_set_forward()
    {
        // Zurich, 29 March 2026: 02:00 becomes 03:00 at 01:00 UTC.
        var rule = new CronRule("30 2 * * *", "Europe/Zurich");
        Assert.Equal(
            ["2026-03-28T01:30:00", "2026-03-29T01:00:00", "2026-03-30T00:30:00"], Take(rule, "2026-03-27T12:00:00", 3));
    }

    [Fact]
    public void A_doubled_wall_time_is_made_once_at_its_first_coming()
    {
        // Zurich, 25 October 2026: 03:00 becomes 02:00 at 01:00 UTC.
        var rule = new CronRule("30 2 * * *", "Europe/Zurich");
        Assert.Equal(
            ["2026-10-24T00:30:00", "2026-10-25T00:30:00", "2026-10-26T01:30:00"], Take(rule, "2026-10-23T12:00:00", 3));
    }

    [Fact]
    public void What_names_no_hours_follows_real_time_across_both_changes()
    {
        var rule = new CronRule("30 * * * *", "Europe/Zurich");
        Assert.Equal(
            ["2026-03-28T23:30:00", "2026-03-29T00:30:00", "2026-03-29T01:30:00"], Take(rule, "2026-03-28T23:00:00", 3));
        Assert.Equal(
            ["2026-10-24T23:30:00", "2026-10-25T00:30:00", "2026-10-25T01:30:00", "2026-10-25T02:30:00"],
            Take(rule, "2026-10-24T23:00:00", 4));
    }

    [Fact]
    public void A_clock_set_back_by_half_an_hour_or_around_midnight_loses_nothing()
    {
        // Lord Howe, 5 April 2026: 02:00 becomes 01:30. Azores, 25 October 2026: 01:00 becomes 00:00.
        Assert.Equal(
            ["2026-04-04T14:45:00", "2026-04-05T15:15:00"], Take(new CronRule("45 1 * * *", "Australia/Lord_Howe"), "2026-04-04T14:00:00", 2));
        Assert.Equal(
            ["2026-10-25T00:15:00", "2026-10-26T01:15:00"], Take(new CronRule("15 0 * * *", "Atlantic/Azores"), "2026-10-24T12:00:00", 2));
    }

    [Fact]
    public void Steps_of_a_day_and_more_keep_the_wall_time_and_shorter_ones_are_real_time()
    {
        var anchor = At("2026-03-27T11:00:00");
        Assert.Equal(
            ["2026-03-28T11:00:00", "2026-03-29T10:00:00", "2026-03-30T10:00:00"],
            Take(new IntervalRule(TimeSpan.FromDays(1), anchor, "Europe/Zurich"), "2026-03-27T11:00:00", 3));
        Assert.Equal(
            ["2026-03-28T11:00:00", "2026-03-28T23:00:00", "2026-03-29T11:00:00"],
            Take(new IntervalRule(TimeSpan.FromHours(12), anchor, "Europe/Zurich"), "2026-03-28T00:00:00", 3));
        Assert.Equal(anchor, new IntervalRule(TimeSpan.FromDays(7), anchor).Next(At("2020-01-01T00:00:00")));
    }

    [Fact]
    public void Every_instant_of_a_year_comes_after_the_one_before()
    {
        foreach (var expression in new[] { "*/20 * * * *", "10 1,2,3 * * *", "0 0 * * *", "30 23 * * *" })
        {
            foreach (var zone in new[] { "Europe/Zurich", "America/Los_Angeles", "Australia/Lord_Howe", "Africa/Cairo", "UTC" })
            {
                var rule = new CronRule(expression, zone);
                var last = At("2026-01-01T00:00:00");
                var count = 0;
                while (rule.Next(last) is { } next && next < At("2027-01-01T00:00:00"))
                {
                    Assert.True(next > last && next - last <= TimeSpan.FromHours(26), $"{expression} {zone}: {last:u} {next:u}");
                    (last, count) = (next, count + 1);
                }

                Assert.InRange(count, 364, 26_300);
            }
        }
    }

    [Fact]
    public void Of_missed_ticks_the_policy_keeps_none_the_last_or_the_last_ones()
    {
        var now = At("2026-01-10T12:00:30");
        Assert.Equal(("2026-01-10T09:00:00", "2026-01-10T12:00:00"), Told(Ticks(CatchUp.Skip, "2026-01-10T09:00:00", now)));
        Assert.Equal(("2026-01-10T09:00:00", "2026-01-10T12:00:00"), Told(Ticks(CatchUp.Last, "2026-01-10T09:00:00", now)));
        Assert.Equal(
            ("2026-01-10T09:00:00", "2026-01-10T11:00:00 2026-01-10T12:00:00"), Told(Ticks(CatchUp.All, "2026-01-10T09:00:00", now, 2)));
        Assert.Equal(
            ("", "2026-01-10T11:00:00 2026-01-10T12:00:00"), Told(Ticks(CatchUp.All, "2026-01-10T11:00:00", now, 5)));
        var later = At("2026-01-10T12:30:00");
        Assert.Equal(("2026-01-10T09:00:00", ""), Told(Ticks(CatchUp.Skip, "2026-01-10T09:00:00", later)));
        Assert.Equal(("2026-01-10T09:00:00", "2026-01-10T12:00:00"), Told(Ticks(CatchUp.Last, "2026-01-10T09:00:00", later)));
        Assert.Equal(("", "2026-01-10T12:00:00"), Told(Ticks(CatchUp.Last, "2026-01-10T12:00:00", later)));
        Assert.Equal(At("2026-01-10T13:00:00"), Ticks(CatchUp.Skip, "2026-01-10T09:00:00", later).Next);
    }

    [Fact]
    public void Years_of_missed_minutes_are_decided_upon_at_once()
    {
        var ticks = Ticks(CatchUp.All, "2020-01-01T00:00:00", At("2026-01-10T12:30:00"), 1000, "* * * * *");
        Assert.Equal(1000, ticks.Made.Count);
        Assert.Equal(At("2026-01-10T12:30:00"), ticks.Made[^1]);
    }

    private static DueTicks Ticks(CatchUp policy, string due, DateTimeOffset now, int bound = 10, string expression = "0 * * * *") => DueTicks.Of(
        new Schedule(default, "test", new CronRule(expression), new ScheduledJob { Kind = "errand" }, Overlap.Join, policy, bound, false, At(due), now),
        now);

    private static (string Missed, string Made) Told(DueTicks ticks) =>
        (ticks.Missed is { } missed ? Text(missed) : "", string.Join(' ', ticks.Made.Select(Text)));

    private static List<string> Take(ScheduleRule rule, string after, int count)
    {
        var taken = new List<string>();
        for (var next = rule.Next(At(after)); next is { } due && taken.Count < count; next = rule.Next(due))
        {
            taken.Add(Text(due));
        }

        return taken;
    }

    private static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);

    private static DateTimeOffset At(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
