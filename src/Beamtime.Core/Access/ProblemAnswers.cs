using System.Text.RegularExpressions;
using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Access;

/// <summary>
/// The outermost edge of a request: gives it a correlation id and answers whatever fails beneath with a problem
/// document. A stack trace goes to the log, never to the caller.
/// </summary>
/// <param name="next">What comes after.</param>
/// <param name="time">The clock of the ids.</param>
/// <param name="log">Takes what nobody expected.</param>
internal sealed partial class ProblemAnswers(RequestDelegate next, TimeProvider time, ILogger<ProblemAnswers> log)
{
    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$")]
    private static partial Regex CorrelationId { get; }

    /// <summary>Serves one request.</summary>
    /// <param name="context">The request.</param>
    public async Task InvokeAsync(HttpContext context)
    {
        context.TraceIdentifier = context.Request.Headers[ProblemWriter.CorrelationHeader] is [{ } given] && CorrelationId.IsMatch(given)
            ? given
            : Guid.CreateVersion7(time.GetUtcNow()).ToString();
        using var correlation = Correlation.Begin(context.TraceIdentifier);
        context.Response.Headers[ProblemWriter.CorrelationHeader] = context.TraceIdentifier;
        try
        {
            await next(context);
            if (context.Response is { StatusCode: >= 400, HasStarted: false, ContentLength: null, ContentType: null })
            {
                await ProblemWriter.SendAsync(context, ProblemWriter.OfStatus(context));
            }
        }
        catch (Exception e) when (
            e is OperationCanceledException or IOException && context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
        catch (Exception failure)
        {
            Note(context, failure);
            if (context.Response.HasStarted)
            {
                // Half an answer must not look whole.
                context.Abort();
                return;
            }

            context.Response.Clear();
            context.Response.Headers[ProblemWriter.CorrelationHeader] = context.TraceIdentifier;
            await ProblemWriter.SendAsync(context, ProblemWriter.Of(failure, context.TraceIdentifier));
        }
    }

    private void Note(HttpContext context, Exception failure)
    {
        string route = $"{context.Request.Method} {context.Request.Path}";
        switch (failure)
        {
            case RefusedException refused:
                Refused(log, route, context.TraceIdentifier, refused.Reasons[0].Code, refused.Message);
                break;
            case BadHttpRequestException bad:
                Refused(log, route, context.TraceIdentifier, AccessErrors.Malformed.Code, bad.Message);
                break;
            case FaultException fault:
                Failed(log, fault, route, context.TraceIdentifier, fault.Reason.Code);
                break;
            case NpgsqlException outage when outage.IsOutage():
                Failed(log, outage, route, context.TraceIdentifier, DatabaseErrors.Unreachable.Code);
                break;
            default:
                Unexpected(log, failure, route, context.TraceIdentifier);
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Route} ({CorrelationId}) was refused, {Code}: {Detail}")]
    private static partial void Refused(ILogger log, string route, string correlationId, string code, string detail);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Route} ({CorrelationId}) failed, {Code}")]
    private static partial void Failed(ILogger log, Exception fault, string route, string correlationId, string code);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Route} ({CorrelationId}) met a defect of the program")]
    private static partial void Unexpected(ILogger log, Exception bug, string route, string correlationId);
}
