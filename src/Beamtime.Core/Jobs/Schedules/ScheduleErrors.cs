using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>The codes of schedules.</summary>
internal static class ScheduleErrors
{
    /// <summary>Nobody does what recurs.</summary>
    public static readonly ErrorCode NoScheduler = new(
        "schedules.scheduler.none",
        "No scheduler acts: what recurs is not done until one does.",
        "Start one with `beamtime worker` or `beamtime serve --roles scheduler`; one that stands by takes over within seconds.",
        RetryClass.Later);

    /// <summary>No such schedule.</summary>
    public static readonly ErrorCode Unknown = new(
        "schedules.schedule.unknown",
        "No schedule has this name.",
        "List the schedules and take a name from there.");

    /// <summary>The name is taken.</summary>
    public static readonly ErrorCode NameTaken = new(
        "schedules.name.taken",
        "Another schedule has this name.",
        "Choose another name, or remove that schedule first.");

    /// <summary>The rule cannot be followed.</summary>
    public static readonly ErrorCode RuleInvalid = new(
        "schedules.rule.invalid",
        "The cron expression, the interval or the time zone is not one, or it never comes.",
        "Correct what the message names.");

    /// <summary>The job of a schedule cannot be enqueued so.</summary>
    public static readonly ErrorCode JobInvalid = new(
        "schedules.job.invalid",
        "The job of the schedule has a field outside its bounds.",
        "Correct what the message names.");
}
