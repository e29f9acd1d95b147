using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Npgsql;

namespace Beamtime.Core.Access;

/// <summary>Turns refusals, faults and bugs into problem documents.</summary>
internal static class ProblemWriter
{
    /// <summary>The header that carries the correlation id both ways.</summary>
    public const string CorrelationHeader = "X-Correlation-Id";

    /// <summary>The problem of an exception; what nobody expected becomes <c>internal.bug</c> and tells nothing more.</summary>
    /// <param name="exception">The exception.</param>
    /// <param name="correlationId">The request's id in the log.</param>
    public static Problem Of(Exception exception, string correlationId) => exception switch
    {
        RefusedException refused => OfReasons(refused.Reasons, correlationId),
        FaultException fault => Write([fault.Reason], StatusOfFault(fault.Reason), correlationId),
        NpgsqlException outage when outage.IsOutage() => Write(
            [DatabaseErrors.Unreachable.Because("the database does not answer")],
            StatusCodes.Status503ServiceUnavailable,
            correlationId),
        BadHttpRequestException bad => Write([OfBadRequest(bad)], bad.StatusCode, correlationId),
        _ => Write(
            [AccessErrors.Bug.Because("the program met something it does not expect")],
            StatusCodes.Status500InternalServerError,
            correlationId),
    };

    /// <summary>The problem of a refusal.</summary>
    /// <param name="reasons">Every reason, at least one.</param>
    /// <param name="correlationId">The request's id in the log.</param>
    public static Problem OfReasons(IReadOnlyList<Reason> reasons, string correlationId) =>
        Write(reasons, StatusOfRefusal(reasons), correlationId);

    /// <summary>The problem of an answer that has an error status and no body.</summary>
    /// <param name="context">The request.</param>
    public static Problem OfStatus(HttpContext context)
    {
        string route = $"{context.Request.Method} {context.Request.Path}";
        int status = context.Response.StatusCode;
        Reason reason = status switch
        {
            StatusCodes.Status404NotFound => AccessErrors.UnknownRoute.Because($"{route} does not exist"),
            StatusCodes.Status405MethodNotAllowed => AccessErrors.Method.Because($"{route} is not a method of this path"),
            StatusCodes.Status413PayloadTooLarge => AccessErrors.TooLarge.Because($"the body of {route} is too large"),
            StatusCodes.Status415UnsupportedMediaType => AccessErrors.MediaType.Because(
                $"the body is '{context.Request.ContentType ?? "of no stated type"}'"),
            StatusCodes.Status400BadRequest => AccessErrors.Malformed.Because($"{route} cannot be read"),
            _ => AccessErrors.Failed.Because($"{route} ended with status {status}"),
        };
        return Write([reason], status, context.TraceIdentifier);
    }

    /// <summary>Sends a problem as the answer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="problem">The problem.</param>
    public static Task SendAsync(HttpContext context, Problem problem)
    {
        context.Response.StatusCode = problem.Status;
        if (problem.Status == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        if (context.Features.Get<SignIns.RetryAfter>() is { } pause)
        {
            context.Response.Headers.RetryAfter = pause.Seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return context.Response.WriteAsJsonAsync(
            problem, ProblemJson.Default.Problem, Problem.MediaType, context.RequestAborted);
    }

    private static int StatusOfRefusal(IReadOnlyList<Reason> reasons)
    {
        if (reasons.All(r => r.Code.EndsWith(".unknown", StringComparison.Ordinal)))
        {
            return StatusCodes.Status404NotFound;
        }

        if (reasons.Any(r => r.Code == AccessErrors.Throttled.Code))
        {
            return StatusCodes.Status429TooManyRequests;
        }

        if (reasons.Any(r => r.Code.StartsWith("access.sign_in.", StringComparison.Ordinal)
            || r.Code.StartsWith("access.token.", StringComparison.Ordinal)))
        {
            return StatusCodes.Status401Unauthorized;
        }

        if (reasons.Any(r => r.Code.StartsWith("access.", StringComparison.Ordinal)))
        {
            return StatusCodes.Status403Forbidden;
        }

        // What passes by itself is a conflict with the present state; the rest is wrong with the request.
        return reasons.All(r => r.Retry is not RetryClass.Never)
            ? StatusCodes.Status409Conflict
            : StatusCodes.Status422UnprocessableEntity;
    }

    private static int StatusOfFault(Reason reason) =>
        reason.Retry is RetryClass.Never
            ? StatusCodes.Status500InternalServerError
            : StatusCodes.Status503ServiceUnavailable;

    private static Reason OfBadRequest(BadHttpRequestException bad) => (bad.StatusCode, bad.InnerException) switch
    {
        (StatusCodes.Status413PayloadTooLarge, _) => AccessErrors.TooLarge.Because(bad.Message),
        (StatusCodes.Status415UnsupportedMediaType, _) => AccessErrors.MediaType.Because(bad.Message),
        (_, JsonException json) => AccessErrors.Malformed.Because(OfJson(json)),
        _ => AccessErrors.Malformed.Because(bad.Message),
    };

    private static string OfJson(JsonException json) =>
        json.LineNumber is { } line && !json.Message.Contains("LineNumber", StringComparison.Ordinal)
            ? $"{json.Message} (line {line + 1}, byte {json.BytePositionInLine + 1})"
            : json.Message;

    private static Problem Write(IReadOnlyList<Reason> reasons, int status, string correlationId) => new()
    {
        Type = reasons[0].Code,
        Title = ReasonPhrases.GetReasonPhrase(status),
        Status = status,
        Detail = string.Join("; ", reasons.Select(r => r.Message)),
        // One reason that stays makes repeating useless, and one that must pass first makes it early: the enum's order.
        Retry = reasons.Min(r => r.Retry),
        Reasons = [.. reasons.Select(r => new ProblemReason(r.Code, r.Message, r.Remedy))],
        CorrelationId = correlationId,
    };
}
