using Beamtime.Core.Settings;

namespace Beamtime.Tests.Settings;

/// <summary>Durations carry their unit.</summary>
public sealed class DurationTests
{
    [Theory]
    [InlineData("200 ms", 0.2)]
    [InlineData("200ms", 0.2)]
    [InlineData("1.5 s", 1.5)]
    [InlineData(".5 s", 0.5)]
    [InlineData("5 min", 300)]
    [InlineData("2 h", 7200)]
    [InlineData("1 d", 86400)]
    [InlineData("10 us", 0.00001)]
    [InlineData("-3 s", -3)]
    [InlineData("00:00:01", 1)]
    [InlineData("1.00:00:00", 86400)]
    [InlineData("00:01:00.5", 60.5)]
    [InlineData("PT1.5S", 1.5)]
    [InlineData("P1D", 86400)]
    public void It_is_read_as_people_write_it(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out TimeSpan duration));
        Assert.Equal(seconds, duration.TotalSeconds, 9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5 lightyears")]
    [InlineData("s")]
    [InlineData("1e300 d")]
    [InlineData("99:99:99")]
    [InlineData("Pfft")]
    [InlineData("five s")]
    public void A_text_without_number_or_unit_is_none(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0 s")]
    [InlineData(0.2, "200 ms")]
    [InlineData(1.5, "1.5 s")]
    [InlineData(90, "90 s")]
    [InlineData(300, "5 min")]
    [InlineData(86400, "1 d")]
    [InlineData(0.00001, "10 us")]
    public void It_is_written_in_a_unit_that_fits(double seconds, string text)
    {
        TimeSpan duration = TimeSpan.FromSeconds(seconds);
        Assert.Equal(text, Duration.Format(duration));
        Assert.True(Duration.TryParse(text, out TimeSpan again));
        Assert.Equal(duration, again);
    }
}
