namespace Beamtime.Core.Jobs.Schedules;

/// <summary>
/// Five fields: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday). Where both days are
/// restricted, either is enough, or both are demanded, as the schedule says; a field that begins with an asterisk
/// restricts nothing.
/// </summary>
internal sealed class CronExpression
{
    private const int LongestGapInYears = 12;

    private static readonly string[] Months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
    private readonly CronField _minute;
    private readonly CronField _hour;
    private readonly CronField _day;
    private readonly CronField _month;
    private readonly CronField _weekday;
    private readonly bool _isEitherDay;

    private CronExpression(string[] fields, bool isEitherDay)
    {
        _minute = CronField.Parse(fields[0], "minute", 0, 59);
        _hour = CronField.Parse(fields[1], "hour", 0, 23);
        _day = CronField.Parse(fields[2], "day of the month", 1, 31);
        _month = CronField.Parse(fields[3], "month", 1, 12, Months);
        _weekday = CronField.Parse(fields[4], "day of the week", 0, 7, Days);
        _isEitherDay = isEitherDay && !_day.IsWild && !_weekday.IsWild;
    }

    /// <summary>Whether it names no hours, so that it follows real time across a change of the clock.</summary>
    public bool IsHourly => _hour.IsWild;

    /// <summary>Reads an expression.</summary>
    /// <param name="text">Five fields, or one of <c>@hourly @daily @midnight @weekly @monthly @yearly @annually</c>.</param>
    /// <param name="isEitherDay">Whether either of two restricted days is enough.</param>
    /// <exception cref="FormatException">What is wrong with it.</exception>
    public static CronExpression Parse(string text, bool isEitherDay)
    {
        var plain = text.Trim() switch
        {
            "@hourly" => "0 * * * *",
            "@daily" or "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" or "@annually" => "0 0 1 1 *",
            var other => other,
        };
        return plain.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, _, _, _, _] fields
            ? new CronExpression(fields, isEitherDay)
            : throw new FormatException($"'{text}' has not five fields: minute, hour, day of the month, month, day of the week");
    }

    /// <summary>The first instant after another; null where none comes within twelve years.</summary>
    /// <param name="after">The other.</param>
    /// <param name="zone">The zone whose wall clock it speaks of.</param>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        // Begins a day early: a change of the clock around midnight moves instants into the next day.
        var day = TimeZoneInfo.ConvertTime(after, zone).Date.AddDays(-1);
        for (var last = day.AddYears(LongestGapInYears); day <= last; day = day.AddDays(1))
        {
            if (!_month.Admits(day.Month))
            {
                day = day.AddDays(DateTime.DaysInMonth(day.Year, day.Month) - day.Day);
                continue;
            }

            if (IsOn(day) && NextWithin(day, after, zone) is { } next)
            {
                return next;
            }
        }

        return null;
    }

    private bool IsOn(DateTime day)
    {
        var weekday = (int)day.DayOfWeek;
        var isWeekday = _weekday.Admits(weekday) || (weekday == 0 && _weekday.Admits(7));
        return _isEitherDay ? _day.Admits(day.Day) || isWeekday : _day.Admits(day.Day) && isWeekday;
    }

    private DateTimeOffset? NextWithin(DateTime day, DateTimeOffset after, TimeZoneInfo zone)
    {
        DateTimeOffset? first = null;
        for (var hour = 0; hour < 24; hour++)
        {
            for (var minute = 0; _hour.Admits(hour) && minute < 60; minute++)
            {
                if (!_minute.Admits(minute))
                {
                    continue;
                }

                foreach (var instant in WallClock.InstantsOf(day.AddMinutes((hour * 60) + minute), zone, IsHourly))
                {
                    if (instant > after && !(instant >= first))
                    {
                        first = instant;
                    }
                }
            }

            // A later hour can come earlier only where the clock is set back.
            if (first is not null && !zone.IsAmbiguousTime(day.AddHours(hour)) && !zone.IsAmbiguousTime(day.AddHours(hour + 1)))
            {
                return first;
            }
        }

        return first;
    }
}
