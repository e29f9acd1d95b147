using Beamtime.Control.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

public sealed class OwnerEpochTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("epoch");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_lower_epoch_is_refused_also_after_a_restart()
    {
        var owner = new OwnerEpoch(_folder["epoch"]);
        owner.Accept(3);
        owner.Accept(3);
        Refuses(owner, 2);
        var restarted = new OwnerEpoch(_folder["epoch"]);
        Assert.Equal(3, restarted.Highest);
        Refuses(restarted, 2);
        restarted.Accept(4);
        Assert.Equal(4, new OwnerEpoch(_folder["epoch"]).Highest);
    }

    [Theory]
    [InlineData("")]
    [InlineData("three")]
    public void A_damaged_file_is_refused_not_taken_for_zero(string content)
    {
        File.WriteAllText(_folder["epoch"], content);
        var refused = Assert.Throws<RefusedException>(() => new OwnerEpoch(_folder["epoch"]));
        Assert.Equal("device.epoch.unreadable", Assert.Single(refused.Reasons).Code);
    }

    private static void Refuses(OwnerEpoch owner, long epoch) =>
        Assert.Equal("device.owner.stale", Assert.Throws<FaultException>(() => owner.Accept(epoch)).Reason.Code);
}
