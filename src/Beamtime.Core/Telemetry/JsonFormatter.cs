using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Beamtime.Core.Telemetry;

/// <summary>Writes a log entry as one object a line, for programs that gather logs.</summary>
/// <param name="origin">Which program speaks.</param>
/// <param name="time">The clock.</param>
internal sealed class JsonFormatter(LogOrigin origin, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    /// <summary>Under which the console finds it.</summary>
    public const string FormatterName = "json-line";

    private const string Template = "{OriginalFormat}";

    // Quotes and controls are escaped, letters of other languages are left readable: nothing here becomes HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <inheritdoc/>
    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", NameOf(logEntry.LogLevel));
            json.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            WriteText(json, "correlation", Correlation.Current);
            if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
            {
                json.WriteString("trace", activity.TraceId.ToHexString());
                json.WriteString("span", activity.SpanId.ToHexString());
            }

            WriteText(json, "roles", origin.Roles);
            WriteText(json, "loop", LoopBeat.Current?.Name);
            WriteText(json, "beamline", origin.Beamline);
            json.WriteString("category", logEntry.Category);
            WriteText(json, "event", logEntry.EventId.Name);
            WriteFields(json, logEntry.State as IReadOnlyList<KeyValuePair<string, object?>>);
            WriteException(json, logEntry.Exception);
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void WriteFields(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, object?>>? fields)
    {
        if (fields is null)
        {
            return;
        }

        HashSet<string> written = new(StringComparer.Ordinal);
        json.WriteStartObject("fields");
        foreach (var (name, value) in fields)
        {
            if (name != Template && written.Add(name))
            {
                json.WritePropertyName(JsonNamingPolicy.SnakeCaseLower.ConvertName(name));
                WriteValue(json, value);
            }
        }

        json.WriteEndObject();
        WriteText(json, "template", fields.FirstOrDefault(f => f.Key == Template).Value as string);
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case sbyte or byte or short or ushort or int or uint or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong or decimal:
                json.WriteNumberValue(Convert.ToDecimal(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case float number when float.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            default:
                json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteException(Utf8JsonWriter json, Exception? error)
    {
        if (error is null)
        {
            return;
        }

        json.WriteStartObject("exception");
        json.WriteString("type", error.GetType().FullName);
        json.WriteString("message", error.Message);
        json.WriteString("stack", error.ToString());
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteString(name, text);
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
