using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Npgsql;
using NpgsqlTypes;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>Schedules with their ticks: all their SQL but the ticking.</summary>
/// <param name="database">The database.</param>
/// <param name="jobs">Where ticks enqueue.</param>
/// <param name="time">The clock of new ids.</param>
internal sealed class ScheduleStore(BeamtimeDatabase database, JobQueue jobs, TimeProvider time)
{
    /// <summary>The channel on which schedulers are told that schedules have changed.</summary>
    public const string Changed = "schedules.changed";

    /// <summary>The most ticks that are listed or foretold at once.</summary>
    public const int LongestList = 1000;

    private const string Columns = "id, name, rule, job, overlap, catch_up, catch_up_bound, is_paused, next_due, created_at";

    private const string Insert = $"""
        insert into schedules (id, name, rule, job, overlap, catch_up, catch_up_bound, is_paused, next_due, created_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, lease_clock(), lease_clock())
        on conflict (name) do nothing
        returning {Columns}
        """;

    // A rule that stays keeps its next tick; a changed one begins from now.
    private const string Update = $"""
        update schedules set
            rule = $2, job = $3, overlap = $4, catch_up = $5, catch_up_bound = $6, changed_at = lease_clock(),
            next_due = case when rule = $2 then next_due else $7 end
        where name = $1
        returning {Columns}
        """;

    private const string Ticks = """
        select t.due, t.outcome, t.job, t.is_manual, t.made_at
        from schedule_ticks t join schedules s on s.id = t.schedule where s.name = $1
        order by t.due desc limit $2
        """;

    private const string AddTick = """
        insert into schedule_ticks (schedule, due, outcome, job, is_manual, fence, made_at)
        values ($1, $2, $3, $4, $5, $6, lease_clock())
        on conflict (schedule, due) do nothing
        """;

    /// <summary>Makes a schedule.</summary>
    /// <param name="schedule">What it is to be.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<Schedule>> AddAsync(NewSchedule schedule, CancellationToken cancel)
    {
        var now = await NowAsync(cancel);
        if (Problems(schedule, now) is { Count: > 0 } reasons)
        {
            return new Refused<Schedule>(reasons);
        }

        await using var command = database.Source.CreateCommand(Insert);
        command.Parameters.Add(new() { Value = Guid.CreateVersion7(time.GetUtcNow()) });
        command.Parameters.Add(new() { Value = schedule.Name });
        AddFields(command, schedule);
        command.Parameters.Add(new() { Value = schedule.IsPaused });
        command.Parameters.Add(Instant(schedule.Rule.Next(now)));
        return await OneAsync(command, cancel) is { } added
            ? new Accepted<Schedule>(added)
            : new Refused<Schedule>([ScheduleErrors.NameTaken.Because($"there is a schedule '{schedule.Name}' already")]);
    }

    /// <summary>Makes a schedule, or has the one of its name become so; whether it is paused stays.</summary>
    /// <param name="schedule">What it is to be.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<Schedule>> EnsureAsync(NewSchedule schedule, CancellationToken cancel)
    {
        var now = await NowAsync(cancel);
        if (Problems(schedule, now) is { Count: > 0 } reasons)
        {
            return new Refused<Schedule>(reasons);
        }

        while (true)
        {
            await using (var command = database.Source.CreateCommand(Update))
            {
                command.Parameters.Add(new() { Value = schedule.Name });
                AddFields(command, schedule);
                command.Parameters.Add(Instant(schedule.Rule.Next(now)));
                if (await OneAsync(command, cancel) is { } kept)
                {
                    return new Accepted<Schedule>(kept);
                }
            }

            if (await AddAsync(schedule, cancel) is Accepted<Schedule> added)
            {
                return added;
            }
        }
    }

    /// <summary>All schedules by name.</summary>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<Schedule>> ListAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand($"select {Columns} from schedules order by name");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var schedules = new List<Schedule>();
        while (await reader.ReadAsync(cancel))
        {
            schedules.Add(Read(reader));
        }

