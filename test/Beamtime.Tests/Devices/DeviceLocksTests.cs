using Beamtime.Control.Devices;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

public sealed class DeviceLocksTests
{
    private readonly DeviceLocks _locks = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scan_takes_all_its_devices_at_once_or_waits()
    {
        await _locks.AcquireAsync(1, ["samx", "bpm4i"], Cancel);
        var second = _locks.AcquireAsync(2, ["samy", "bpm4i"], Cancel);
        Assert.False(second.IsCompleted);
        Assert.Null(_locks.OwnerOf("samy"));
        Assert.Equal(1, _locks.OwnerOf("bpm4i"));
        _locks.Release(1);
        await second.Soon();
        Assert.Equal(2, _locks.OwnerOf("samy"));
        Assert.Null(_locks.OwnerOf("samx"));
    }

    [Fact]
    public async Task Who_gives_up_waiting_has_taken_nothing()
    {
        await _locks.AcquireAsync(1, ["samx"], Cancel);
        using var giveUp = new CancellationTokenSource();
        var second = _locks.AcquireAsync(2, ["samx", "samy"], giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Soon());
        _locks.Release(1);
        Assert.Null(_locks.OwnerOf("samx"));
        Assert.Null(_locks.OwnerOf("samy"));
    }

    [Fact]
    public async Task A_set_takes_a_free_device_and_a_scan_waits_for_it()
    {
        Assert.True(_locks.TryTakeForSet("samx", out var set));
        Assert.False(_locks.TryTakeForSet("samx", out var other));
        Assert.Equal("being set", other.ToString());
        Assert.Null(_locks.OwnerOf("samx"));
        var scan = _locks.AcquireAsync(1, ["samx", "samy"], Cancel);
        Assert.False(scan.IsCompleted);
        _locks.Release(set);
        await scan.Soon();
        Assert.False(_locks.TryTakeForSet("samx", out other));
        Assert.Equal("used by scan 1", other.ToString());
        _locks.Release(set);
        _locks.ReleaseStopped("samx");
        Assert.Equal(1, _locks.OwnerOf("samx"));
    }

    [Fact]
    public void A_set_that_was_stopped_does_not_release_the_next_one()
    {
        Assert.True(_locks.TryTakeForSet("samx", out var first));
        _locks.ReleaseStopped("samx");
        Assert.True(_locks.TryTakeForSet("samx", out var second));
        _locks.Release(first);
        Assert.False(_locks.TryTakeForSet("samx", out var use));
        Assert.Same(second, use);
    }
}
