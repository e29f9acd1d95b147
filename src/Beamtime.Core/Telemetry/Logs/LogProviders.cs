using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Beamtime.Core.Telemetry.Logs;

/// <summary>Gives lines to the log's file.</summary>
/// <param name="file">The file; nobody's here to close.</param>
/// <param name="formatter">How a line is written.</param>
/// <param name="isDated">Whether the formatter's lines lack the date.</param>
/// <param name="time">The clock.</param>
internal sealed class FileLogProvider(LogFile file, ConsoleFormatter formatter, bool isDated, TimeProvider time) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, this);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private void Write<TState>(in LogEntry<TState> entry)
    {
        using var text = new StringWriter { NewLine = "\n" };
        if (isDated)
        {
            text.Write(time.GetUtcNow().ToString("yyyy-MM-dd ", System.Globalization.CultureInfo.InvariantCulture));
        }

        formatter.Write(entry, null, text);
        file.Add(text.ToString());
    }

    private sealed class Logger(string category, FileLogProvider provider) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            provider.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter));
    }
}

/// <summary>Gives lines to the ring that REST shows.</summary>
/// <param name="ring">The ring.</param>
/// <param name="time">The clock.</param>
internal sealed class StreamLogProvider(LogRing ring, TimeProvider time) : ILoggerProvider
{
    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, ring, time);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Logger(string category, LogRing ring, TimeProvider time) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            ring.Add(new LogLine
            {
                Number = 0,
                At = time.GetUtcNow(),
                Level = logLevel,
                Message = formatter(state, exception),
                Category = category,
                Correlation = Correlation.Current,
                Loop = LoopBeat.Current?.Name,
                Exception = exception?.ToString(),
            });
    }
}
