using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Beamtime.Core.Telemetry.Logs;

/// <summary>The sinks of a process and their levels; the same however many logger factories there are.</summary>
internal sealed class LogSinks : IAsyncDisposable
{
    private readonly TelemetryOptions _options;
    private readonly LogOrigin _origin;
    private readonly TimeProvider _time;

    /// <summary>Opens them.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="origin">Which program speaks.</param>
    /// <param name="time">The clock.</param>
    public LogSinks(TelemetryOptions options, LogOrigin origin, TimeProvider time)
    {
        (_options, _origin, _time) = (options, origin, time);
        Dictionary<LogSink, string> providers = new()
        {
            [LogSink.Console] = typeof(ConsoleLoggerProvider).FullName!, [LogSink.Stream] = typeof(StreamLogProvider).FullName!,
        };
        if (options.LogFolder is { Length: > 0 } folder)
        {
            providers[LogSink.File] = typeof(FileLogProvider).FullName!;
            File = new LogFile(
                new LogFileFolder(Path.GetFullPath(folder), $"beamtime-{origin.Roles.Replace(',', '+')}", options.LogFilesKept),
                options.LogFileSize,
                options.LogFilePeriod,
                time);
        }

        Levels = new LogLevelBook(options, providers, time);
        Ring = new LogRing(options.LogStreamLength);
    }

    /// <summary>Their levels.</summary>
    public LogLevelBook Levels { get; }

    /// <summary>The last lines.</summary>
    public LogRing Ring { get; }

    /// <summary>The file; null where there is none.</summary>
    public LogFile? File { get; }

    /// <summary>Has a logger factory write to them.</summary>
    /// <param name="logging">The factory's builder.</param>
    public void AddTo(ILoggingBuilder logging)
    {
        logging.Services.TryAddSingleton(_time);
        logging.Services.TryAddSingleton(_origin);
        logging.Services.TryAddSingleton(this);
        logging.Services.AddSingleton<IConfigureOptions<LoggerFilterOptions>>(Levels);
        logging.Services.AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(Levels);
        logging
            .AddConsole(console => console.FormatterName =
                _options.LogFormat == LogFormat.Json ? JsonFormatter.FormatterName : LineFormatter.FormatterName)
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>()
            .AddConsoleFormatter<JsonFormatter, ConsoleFormatterOptions>();
        logging.AddProvider(new StreamLogProvider(Ring, _time));
        if (File is { } file)
        {
            var isJson = _options.LogFormat == LogFormat.Json;
            logging.AddProvider(new FileLogProvider(
                file, isJson ? new JsonFormatter(_origin, _time) : new LineFormatter(_time), isDated: !isJson, _time));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (File is { } file)
        {
            await file.DisposeAsync();
        }

        Levels.Dispose();
    }
}
