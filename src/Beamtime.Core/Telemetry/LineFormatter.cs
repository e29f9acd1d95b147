using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// Writes a log entry as one line for people: time in UTC, level, message, and the correlation id in brackets unless the
/// message has it; an exception follows on lines of its own, indented.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class LineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>Under which the console finds it.</summary>
    public const string FormatterName = "line";

    private const string Indent = "    ";

    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        textWriter.Write(time.GetUtcNow().ToString("HH:mm:ss.fff ", CultureInfo.InvariantCulture));
        textWriter.Write(NameOf(logEntry.LogLevel));
        textWriter.Write(' ');
        textWriter.Write(message.ReplaceLineEndings(" "));
        if (Correlation.Current is { } correlation && !message.Contains(correlation, StringComparison.Ordinal))
        {
            textWriter.Write(" [");
            textWriter.Write(correlation);
            textWriter.Write(']');
        }

        textWriter.WriteLine();
        if (logEntry.Exception is { } error)
        {
            foreach (var line in error.ToString().EnumerateLines())
            {
                textWriter.Write(Indent);
                textWriter.WriteLine(line.TrimStart());
            }
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace  ",
        LogLevel.Debug => "debug  ",
        LogLevel.Information => "info   ",
        LogLevel.Warning => "warning",
        LogLevel.Error => "ERROR  ",
        _ => "FATAL  ",
    };
}
