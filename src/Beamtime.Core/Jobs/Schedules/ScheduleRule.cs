using System.Text.Json.Serialization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>When a schedule is due.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CronRule), "cron")]
[JsonDerivedType(typeof(IntervalRule), "interval")]
[JsonDerivedType(typeof(OnceRule), "once")]
internal abstract record ScheduleRule
{
    /// <summary>What is wrong with it; empty where nothing is.</summary>
    public abstract IEnumerable<Reason> Problems();

    /// <summary>The first instant after another at which it is due; null where there is none.</summary>
    /// <param name="after">The other.</param>
    public abstract DateTimeOffset? Next(DateTimeOffset after);

    /// <summary>The reason of a zone that is not known, if it is not.</summary>
    /// <param name="zone">An IANA name.</param>
    protected static IEnumerable<Reason> ZoneProblems(string zone) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)
            ? [] : [ScheduleErrors.RuleInvalid.Because($"'{zone}' is no time zone of this system, such as Europe/Zurich")];
}

/// <summary>At the wall clock's times of a cron expression.</summary>
/// <param name="Expression">Five fields.</param>
/// <param name="TimeZone">IANA name of the zone.</param>
/// <param name="DayOr">Whether either of two restricted days is enough.</param>
internal sealed record CronRule(string Expression, string TimeZone = "UTC", bool DayOr = true) : ScheduleRule
{
    /// <inheritdoc/>
    public override IEnumerable<Reason> Problems()
    {
        List<Reason> reasons = [.. ZoneProblems(TimeZone)];
        try
        {
            CronExpression.Parse(Expression, DayOr);
        }
        catch (FormatException wrong)
        {
            reasons.Add(ScheduleErrors.RuleInvalid.Because(wrong.Message));
        }

        return reasons;
    }

    /// <inheritdoc/>
    public override DateTimeOffset? Next(DateTimeOffset after) =>
        CronExpression.Parse(Expression, DayOr).Next(after, TimeZoneInfo.FindSystemTimeZoneById(TimeZone));
}

/// <summary>
/// In equal steps from an anchor. Steps of a day and more keep the wall clock's time in the zone; shorter ones are steps of
/// real time.
/// </summary>
/// <param name="Every">The step, at least a second.</param>
/// <param name="Anchor">The first instant.</param>
/// <param name="TimeZone">IANA name of the zone.</param>
internal sealed record IntervalRule(TimeSpan Every, DateTimeOffset Anchor, string TimeZone = "UTC") : ScheduleRule
{
    /// <inheritdoc/>
    public override IEnumerable<Reason> Problems() =>
    [
        .. ZoneProblems(TimeZone),
        .. Every < TimeSpan.FromSeconds(1)
            ? new[] { ScheduleErrors.RuleInvalid.Because($"a step of {Every} is shorter than a second") } : [],
    ];

    /// <inheritdoc/>
    public override DateTimeOffset? Next(DateTimeOffset after)
    {
        if (after < Anchor)
        {
            return Anchor.ToUniversalTime();
        }

        if (Every < TimeSpan.FromDays(1))
        {
            return Anchor.ToUniversalTime() + (Every * (((after - Anchor).Ticks / Every.Ticks) + 1));
        }

        var zone = TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
        var wall = TimeZoneInfo.ConvertTime(Anchor, zone).DateTime;
        var steps = Math.Max(0, ((TimeZoneInfo.ConvertTime(after, zone).DateTime - wall).Ticks / Every.Ticks) - 1);
        while (true)
        {
            var next = WallClock.InstantOf(wall + (Every * steps), zone);
            if (next > after)
            {
                return next;
            }

            steps++;
        }
    }
}

/// <summary>Once.</summary>
/// <param name="At">When.</param>
internal sealed record OnceRule(DateTimeOffset At) : ScheduleRule
{
    /// <inheritdoc/>
    public override IEnumerable<Reason> Problems() => [];

    /// <inheritdoc/>
    public override DateTimeOffset? Next(DateTimeOffset after) => At > after ? At.ToUniversalTime() : null;
}