        return schedules;
    }

    /// <summary>One schedule; null where there is none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Schedule?> FindAsync(string name, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand($"select {Columns} from schedules where name = $1");
        command.Parameters.Add(new() { Value = name });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Read(reader) : null;
    }

    /// <summary>Has a schedule make no ticks; those it would have made are not missed.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<Schedule>> PauseAsync(string name, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(
            $"update schedules set is_paused = true, changed_at = lease_clock() where name = $1 returning {Columns}");
        command.Parameters.Add(new() { Value = name });
        return Known(await OneAsync(command, cancel), name);
    }

    /// <summary>Has a schedule make ticks again, from now on.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<Schedule>> ResumeAsync(string name, CancellationToken cancel)
    {
        if (await FindAsync(name, cancel) is not { } schedule)
        {
            return Known(null, name);
        }

        await using var command = database.Source.CreateCommand(
            $"""
            update schedules set is_paused = false, changed_at = lease_clock(),
                next_due = case when is_paused then $2 else next_due end
            where name = $1 returning {Columns}
            """);
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(Instant(schedule.Rule.Next(await NowAsync(cancel))));
        return Known(await OneAsync(command, cancel), name);
    }

    /// <summary>Removes a schedule with its ticks; jobs that they enqueued stay.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<Schedule>> RemoveAsync(string name, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand($"delete from schedules where name = $1 returning {Columns}");
        command.Parameters.Add(new() { Value = name });
        return Known(await OneAsync(command, cancel), name);
    }

    /// <summary>Makes a tick now, also of a paused schedule.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Outcome<Tick>> RunNowAsync(string name, CancellationToken cancel)
    {
        if (await FindAsync(name, cancel) is not { } schedule)
        {
            return new Refused<Tick>([Missing(name)]);
        }

        return new Accepted<Tick>(await database.TransactAsync(
            async transaction =>
            {
                var now = await NowAsync(cancel);
                return (await TickAsync(transaction, schedule, now, fence: null, isManual: true, cancel))!;
            },
            cancel));
    }

    /// <summary>The latest ticks of a schedule, newest first.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<Tick>> ListTicksAsync(string name, int limit, CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand(Ticks);
        command.Parameters.Add(new() { Value = name });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var ticks = new List<Tick>();
        while (await reader.ReadAsync(cancel))
        {
            ticks.Add(ReadTick(reader));
        }

        return ticks;
    }

    /// <summary>When a schedule is due from now on, paused or not.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="count">How many instants at most.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<IReadOnlyList<DateTimeOffset>> ForetellAsync(Schedule schedule, int count, CancellationToken cancel)
    {
        var instants = new List<DateTimeOffset>();
        for (var next = schedule.Rule.Next(await NowAsync(cancel)); next is { } due && instants.Count < count; next = schedule.Rule.Next(due))
        {
            instants.Add(due);
        }

        return instants;
    }

    /// <summary>
    /// Makes a tick in the caller's transaction, with its job; null where there is one of its key already.
    /// </summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="due">When it is due.</param>
    /// <param name="fence">The scheduler's fence.</param>
    /// <param name="isManual">Whether a person asked for it.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<Tick?> TickAsync(
        DatabaseTransaction transaction, Schedule schedule, DateTimeOffset due, long? fence, bool isManual, CancellationToken cancel)
    {
        // The job's id is the tick's, so that the row that makes it single is written before its job is.
        var id = JobId.New(time);
        if (!await AddTickAsync(transaction, schedule, due, TickOutcome.Enqueued, id.Value, fence, isManual, cancel))
        {
            return null;
        }

        var key = schedule.Overlap == Overlap.Allow
            ? $"schedule {schedule.Name} {due.UtcDateTime:O}"
            : $"schedule {schedule.Name}";
        var enqueued = await jobs.EnqueueAsync(transaction, schedule.Job.Of(key, due) with { Id = id }, cancel);
        var tick = new Tick(due, TickOutcome.Enqueued, id.Value, isManual, due);
        if (!enqueued.IsNew)
        {
            tick = schedule.Overlap == Overlap.Skip
                ? tick with { Outcome = TickOutcome.Skipped, Job = null }
                : tick with { Outcome = TickOutcome.Joined, Job = enqueued.Id.Value };
            await using var command = transaction.Command(
                "update schedule_ticks set outcome = $3, job = $4 where schedule = $1 and due = $2", schedule.Id, due, tick.Outcome.ToString());
            command.Parameters.Add(new() { Value = tick.Job ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
            await command.ExecuteNonQueryAsync(cancel);
        }

        return tick;
    }

    /// <summary>Records in the caller's transaction that a tick, with those after it, was missed.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="due">When the first of them was due.</param>
    /// <param name="fence">The scheduler's fence.</param>
    /// <param name="cancel">Ends the call.</param>
    public static Task<bool> MissAsync(
        DatabaseTransaction transaction, Schedule schedule, DateTimeOffset due, long fence, CancellationToken cancel) =>
        AddTickAsync(transaction, schedule, due, TickOutcome.Missed, null, fence, isManual: false, cancel);

    /// <summary>A row of <see cref="Columns"/>.</summary>
    /// <param name="row">The row.</param>
    public static Schedule Read(NpgsqlDataReader row) => new(
        row.GetGuid(0),
        row.GetString(1),
        JsonSerializer.Deserialize(row.GetString(2), ScheduleJson.Default.ScheduleRule)!,
        JsonSerializer.Deserialize(row.GetString(3), ScheduleJson.Default.ScheduledJob)!,
        Enum.Parse<Overlap>(row.GetString(4)),
        Enum.Parse<CatchUp>(row.GetString(5)),
        row.GetInt32(6),
        row.GetBoolean(7),
        row.IsDBNull(8) ? null : row.GetFieldValue<DateTimeOffset>(8),
        row.GetFieldValue<DateTimeOffset>(9));

    private static Tick ReadTick(NpgsqlDataReader row) => new(
        row.GetFieldValue<DateTimeOffset>(0),
        Enum.Parse<TickOutcome>(row.GetString(1)),
        row.IsDBNull(2) ? null : row.GetGuid(2),
        row.GetBoolean(3),
        row.GetFieldValue<DateTimeOffset>(4));

    private static async Task<bool> AddTickAsync(
        DatabaseTransaction transaction, Schedule schedule, DateTimeOffset due, TickOutcome outcome, Guid? job, long? fence,
        bool isManual, CancellationToken cancel)
    {
        await using var command = transaction.Command(AddTick, schedule.Id, due, outcome.ToString());
        command.Parameters.Add(new() { Value = job ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(new() { Value = isManual });
        command.Parameters.Add(new() { Value = fence ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        return await command.ExecuteNonQueryAsync(cancel) == 1;
    }

    private static List<Reason> Problems(NewSchedule schedule, DateTimeOffset now)
    {
        List<Reason> reasons =
        [
            .. schedule.Rule.Problems(),
            .. schedule.Name.Trim().Length == 0 || schedule.Name.Length > 200 || schedule.Name.Any(char.IsControl)
                ? new[] { ScheduleErrors.JobInvalid.Because($"'{schedule.Name}' is no name of 1 to 200 characters") } : [],
            .. schedule.Job.Kind.Trim().Length == 0 ? new[] { ScheduleErrors.JobInvalid.Because("the job has no kind") } : [],
            .. schedule.Job.Priority is < -100 or > 100
                ? new[] { ScheduleErrors.JobInvalid.Because($"priority {schedule.Job.Priority} is not within -100 to 100") } : [],
            .. schedule.Job.MaxAttempts < 1
                ? new[] { ScheduleErrors.JobInvalid.Because($"{schedule.Job.MaxAttempts} attempts are less than 1") } : [],
            .. schedule.CatchUpBound is < 1 or > 1000
                ? new[] { ScheduleErrors.RuleInvalid.Because($"a bound of {schedule.CatchUpBound} missed ticks is not within 1 to 1000") } : [],
        ];
        if (reasons.Count == 0 && schedule.Rule.Next(now) is null)
        {
            reasons.Add(ScheduleErrors.RuleInvalid.Because("it never comes again"));
        }

        return reasons;
    }

    private static void AddFields(NpgsqlCommand command, NewSchedule schedule)
    {
        command.Parameters.Add(Json(JsonSerializer.Serialize(schedule.Rule, ScheduleJson.Default.ScheduleRule)));
        command.Parameters.Add(Json(JsonSerializer.Serialize(schedule.Job, ScheduleJson.Default.ScheduledJob)));
        command.Parameters.Add(new() { Value = schedule.Overlap.ToString() });
        command.Parameters.Add(new() { Value = schedule.CatchUp.ToString() });
        command.Parameters.Add(new() { Value = schedule.CatchUpBound });
    }

    private async Task<Schedule?> OneAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        Schedule? schedule;
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            schedule = await reader.ReadAsync(cancel) ? Read(reader) : null;
        }

        if (schedule is not null)
        {
            database.Notifier.Notify(Changed);
        }

        return schedule;
    }

    private async Task<DateTimeOffset> NowAsync(CancellationToken cancel)
    {
        await using var command = database.Source.CreateCommand("select lease_clock()");
        return new DateTimeOffset((DateTime)(await command.ExecuteScalarAsync(cancel))!);
    }

    private static Outcome<Schedule> Known(Schedule? schedule, string name) =>
        schedule is null ? new Refused<Schedule>([Missing(name)]) : new Accepted<Schedule>(schedule);

    private static Reason Missing(string name) => ScheduleErrors.Unknown.Because($"there is no schedule '{name}'");

    private static NpgsqlParameter Json(string json) => new() { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb };

    private static NpgsqlParameter Instant(DateTimeOffset? instant) =>
        new() { Value = instant?.UtcDateTime ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz };
}
