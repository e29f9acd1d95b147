using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Beamtime.Core.Jobs.Schedules;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime schedule</c>: recurring work, and <c>beamtime scheduler</c>: who makes its ticks.</summary>
internal static class ScheduleCommands
{
    private static readonly Argument<string> Name = new("schedule") { Description = "Name of the schedule." };
    private static readonly Option<string?> Cron = new("--cron") { Description = "Five fields: minute, hour, day of the month, month, day of the week." };
    private static readonly Option<bool> BothDays = new("--both-days") { Description = "Where both days are restricted, demand both; by default either is enough." };
    private static readonly Option<string?> Every = new("--every") { Description = "A step with its unit: 15 min, 12 h, 7 d." };
    private static readonly Option<string?> Anchor = new("--anchor") { Description = "First instant of the steps, ISO 8601; by default now." };
    private static readonly Option<string?> At = new("--at") { Description = "Once at this instant, ISO 8601." };
    private static readonly Option<string> Zone = new("--zone") { Description = "Time zone of cron and of steps of a day and more.", DefaultValueFactory = _ => "UTC" };
    private static readonly Option<string> Kind = new("--kind") { Description = "Kind of the job.", Required = true };
    private static readonly Option<string> JobArguments = new("--arguments") { Description = "Arguments of the job, JSON.", DefaultValueFactory = _ => "{}" };
    private static readonly Option<string> Queue = new("--queue") { Description = "Work queue of the job.", DefaultValueFactory = _ => "default" };
    private static readonly Option<short> Priority = new("--priority") { Description = "Lower goes first, -100 to 100.", DefaultValueFactory = _ => (short)0 };
    private static readonly Option<string?> Project = new("--project") { Description = "Whose work it is." };
    private static readonly Option<Overlap> OverlapOption = new("--overlap") { Description = "While the job of the tick before waits or runs: join it, skip, or allow another.", DefaultValueFactory = _ => Overlap.Join };
    private static readonly Option<CatchUp> CatchUpOption = new("--catch-up") { Description = "Of ticks that were missed make none (skip), the last, or all up to --bound.", DefaultValueFactory = _ => CatchUp.Last };
    private static readonly Option<int> Bound = new("--bound") { Description = "How many missed ticks are made at most, 1 to 1000.", DefaultValueFactory = _ => 10 };
    private static readonly Option<bool> Paused = new("--paused") { Description = "Begin paused." };
    private static readonly Option<int> Count = new("--count") { Description = "How many, 1 to 1000.", DefaultValueFactory = _ => 5 };

    /// <summary>The command of schedules.</summary>
    public static Command Create() => new("schedule", "Look at recurring work; make, pause, resume and remove it.")
    {
        CommandRun.OnServer(new Command("ls", "List the schedules."), ListAsync),
        CommandRun.OnServer(new Command("show", "Show a schedule with its latest ticks.") { Name }, ShowAsync),
        CommandRun.OnServer(
            new Command("add", "Make a schedule: by --cron, --every or --at.")
            {
                Name, Cron, BothDays, Every, Anchor, At, Zone, Kind, JobArguments, Queue, Priority, Project, OverlapOption,
                CatchUpOption, Bound, Paused,
            },
            AddAsync),
        CommandRun.OnServer(
            new Command("pause", "Have a schedule make no ticks.") { Name },
            (run, client, cancel) => ChangeAsync(run, client, "pause", "is paused", cancel)),
        CommandRun.OnServer(
            new Command("resume", "Have a schedule make ticks again, from now on.") { Name },
            (run, client, cancel) => ChangeAsync(run, client, "resume", "goes on", cancel)),
        CommandRun.OnServer(new Command("rm", "Remove a schedule with its ticks; their jobs stay.") { Name }, RemoveAsync),
        CommandRun.OnServer(new Command("run-now", "Make a tick now.") { Name }, RunNowAsync),
        CommandRun.OnServer(new Command("next", "Show when a schedule is due from now on.") { Name, Count }, NextAsync),
    };

