namespace Beamtime.Core.Jobs.Schedules;

/// <summary>What a wall clock's time means in a zone, also where the clock is set forward or back.</summary>
internal static class WallClock
{
    private static readonly TimeSpan Precision = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The instants at which the wall clock shows a time. A time that is skipped is the moment at which the clock was set
    /// forward, a time that comes twice its first coming. Real time, for what recurs every hour: no moment, and both.
    /// </summary>
    /// <param name="wall">The wall clock's time.</param>
    /// <param name="zone">The zone.</param>
    /// <param name="isRealTime">Whether it follows real time.</param>
    public static IReadOnlyList<DateTimeOffset> InstantsOf(DateTime wall, TimeZoneInfo zone, bool isRealTime)
    {
        var time = DateTime.SpecifyKind(wall, DateTimeKind.Unspecified);
        if (zone.IsInvalidTime(time))
        {
            return isRealTime ? [] : [EndOfGap(time, zone)];
        }

        if (zone.IsAmbiguousTime(time))
        {
            // The greater offset is the earlier instant.
            var offsets = zone.GetAmbiguousTimeOffsets(time).OrderDescending().Select(o => new DateTimeOffset(time, o).ToUniversalTime());
            return isRealTime ? [.. offsets] : [offsets.First()];
        }

        return [new DateTimeOffset(time, zone.GetUtcOffset(time)).ToUniversalTime()];
    }

    /// <summary>The one instant of a wall clock's time.</summary>
    /// <param name="wall">The wall clock's time.</param>
    /// <param name="zone">The zone.</param>
    public static DateTimeOffset InstantOf(DateTime wall, TimeZoneInfo zone) => InstantsOf(wall, zone, isRealTime: false)[0];

    private static DateTimeOffset EndOfGap(DateTime skipped, TimeZoneInfo zone)
    {
        // The clock is set forward between a day before and a day after.
        var before = new DateTimeOffset(skipped.AddDays(-1), zone.GetUtcOffset(skipped.AddDays(-1))).ToUniversalTime();
        var after = new DateTimeOffset(skipped.AddDays(1), zone.GetUtcOffset(skipped.AddDays(1))).ToUniversalTime();
        while (after - before > Precision)
        {
            var middle = before + ((after - before) / 2);
            if (TimeZoneInfo.ConvertTime(middle, zone).DateTime < skipped)
            {
                before = middle;
            }
            else
            {
                after = middle;
            }
        }

        return new DateTimeOffset(after.Ticks - (after.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }
}
