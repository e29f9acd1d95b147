using Beamtime.Core.Telemetry;

namespace Beamtime.Tests.Telemetry;

public sealed class CorrelationTests
{
    [Fact]
    public async Task An_id_goes_along_with_calls_and_ends_with_its_scope()
    {
        Assert.Null(Correlation.Current);
        using (Correlation.Begin("outer"))
        {
            await Task.Yield();
            using (Correlation.Begin("inner"))
            {
                Assert.Equal("inner", await Task.Run(() => Correlation.Current, TestContext.Current.CancellationToken));
            }

            Assert.Equal("outer", Correlation.Current);
        }

        Assert.Null(Correlation.Current);
    }

    [Fact]
    public void A_text_that_is_no_id_has_always_the_same_one()
    {
        var id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch);
        Assert.Equal(id, Correlation.IdOf(id.ToString()));
        Assert.Equal(Correlation.IdOf("beamline-7"), Correlation.IdOf("beamline-7"));
        Assert.NotEqual(Correlation.IdOf("beamline-7"), Correlation.IdOf("beamline-8"));
        Assert.Equal((8, 8), (Correlation.IdOf("beamline-7").Version, Correlation.IdOf("beamline-7").Variant & 0xC));
    }
}
