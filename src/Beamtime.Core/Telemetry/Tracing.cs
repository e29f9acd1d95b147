using System.Diagnostics;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// The program's spans: a request, a job's attempt, a workflow's step. Without a listener beginning one costs a look at a
/// list and gives null.
/// </summary>
internal static class Tracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "Beamtime";

    /// <summary>The source of all spans.</summary>
    public static readonly ActivitySource Source = new(SourceName);

    /// <summary>True when somebody gathers spans.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>The span in which this runs, as W3C's <c>traceparent</c>; null where none is gathered.</summary>
    public static string? Parent => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } span ? span.Id : null;

    /// <summary>Begins a span.</summary>
    /// <param name="name">What is done, without what differs from one to the next.</param>
    /// <param name="kind">How it came to be done.</param>
    /// <param name="traceParent">The span that it belongs to, as W3C writes it; null for the one in which this runs.</param>
    public static Activity? Begin(string name, ActivityKind kind = ActivityKind.Internal, string? traceParent = null)
    {
        if (!IsOn)
        {
            return null;
        }

        return traceParent is not null && ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent)
            ? Source.StartActivity(name, kind, parent)
            : Source.StartActivity(name, kind);
    }

    /// <summary>Begins the span of a question to another role, where one is in force that it can belong to.</summary>
    /// <param name="topic">The question's topic.</param>
    public static Activity? Ask(string topic) => IsOn && Parent is not null ? Source.StartActivity($"ask {topic}", ActivityKind.Client) : null;

    /// <summary>Begins the span of answering a question, where its asker has one.</summary>
    /// <param name="topic">The question's topic.</param>
    /// <param name="traceParent">The asker's span, as W3C writes it; null for none.</param>
    public static Activity? Answer(string topic, string? traceParent) =>
        traceParent is null ? null : Begin($"answer {topic}", ActivityKind.Server, traceParent);

    /// <summary>Notes that what a span tells of failed.</summary>
    /// <param name="span">The span, or null.</param>
    /// <param name="error">How.</param>
    public static void Fail(this Activity? span, Exception error)
    {
        span?.SetStatus(ActivityStatusCode.Error, error.Message);
        span?.AddException(error);
    }
}
