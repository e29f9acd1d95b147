namespace Beamtime.Core.Jobs.Schedules;

/// <summary>Which ticks of a schedule are made now: the one that is due, and of missed ones what its policy keeps.</summary>
/// <param name="Missed">The first that is dropped, if any is.</param>
/// <param name="Made">Those that are made, in their order.</param>
/// <param name="Next">When it is due next; null where never.</param>
internal sealed record DueTicks(DateTimeOffset? Missed, IReadOnlyList<DateTimeOffset> Made, DateTimeOffset? Next)
{
    /// <summary>A tick that is late by no more than this was not missed.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private const int MostPerWindow = 20_000;
    private static readonly TimeSpan[] Windows = [TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(31), TimeSpan.FromDays(3700)];

    /// <summary>Decides.</summary>
    /// <param name="schedule">The schedule; it is due.</param>
    /// <param name="now">The present.</param>
    public static DueTicks Of(Schedule schedule, DateTimeOffset now)
    {
        var first = schedule.NextDue!.Value;
        var timely = Between(schedule.Rule, first > now - Grace ? first : now - Grace, now);
        var keep = schedule.CatchUp switch
        {
            CatchUp.Skip => 0,
            CatchUp.Last => timely.Count > 0 ? 0 : 1,
            _ => Math.Max(0, schedule.CatchUpBound - timely.Count),
        };
        var late = first < now - Grace ? LastOf(schedule.Rule, first, now - Grace, Math.Max(keep, 1)) : [];
        IReadOnlyList<DateTimeOffset> made = [.. late.Skip(late.Count - Math.Min(keep, late.Count)), .. timely];
        var isMissing = late.Count > 0 && (keep == 0 || made[0] != first);
        return new DueTicks(isMissing ? first : null, made, schedule.Rule.Next(now));
    }

    // From one that is due on, up to the end.
    private static List<DateTimeOffset> Between(ScheduleRule rule, DateTimeOffset from, DateTimeOffset to)
    {
        var ticks = new List<DateTimeOffset>();
        var next = rule.Next(from.AddTicks(-1));
        while (next is { } due && due <= to && ticks.Count < MostPerWindow)
        {
            ticks.Add(due);
            next = rule.Next(due);
        }

        return ticks;
    }

    // Looks back over ever longer windows, because a rule can only be asked forward.
    private static List<DateTimeOffset> LastOf(ScheduleRule rule, DateTimeOffset from, DateTimeOffset before, int count)
    {
        foreach (var window in Windows)
        {
            var start = before - window > from ? before - window : from;
            var ticks = Between(rule, start, before.AddTicks(-1));
            if (ticks.Count >= count || start == from)
            {
                return ticks.Count > count ? ticks[^count..] : ticks;
            }
        }

        return Between(rule, from, from);
    }
}
