using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Beamtime.Core.Access;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Telemetry.Logs;
using Beamtime.Sdk.Errors;

namespace Beamtime.Roles;

/// <summary>A sink of the log as REST tells it.</summary>
internal sealed record LogSinkAnswer
{
    /// <summary>Which.</summary>
    public required LogSink Sink { get; init; }

    /// <summary>Its levels: that of all categories first.</summary>
    public required IReadOnlyList<LogLevelRule> Levels { get; init; }

    /// <summary>The file that grows; null for other sinks.</summary>
    public string? File { get; init; }

    /// <summary>Lines that were dropped since the start; null for other sinks.</summary>
    public long? Dropped { get; init; }

    /// <summary>Why the disk does not take lines; null while it does.</summary>
    public string? Problem { get; init; }
}

/// <summary>A change of a sink's level.</summary>
internal sealed record LogLevelRequest
{
    /// <summary>The least level that it takes; null to go back to what the settings say.</summary>
    public LogLevel? Level { get; init; }

    /// <summary>Of a category and those below it; empty for all.</summary>
    public string Category { get; init; } = "";

    /// <summary>After how many minutes it goes back; null for the next start.</summary>
    public double? Minutes { get; init; }
}

/// <summary>The log of this process over REST.</summary>
internal static partial class LogApi
{
    private const int LongestCategory = 200;

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of the log, where the process has its sinks.</summary>
        public IEndpointRouteBuilder MapLogs()
        {
            routes.MapGet("/logs", List).RequirePermission("logs.read")
                .WithSummary("The last lines of this process's log, by level, category, text and correlation id")
                .Produces<LogLine[]>();
            routes.MapGet("/logs/live", Follow).RequirePermission("logs.read")
                .WithSummary("Server-sent events: lines of this process's log as they are written");
            routes.MapGet("/logs/sinks", ListSinks).RequirePermission("logs.read")
                .WithSummary("Where this process's log goes, and from which levels")
                .Produces<LogSinkAnswer[]>();
            routes.MapPost("/logs/sinks/{sink}", SetLevel).RequirePermission("logs.change").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Sets the least level of a sink until the next start, or for some minutes")
                .Produces<LogSinkAnswer>();
            return routes;
        }
    }

    private static IResult List(
        IServiceProvider services,
        LogLevel level = LogLevel.Trace,
        string? category = null,
        string? text = null,
        string? correlation = null,
        int limit = 200) => TypedResults.Ok(Sinks(services).Ring.Last()
            .Where(line => IsWanted(line, level, category, text, correlation))
            .TakeLast(Math.Clamp(limit, 1, 10_000)).ToArray());

    private static IResult Follow(
        IServiceProvider services,
        CancellationToken cancel,
        LogLevel level = LogLevel.Trace,
        string? category = null,
        string? text = null,
        string? correlation = null) => TypedResults.ServerSentEvents(
            FollowAsync(Sinks(services), line => IsWanted(line, level, category, text, correlation), cancel));

    private static async IAsyncEnumerable<SseItem<LogLine>> FollowAsync(
        LogSinks sinks, Func<LogLine, bool> isWanted, [EnumeratorCancellation] CancellationToken cancel)
    {
        // Without a first event the answer's head would wait for the next line.
        yield return new SseItem<LogLine>(
            new LogLine { Number = 0, At = default, Level = LogLevel.None, Message = "", Category = "" }, "subscribed");
        await foreach (var line in sinks.Ring.FollowAsync(cancel))
        {
            if (isWanted(line))
            {
                yield return new SseItem<LogLine>(line);
            }
        }
    }

    private static IResult ListSinks(IServiceProvider services)
    {
        var sinks = Sinks(services);
        return TypedResults.Ok(Enum.GetValues<LogSink>().Where(s => IsThere(sinks, s)).Select(s => Answer(sinks, s)).ToArray());
    }

    private static IResult SetLevel(
        string sink, LogLevelRequest request, Caller caller, IServiceProvider services, TimeProvider time, ILoggerFactory logs)
    {
        var sinks = Sinks(services);
        List<Reason> reasons = [];
        if (!Enum.TryParse<LogSink>(sink, ignoreCase: true, out var known) || !Enum.IsDefined(known) || !IsThere(sinks, known))
        {
            reasons.Add(TelemetryErrors.SinkUnknown.Because(
                $"'{sink}' is no sink of this process; it has {string.Join(", ", Enum.GetValues<LogSink>().Where(s => IsThere(sinks, s)).Select(NameOf))}"));
        }

        if (request.Minutes is not (null or (> 0 and <= 60 * 24 * 365)))
        {
            reasons.Add(TelemetryErrors.LevelInvalid.Because($"{request.Minutes} minutes"));
        }

        if (request.Category.Length > LongestCategory || (request.Level is null && request.Category.Length > 0))
        {
            reasons.Add(TelemetryErrors.LevelInvalid.Because(request.Level is null
                ? "a sink goes back to its settings as a whole, not by category"
                : $"the category has {request.Category.Length} characters, at most {LongestCategory} may be"));
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        if (request.Level is { } level)
        {
            sinks.Levels.Set(new LogLevelRule(
                known, request.Category, level, request.Minutes is { } minutes ? time.GetUtcNow().AddMinutes(minutes) : null));
        }
        else
        {
            sinks.Levels.Reset(known);
        }

        var log = logs.CreateLogger(typeof(LogApi));
        LevelChanged(log, known, request.Level, request.Category, caller.Username);
        return TypedResults.Ok(Answer(sinks, known));
    }

    private static LogSinkAnswer Answer(LogSinks sinks, LogSink sink) => new()
    {
        Sink = sink,
        Levels = [.. sinks.Levels.Rules.Where(r => r.Sink == sink).OrderBy(r => r.Category, StringComparer.Ordinal)],
        File = sink == LogSink.File ? sinks.File?.Path : null,
        Dropped = sink == LogSink.File ? sinks.File?.Dropped : null,
        Problem = sink == LogSink.File ? sinks.File?.Problem : null,
    };

    private static bool IsWanted(LogLine line, LogLevel level, string? category, string? text, string? correlation) =>
        line.Level >= level
        && (category is null || line.Category.StartsWith(category, StringComparison.Ordinal))
        && (text is null || line.Message.Contains(text, StringComparison.OrdinalIgnoreCase))
        && (correlation is null || line.Correlation == correlation);

    private static bool IsThere(LogSinks sinks, LogSink sink) => sink != LogSink.File || sinks.File is not null;

    private static string NameOf(LogSink sink) => sink.ToString().ToLowerInvariant();

    // A host that was given another way to log, as tests do, has none.
    private static LogSinks Sinks(IServiceProvider services) => services.GetService<LogSinks>()
        ?? throw new RefusedException(TelemetryErrors.SinkUnknown.Because("this process logs elsewhere"));

    [LoggerMessage(Level = LogLevel.Information, Message = "The least level of the log's {Sink} was set to {Level} for '{Category}' by {Who}; none is that of the settings")]
    private static partial void LevelChanged(ILogger log, LogSink sink, LogLevel? level, string category, string who);
}
