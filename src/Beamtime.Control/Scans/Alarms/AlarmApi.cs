using Beamtime.Core.Access;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Scans.Alarms;

/// <summary>What somebody raises.</summary>
internal sealed record AlarmRequest
{
    /// <summary>How much it matters.</summary>
    public required AlarmSeverity Severity { get; init; }

    /// <summary>What is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>The program or part that raises it.</summary>
    public string Source { get; init; } = "rest";

    /// <summary>Number or id of the scan that it is about; a major alarm ends it.</summary>
    public string? Scan { get; init; }

    /// <summary>The device that it is about.</summary>
    public string? Device { get; init; }

    /// <summary>What else is known.</summary>
    public IReadOnlyDictionary<string, string>? Details { get; init; }
}

/// <summary>What somebody says who takes note of an alarm.</summary>
internal sealed record AlarmAcknowledgement
{
    /// <summary>What that person says about it.</summary>
    public string Comment { get; init; } = "";
}

/// <summary>Alarms over REST.</summary>
internal static class AlarmApi
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(15);

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of alarms.</summary>
        public IEndpointRouteBuilder MapAlarms()
        {
            routes.MapGet("/alarms", ListAsync).RequirePermission("alarms.read")
                .WithSummary("Alarms of the beamline, newest first, by severity, state or scan")
                .Produces<AlarmPage>();
            routes.MapGet("/alarms/{alarm}", ShowAsync).RequirePermission("alarms.read")
                .WithSummary("One alarm")
                .Produces<AlarmAnswer>();
            routes.MapPost("/alarms", RaiseAsync).RequirePermission("alarms.raise").OnRepeat(Repeat.FindsByKey)
                .WithSummary("Raises an alarm; a major one ends the scan that it names")
                .Produces<AlarmAnswer>(StatusCodes.Status201Created);
            routes.MapPost("/alarms/{alarm}/acknowledge", AcknowledgeAsync).RequirePermission("alarms.acknowledge")
                .WithSummary("Takes note of an alarm")
                .Produces<AlarmAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(
        AlarmStore store,
        ScanOptions options,
        CancellationToken cancel,
        AlarmSeverity? severity = null,
        AlarmState? state = null,
        int? scan = null,
        int offset = 0,
        int limit = 100)
    {
        var page = await store.ListAsync(
            new RecordQuery
            {
                Beamline = options.Beamline,
                Number = scan,
                Name = severity?.ToString(),
                Status = state?.ToString(),
                Offset = Math.Max(0, offset),
                Limit = Math.Clamp(limit, 1, 1000),
            },
            cancel);
        return TypedResults.Ok(new AlarmPage([.. page.Items.Select(AlarmAnswer.Of)], page.Total));
    }

    private static async Task<IResult> ShowAsync(string alarm, AlarmStore store, CancellationToken cancel) =>
        await store.FindAsync(alarm, cancel) is { } found
            ? TypedResults.Ok(AlarmAnswer.Of(found))
            : throw new RefusedException(AlarmErrors.Unknown.Because($"There is no alarm '{alarm}'."));

    private static async Task<IResult> RaiseAsync(
        AlarmRequest request, Caller caller, RequestKey? key, AlarmTopics topics, TimeProvider time, CancellationToken cancel)
    {
        var answer = await topics.Commands.AskAsync(
            new AlarmCommand
            {
                Id = key?.Id ?? Guid.CreateVersion7(time.GetUtcNow()),
                Who = caller.Who.Value,
                Severity = request.Severity,
                Source = request.Source,
                Message = request.Message,
                Scan = request.Scan,
                Device = request.Device,
                Details = request.Details,
            },
            AnswerDeadline,
            cancel);
        return TypedResults.Created($"/api/v2/alarms/{answer.Id}", answer);
    }

    private static async Task<IResult> AcknowledgeAsync(
        string alarm, AlarmAcknowledgement? request, Caller caller, AlarmStore store, CancellationToken cancel) =>
        TypedResults.Ok(AlarmAnswer.Of(
            (await store.AcknowledgeAsync(alarm, caller.Who, request?.Comment ?? "", cancel)).OrThrow()));
}
