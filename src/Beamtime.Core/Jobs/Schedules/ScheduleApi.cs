using Beamtime.Core.Access;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Jobs.Schedules;

/// <summary>A schedule with its latest ticks.</summary>
/// <param name="Schedule">The schedule.</param>
/// <param name="Next">When it is due next.</param>
/// <param name="Ticks">Its latest ticks, newest first.</param>
internal sealed record ScheduleView(Schedule Schedule, IReadOnlyList<DateTimeOffset> Next, IReadOnlyList<Tick> Ticks);

/// <summary>The scheduler's state and what it has before it.</summary>
/// <param name="Acting">Who acts or acted last; null where none ever did.</param>
/// <param name="Schedules">How many schedules there are.</param>
/// <param name="Paused">How many of them are paused.</param>
/// <param name="NextDue">When the first of them is due.</param>
internal sealed record SchedulerView(SchedulerStatus? Acting, int Schedules, int Paused, DateTimeOffset? NextDue);

/// <summary>The REST routes of schedules and of the scheduler.</summary>
internal static class ScheduleApi
{
    private const int Shown = 20;
    private const int Foretold = 5;
    private const string Change = "schedules.change";

    /// <summary>Adds the routes.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapSchedules(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/schedules").WithTags("schedules").RequirePermission("schedules.read");
        group.MapGet("", (ScheduleStore store, CancellationToken cancel) => store.ListAsync(cancel))
            .WithName("ListSchedules").WithSummary("The schedules by name");
        group.MapGet("/{name}", ShowAsync).WithName("ShowSchedule")
            .WithSummary("A schedule with its latest ticks and when it is due next").Produces<ScheduleView>();
        group.MapGet("/{name}/next", NextAsync).WithName("ForetellSchedule")
            .WithSummary("When a schedule is due from now on").Produces<DateTimeOffset[]>();
        group.MapPost("", AddAsync).RequirePermission(Change).WithName("AddSchedule")
            .WithSummary("Makes a schedule by cron, by interval or for once").Produces<Schedule>(StatusCodes.Status201Created);
        group.MapPost("/{name}/pause", PauseAsync).RequirePermission(Change).WithName("PauseSchedule")
            .WithSummary("Has a schedule make no ticks").Produces<Schedule>();
        group.MapPost("/{name}/resume", ResumeAsync).RequirePermission(Change).WithName("ResumeSchedule")
            .WithSummary("Has a schedule make ticks again, from now on").Produces<Schedule>();
        group.MapPost("/{name}/run", RunAsync).RequirePermission(Change).WithName("RunSchedule")
            .WithSummary("Makes a tick now").Produces<Tick>();
        group.MapDelete("/{name}", RemoveAsync).RequirePermission(Change).WithName("RemoveSchedule")
            .WithSummary("Removes a schedule with its ticks; their jobs stay").Produces<Schedule>();
        routes.MapGet("/scheduler", StatusAsync).WithTags("schedules").RequirePermission("schedules.read").WithName("ShowScheduler")
            .WithSummary("Which scheduler acts").Produces<SchedulerView>();
        return routes;
    }

    private static async Task<IResult> ShowAsync(string name, ScheduleStore store, CancellationToken cancel)
    {
        var schedule = await FindAsync(name, store, cancel);
        return Results.Ok(new ScheduleView(
            schedule, await store.ForetellAsync(schedule, Foretold, cancel), await store.ListTicksAsync(name, Shown, cancel)));
    }

    private static async Task<IResult> NextAsync(string name, int? count, ScheduleStore store, CancellationToken cancel) =>
        Results.Ok(await store.ForetellAsync(
            await FindAsync(name, store, cancel), Math.Clamp(count ?? Foretold, 1, ScheduleStore.LongestList), cancel));

    private static async Task<IResult> AddAsync(NewSchedule schedule, ScheduleStore store, CancellationToken cancel) =>
        (await store.AddAsync(schedule, cancel)).Answer(
            added => Results.Created($"/api/v2/schedules/{Uri.EscapeDataString(added.Name)}", added));

    private static async Task<IResult> PauseAsync(string name, ScheduleStore store, CancellationToken cancel) =>
        (await store.PauseAsync(name, cancel)).Answer(Results.Ok);

    private static async Task<IResult> ResumeAsync(string name, ScheduleStore store, CancellationToken cancel) =>
        (await store.ResumeAsync(name, cancel)).Answer(Results.Ok);

    private static async Task<IResult> RunAsync(string name, ScheduleStore store, CancellationToken cancel) =>
        (await store.RunNowAsync(name, cancel)).Answer(Results.Ok);

    private static async Task<IResult> RemoveAsync(string name, ScheduleStore store, CancellationToken cancel) =>
        (await store.RemoveAsync(name, cancel)).Answer(Results.Ok);

    private static async Task<IResult> StatusAsync(ScheduleStore store, BeamtimeDatabase database, CancellationToken cancel)
    {
        var schedules = await store.ListAsync(cancel);
        return Results.Ok(new SchedulerView(
            await SchedulerLease.StatusAsync(database.Source, cancel),
            schedules.Count,
            schedules.Count(s => s.IsPaused),
            schedules.Where(s => !s.IsPaused).Min(s => s.NextDue)));
    }

    private static async Task<Schedule> FindAsync(string name, ScheduleStore store, CancellationToken cancel) =>
        await store.FindAsync(name, cancel)
            ?? throw new RefusedException(ScheduleErrors.Unknown.Because($"there is no schedule '{name}'"));
}
