using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Beamtime.Core.Telemetry.Logs;

/// <summary>The least level of a category at a sink.</summary>
/// <param name="Sink">The sink.</param>
/// <param name="Category">The category, with those below it; empty for all.</param>
/// <param name="Level">The least level that is taken.</param>
/// <param name="Until">When it goes back to what it was, UTC; null for the next start.</param>
internal sealed record LogLevelRule(LogSink Sink, string Category, LogLevel Level, DateTimeOffset? Until = null);

/// <summary>
/// Which lines each sink takes. The rules are those of the framework, made anew whenever one changes, so that a line that
/// nobody takes is not even put together.
/// </summary>
internal sealed class LogLevelBook : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>, IDisposable
{
    // Libraries at length only when they are asked for.
    private static readonly string[] Talkative = ["Microsoft", "Npgsql"];

    private readonly TimeProvider _time;
    private readonly IReadOnlyDictionary<LogSink, string> _providers;
    private readonly List<LogLevelRule> _settings;
    private readonly Lock _gate = new();
    private readonly ITimer _expiry;
    private List<LogLevelRule> _changes = [];
    private CancellationTokenSource _changed = new();

    /// <summary>The levels of the settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="providers">The provider of each sink, by the full name of its type.</param>
    /// <param name="time">The clock.</param>
    public LogLevelBook(TelemetryOptions options, IReadOnlyDictionary<LogSink, string> providers, TimeProvider time)
    {
        (_providers, _time) = (providers, time);
        _settings =
        [
            .. providers.Keys.SelectMany(sink => (IEnumerable<LogLevelRule>)
            [
                new LogLevelRule(sink, "", LevelOf(options, sink)),
                .. Talkative.Select(category => new LogLevelRule(
                    sink, category, LevelOf(options, sink) < LogLevel.Warning ? LogLevel.Warning : LevelOf(options, sink))),
                .. options.LogLevels.Select(level => new LogLevelRule(sink, level.Key, level.Value)),
            ]),
        ];
        _expiry = time.CreateTimer(static book => ((LogLevelBook)book!).Renew(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public string? Name => Options.DefaultName;

    /// <summary>The levels that hold now.</summary>
    public IReadOnlyList<LogLevelRule> Rules
    {
        get
        {
            lock (_gate)
            {
                var now = _time.GetUtcNow();
                var changes = _changes.Where(c => c.Until is not { } until || until > now).ToList();
                return
                [
                    .. _settings.Where(s => !changes.Any(c => c.Sink == s.Sink && c.Category == s.Category)),
                    .. changes,
                ];
            }
        }
    }

    /// <summary>Sets a level, in the place of one of the same sink and category.</summary>
    /// <param name="rule">The level.</param>
    public void Set(LogLevelRule rule)
    {
        lock (_gate)
        {
            _changes = [.. _changes.Where(c => c.Sink != rule.Sink || c.Category != rule.Category), rule];
        }

        Renew();
    }

    /// <summary>Goes back to what the settings say.</summary>
    /// <param name="sink">At this sink.</param>
    public void Reset(LogSink sink)
    {
        lock (_gate)
        {
            _changes = [.. _changes.Where(c => c.Sink != sink)];
        }

        Renew();
    }

    /// <inheritdoc/>
    public void Configure(LoggerFilterOptions options)
    {
        options.MinLevel = LogLevel.Trace;
        foreach (var rule in Rules)
        {
            options.Rules.Add(new LoggerFilterRule(
                _providers[rule.Sink], rule.Category.Length == 0 ? null : rule.Category, rule.Level, null));
        }
    }

    /// <inheritdoc/>
    public IChangeToken GetChangeToken()
    {
        lock (_gate)
        {
            return new CancellationChangeToken(_changed.Token);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _expiry.Dispose();
        _changed.Dispose();
    }

    private static LogLevel LevelOf(TelemetryOptions options, LogSink sink) => sink switch
    {
        LogSink.Console => options.LogConsoleLevel,
        LogSink.File => options.LogFileLevel,
        _ => options.LogStreamLevel,
    } ?? options.LogLevel;

    private void Renew()
    {
        CancellationTokenSource old;
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            _changes = [.. _changes.Where(c => c.Until is not { } until || until > now)];
            var next = _changes.Min(c => c.Until);
            _expiry.Change(next is { } due ? due - now : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            (old, _changed) = (_changed, new CancellationTokenSource());
        }

        old.Cancel();
        old.Dispose();
    }
}
