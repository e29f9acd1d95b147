using Beamtime.Control.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Devices;

public sealed class ReadoutGroupsTests
{
    private static readonly DeviceBook Book = MakeBook();

    [Fact]
    public void Without_wishes_the_configuration_stands_and_disabled_devices_drop_out()
    {
        var groups = ReadoutGroups.Of(Book, new Dictionary<ReadoutPriority, IReadOnlyList<string>>()).OrThrow();
        Assert.Equal(["mon"], groups[ReadoutPriority.Monitored]);
        Assert.Equal(["base", "base2"], groups[ReadoutPriority.Baseline]);
        Assert.Equal(["stream"], groups[ReadoutPriority.Async]);
        Assert.Equal(["always"], groups[ReadoutPriority.Continuous]);
        Assert.Equal(["rest"], groups[ReadoutPriority.OnRequest]);
    }

    [Fact]
    public void A_wish_moves_a_device_and_monitored_wins_over_baseline_and_on_request()
    {
        var groups = Of((ReadoutPriority.Monitored, ["base", "rest"]), (ReadoutPriority.OnRequest, ["mon", "rest", "stream"]), (ReadoutPriority.Baseline, ["base"])).OrThrow();
        Assert.Equal(["base", "rest"], groups[ReadoutPriority.Monitored]);
        Assert.Equal(["base2"], groups[ReadoutPriority.Baseline]);
        Assert.Equal(["mon", "stream"], groups[ReadoutPriority.OnRequest]);
    }

    [Fact]
    public void Every_wish_that_cannot_be_met_is_refused()
    {
        var refused = Assert.IsType<Refused<ReadoutGroups>>(Of(
            (ReadoutPriority.Monitored, ["stream", "nobody", "off", "base"]), (ReadoutPriority.Async, ["base"])));
        Assert.Equal(
            ["device.disabled", "device.priority.conflict", "device.priority.conflict", "device.unknown"],
            refused.Reasons.Select(r => r.Code).Order(StringComparer.Ordinal));
        Assert.Contains(refused.Reasons, r => r.Message == "stream cannot be monitored and async in one scan; it is configured as async");
        Assert.Contains(refused.Reasons, r => r.Message == "base cannot be monitored and async in one scan");
    }

    private static Outcome<ReadoutGroups> Of(params (ReadoutPriority Priority, string[] Names)[] asked) =>
        ReadoutGroups.Of(Book, asked.ToDictionary(a => a.Priority, a => (IReadOnlyList<string>)a.Names));

    private static DeviceBook MakeBook()
    {
        var book = new DeviceBook();
        book.Take(new DeviceRosterState(Guid.Empty,
        [
            Device("mon", ReadoutPriority.Monitored),
            Device("base", ReadoutPriority.Baseline),
            Device("base2", ReadoutPriority.Baseline),
            Device("stream", ReadoutPriority.Async),
            Device("always", ReadoutPriority.Continuous),
            Device("rest", ReadoutPriority.OnRequest),
            Device("off", ReadoutPriority.Monitored) with { Unusable = DeviceErrors.Disabled.Because("off is disabled") },
        ]));
        return book;
    }

    private static DeviceDescription Device(string name, ReadoutPriority priority) =>
        new() { Name = name, DeviceClass = "x", ReadoutPriority = priority };
}
