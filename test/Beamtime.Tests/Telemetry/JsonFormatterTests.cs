using System.Text.Json;
using Beamtime.Core.Telemetry;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Telemetry;

/// <summary>Log lines as programs read them.</summary>
public sealed partial class JsonFormatterTests
{
    [Fact]
    public void An_entry_is_one_object_on_one_line_with_its_fields_by_name()
    {
        using var correlation = Correlation.Begin("abc-1");
        var line = Write(log => ScanEnded(log, 7, "line\n\"q\" ü", 1.5, isGood: true, null));
        Assert.DoesNotContain('\n', line);
        using var json = JsonDocument.Parse(line);
        var root = json.RootElement;
        Assert.Equal("2026-01-01T00:00:01.250000Z", root.GetProperty("time").GetString());
        Assert.Equal("warning", root.GetProperty("level").GetString());
        Assert.Equal("Scan 7 (line\n\"q\" ü) ended after 1.5 s, True", root.GetProperty("message").GetString());
        Assert.Equal("Scan {Number} ({ScanName}) ended after {Seconds} s, {IsGood}", root.GetProperty("template").GetString());
        var fields = root.GetProperty("fields");
        Assert.Equal(7, fields.GetProperty("number").GetInt32());
        Assert.Equal("line\n\"q\" ü", fields.GetProperty("scan_name").GetString());
        Assert.Equal(1.5, fields.GetProperty("seconds").GetDouble());
        Assert.True(fields.GetProperty("is_good").GetBoolean());
        Assert.Equal("abc-1", root.GetProperty("correlation").GetString());
        Assert.Equal("api,worker", root.GetProperty("roles").GetString());
        Assert.Equal("2-bm", root.GetProperty("beamline").GetString());
        Assert.Equal("Some.Category", root.GetProperty("category").GetString());
        Assert.False(root.TryGetProperty("exception", out _));
    }

    [Fact]
    public void An_exception_has_its_type_message_and_stack()
    {
        var line = Write(log => ScanEnded(log, 7, "line", double.NaN, isGood: false, new InvalidOperationException("one\ntwo")));
        using var json = JsonDocument.Parse(line);
        var error = json.RootElement.GetProperty("exception");
        Assert.Equal("System.InvalidOperationException", error.GetProperty("type").GetString());
        Assert.Equal("one\ntwo", error.GetProperty("message").GetString());
        Assert.Equal("NaN", json.RootElement.GetProperty("fields").GetProperty("seconds").GetString());
    }

    [Fact]
    public void A_trace_and_its_span_stand_in_the_line()
    {
        using var activity = new System.Diagnostics.Activity("x").SetIdFormat(System.Diagnostics.ActivityIdFormat.W3C).Start();
        using var json = JsonDocument.Parse(Write(log => ScanEnded(log, 1, "line", 1, isGood: true, null)));
        Assert.Equal(activity.TraceId.ToHexString(), json.RootElement.GetProperty("trace").GetString());
        Assert.Equal(activity.SpanId.ToHexString(), json.RootElement.GetProperty("span").GetString());
    }

    private static string Write(Action<ILogger> log)
    {
        var clock = new FakeClock();
        clock.Advance(TimeSpan.FromSeconds(1.25));
        using var text = new StringWriter { NewLine = "\n" };
        log(new Formatting(new JsonFormatter(new LogOrigin("api,worker", "2-bm"), clock), text));
        return text.ToString().TrimEnd('\n');
    }

    private sealed class Formatting(JsonFormatter formatter, TextWriter text) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter1) =>
            formatter.Write(
                new LogEntry<TState>(logLevel, "Some.Category", eventId, state, exception, formatter1), null, text);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scan {Number} ({ScanName}) ended after {Seconds} s, {IsGood}")]
    private static partial void ScanEnded(
        ILogger log, int number, string scanName, double seconds, bool isGood, Exception? error);
}