    /// <summary>The command of the scheduler.</summary>
    public static Command CreateScheduler() => new("scheduler", "Look at the scheduler.")
    {
        CommandRun.OnServer(new Command("status", "Show which scheduler acts and what is due next."), StatusAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var schedules = await client.GetAsync<Schedule[]>("schedules", cancel);
        return run.Print(schedules, console =>
        {
            var table = new Table().AddColumns("schedule", "rule", "kind", "queue", "next", "").SimpleBorder();
            foreach (var schedule in schedules)
            {
                table.AddRow(
                    Markup.Escape(schedule.Name), Markup.Escape(Told(schedule.Rule)), Markup.Escape(schedule.Job.Kind),
                    Markup.Escape(schedule.Job.Queue), Told(schedule.NextDue), schedule.IsPaused ? "paused" : "");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var view = await client.GetAsync<ScheduleView>(Path(run), cancel);
        return run.Print(view, console =>
        {
            var schedule = view.Schedule;
            run.Say($"{schedule.Name}  {Told(schedule.Rule)}  {(schedule.IsPaused ? "paused" : $"next {Told(schedule.NextDue)}")}");
            run.Say($"  {schedule.Job.Kind} on {schedule.Job.Queue}, overlap {schedule.Overlap}, catch-up {schedule.CatchUp} (at most {schedule.CatchUpBound})");
            var table = new Table().AddColumns("due", "outcome", "job", "").SimpleBorder();
            foreach (var tick in view.Ticks)
            {
                table.AddRow(Told(tick.Due), $"{tick.Outcome}", $"{tick.Job}", tick.IsManual ? "by hand" : "");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> AddAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var added = await client.PostAsync<Schedule>(
            "schedules",
            new NewSchedule
            {
                Name = run.Arguments.GetValue(Name)!,
                Rule = Rule(run),
                Job = new ScheduledJob
                {
                    Kind = run.Arguments.GetValue(Kind)!,
                    Arguments = Json(run.Arguments.GetValue(JobArguments)!),
                    Queue = run.Arguments.GetValue(Queue)!,
                    Priority = run.Arguments.GetValue(Priority),
                    Project = run.Arguments.GetValue(Project),
                },
                Overlap = run.Arguments.GetValue(OverlapOption),
                CatchUp = run.Arguments.GetValue(CatchUpOption),
                CatchUpBound = run.Arguments.GetValue(Bound),
                IsPaused = run.Arguments.GetValue(Paused),
            },
            cancel);
        return run.Print(added, console => console.WriteLine($"{added.Name} is due next at {Told(added.NextDue)}"));
    }

    private static async Task<ExitCode> ChangeAsync(
        CommandRun run, BeamtimeClient client, string verb, string done, CancellationToken cancel)
    {
        var schedule = await client.PostAsync<Schedule>($"{Path(run)}/{verb}", new { }, cancel);
        return run.Print(schedule, console => console.WriteLine($"{schedule.Name} {done}"));
    }

    private static async Task<ExitCode> RemoveAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var schedule = await client.DeleteAsync<Schedule>(Path(run), cancel);
        return run.Print(schedule, console => console.WriteLine($"{schedule.Name} is removed"));
    }

    private static async Task<ExitCode> RunNowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var tick = await client.PostAsync<Tick>($"{Path(run)}/run", new { }, cancel);
        return run.Print(tick, console => console.WriteLine($"{tick.Outcome}: job {tick.Job}"));
    }

    private static async Task<ExitCode> NextAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var next = await client.GetAsync<DateTimeOffset[]>($"{Path(run)}/next?count={run.Arguments.GetValue(Count)}", cancel);
        return run.Print(next, console =>
        {
            foreach (var instant in next)
            {
                console.WriteLine(Told(instant));
            }
        });
    }

    private static async Task<ExitCode> StatusAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var view = await client.GetAsync<SchedulerView>("scheduler", cancel);
        return run.Print(view, console =>
        {
            console.WriteLine(view.Acting switch
            {
                null => "no scheduler has acted yet",
                { IsActing: true } acting => $"{acting.Holder} acts since {Told(acting.TakenAt)}, fence {acting.Fence}",
                var last => $"none acts; {last.Holder} did until {Told(last.LeaseUntil)}",
            });
            console.WriteLine($"{view.Schedules} schedules, {view.Paused} paused; next due {Told(view.NextDue)}");
        });
    }

    private static ScheduleRule Rule(CommandRun run)
    {
        var zone = run.Arguments.GetValue(Zone)!;
        return (run.Arguments.GetValue(Cron), run.Arguments.GetValue(Every), run.Arguments.GetValue(At)) switch
        {
            ({ } cron, null, null) => new CronRule(cron, zone, !run.Arguments.GetValue(BothDays)),
            (null, { } every, null) => new IntervalRule(
                Duration.TryParse(every, out var step) ? step : throw Wrong($"'{every}' is no step with its unit, such as 15 min"),
                run.Arguments.GetValue(Anchor) is { } anchor ? Instant(anchor) : TimeProvider.System.GetUtcNow(),
                zone),
            (null, null, { } at) => new OnceRule(Instant(at)),
            _ => throw Wrong("exactly one of --cron, --every and --at is needed"),
        };
    }

    private static DateTimeOffset Instant(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? instant
            : throw Wrong($"'{text}' is no instant, such as 2026-03-01T06:00:00Z");

    private static JsonElement Json(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException wrong)
        {
            throw Wrong($"the arguments are no JSON: {wrong.Message}");
        }
    }

    private static RefusedException Wrong(string message) => new(CliErrors.Argument.Because(message));

    private static string Path(CommandRun run) => $"schedules/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}";

    private static string Told(DateTimeOffset? instant) =>
        instant is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "never";

    private static string Told(ScheduleRule rule) => rule switch
    {
        CronRule cron => $"{cron.Expression} {cron.TimeZone}",
        IntervalRule interval => $"every {Duration.Format(interval.Every)}",
        OnceRule once => $"once {Told(once.At)}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
