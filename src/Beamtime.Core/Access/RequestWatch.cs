using System.Diagnostics;
using System.Globalization;
using Beamtime.Core.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Core.Access;

/// <summary>Measures every request by its route, never by its path, so that callers cannot make up series.</summary>
/// <param name="next">What comes after.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestWatch(RequestDelegate next, TimeProvider time)
{
    private const string EventStream = "text/event-stream";
    private static readonly string[] Statuses =
        [.. Enumerable.Range(0, 600).Select(s => s.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Measures one request.</summary>
    /// <param name="context">The request.</param>
    public async Task InvokeAsync(HttpContext context)
    {
        AccessMetrics.Active.Add(1);
        var begun = time.GetTimestamp();
        using var span = BeginSpan(context);
        try
        {
            await next(context);
        }
        finally
        {
            AccessMetrics.Active.Add(-1);
            if (context.Response.ContentType?.StartsWith(EventStream, StringComparison.Ordinal) is not true)
            {
                AccessMetrics.Duration.Record(
                    time.GetElapsedTime(begun).TotalSeconds,
                    new KeyValuePair<string, object?>("method", MethodOf(context.Request.Method)),
                    new KeyValuePair<string, object?>("route", (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none"),
                    new KeyValuePair<string, object?>("status", Statuses[Math.Clamp(context.Response.StatusCode, 0, Statuses.Length - 1)]));
            }

            span?.SetTag("http.response.status_code", context.Response.StatusCode)
                .SetStatus(context.Response.StatusCode >= StatusCodes.Status500InternalServerError ? ActivityStatusCode.Error : ActivityStatusCode.Unset);
        }
    }

    private static Activity? BeginSpan(HttpContext context)
    {
        if (!Tracing.IsOn)
        {
            return null;
        }

        // The server's own activity is not gathered: a span below it would hang on nothing.
        Activity.Current = null;
        var (method, route) = (MethodOf(context.Request.Method), (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
        return Tracing.Begin($"{method} {route}".TrimEnd(), ActivityKind.Server, context.Request.Headers.TraceParent)
            ?.SetTag("http.request.method", method).SetTag("http.route", route);
    }

    private static string MethodOf(string method) =>
        HttpMethods.GetCanonicalizedValue(method) is var known && (HttpMethods.IsGet(known) || HttpMethods.IsPost(known)
            || HttpMethods.IsPut(known) || HttpMethods.IsDelete(known) || HttpMethods.IsPatch(known)
            || HttpMethods.IsHead(known) || HttpMethods.IsOptions(known))
            ? known
            : MetricFamily.Other;
}
