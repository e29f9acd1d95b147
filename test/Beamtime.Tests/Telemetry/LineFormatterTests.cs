using Beamtime.Core.Telemetry;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Telemetry;

public sealed class LineFormatterTests
{
    [Theory]
    [InlineData(LogLevel.Information, "00:00:01.250 info    Scan 7 began\n")]
    [InlineData(LogLevel.Warning, "00:00:01.250 warning Scan 7 began\n")]
    [InlineData(LogLevel.Error, "00:00:01.250 ERROR   Scan 7 began\n")]
    [InlineData(LogLevel.Critical, "00:00:01.250 FATAL   Scan 7 began\n")]
    public void An_entry_is_one_line(LogLevel level, string expected) => Assert.Equal(expected, Write(level, "Scan 7\nbegan", null));

    [Fact]
    public void An_exception_follows_on_lines_of_its_own() => Assert.Equal(
        "00:00:01.250 ERROR   Scan 7\n    System.InvalidOperationException: one\n    two\n",
        Write(LogLevel.Error, "Scan 7", new InvalidOperationException("one\ntwo")));

    [Fact]
    public void A_correlation_id_stands_at_the_end_unless_the_message_has_it()
    {
        using var correlation = Correlation.Begin("abc-1");
        Assert.Equal("00:00:01.250 info    Scan 7 began [abc-1]\n", Write(LogLevel.Information, "Scan 7 began", null));
        Assert.Equal("00:00:01.250 info    POST (abc-1)\n", Write(LogLevel.Information, "POST (abc-1)", null));
    }

    private static string Write(LogLevel level, string message, Exception? error)
    {
        var clock = new FakeClock();
        clock.Advance(TimeSpan.FromSeconds(1.25));
        using var text = new StringWriter { NewLine = "\n" };
        new LineFormatter(clock).Write(
            new LogEntry<string>(level, "Some.Category", new EventId(1234), message, error, (state, _) => state), null, text);
        return text.ToString();
    }
}
