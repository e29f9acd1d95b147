using Beamtime.Control.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices;

public sealed class DeviceFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("device-file");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_whole_schema_of_BEC_is_read()
    {
        var device = Assert.Single(Read(
            """
            samx:
              deviceClass: ophyd_devices.SimPositioner
              deviceConfig:
                delay: 1
                limits: [-50, 50]
                sim_init: {model: GaussianModel, params: {sigma: 1}}
              enabled: true
              readoutPriority: on_request
              connectionTimeout: 2.5
              description: sample, horizontal
              deviceTags: [user motors, cSAXS]
              needs: []
              onFailure: buffer
              readOnly: true
              softwareTrigger: true
              userParameter: {in: 1, out: -5, note: ~}
            """));
        Assert.Equal("samx", device.Name);
        Assert.Equal("ophyd_devices.SimPositioner", device.DeviceClass);
        Assert.Equal(["delay", "limits", "sim_init"], device.DeviceConfig.Keys);
        Assert.Equal(["-50", "50"], (IEnumerable<object?>)device.DeviceConfig["limits"]!);
        Assert.True(device.Enabled);
        Assert.Equal(ReadoutPriority.OnRequest, device.ReadoutPriority);
        Assert.Equal(TimeSpan.FromSeconds(2.5), device.ConnectionTimeout);
        Assert.Equal("sample, horizontal", device.Description);
        Assert.Equal(["user motors", "cSAXS"], device.DeviceTags);
        Assert.Equal(OnFailure.Buffer, device.OnFailure);
        Assert.True(device.ReadOnly);
        Assert.True(device.SoftwareTrigger);
        Assert.Equal("-5", device.UserParameter["out"]);
        Assert.Null(device.UserParameter["note"]);
    }

    [Fact]
    public void What_is_not_given_has_BECs_defaults()
    {
        var device = Assert.Single(Read(
            """
            samx: {deviceClass: x, enabled: false, readoutPriority: baseline, deviceConfig: null, description: null, deviceTags: ~}
            """));
        Assert.Equal(TimeSpan.FromSeconds(5), device.ConnectionTimeout);
        Assert.Equal("", device.Description);
        Assert.Empty(device.DeviceConfig);
        Assert.Empty(device.DeviceTags);
        Assert.Equal(OnFailure.Retry, device.OnFailure);
        Assert.False(device.ReadOnly);
        Assert.False(device.SoftwareTrigger);
    }

    [Fact]
    public void Every_mistake_is_reported_at_once_with_its_line()
    {
        var reasons = Refusals(
            """
            _a: {deviceClass: x, enabled: true, readoutPriority: baseline}
            b: {enabled: maybe, readoutPriority: often}
            c:
              deviceClas: x
              deviceClass: x
              enabled: true
              readoutPriority: baseline
              connectionTimeout: -1
              onFailure: ignore
              needs: [nobody]
              deviceConfig: 7
              description: [a, b]
            d: 7
            """);
        string[] expected =
        [
            ":1:1: '_a' is not a device name",
            "b.deviceClass is required",
            "b.enabled must be true or false",
            "b.readoutPriority is 'often', expected one of monitored, baseline, async, continuous, on_request",
            "c has an unknown key 'deviceClas'",
            "'deviceClass'",
            "c.connectionTimeout must be seconds",
            "c.onFailure is 'ignore', expected one of retry, buffer, raise",
            "c.deviceConfig must be a map",
            "c.description must be a text",
            "d is a single value, expected a map",
        ];
        var all = string.Join('\n', reasons.Select(r => r.Message));
        Assert.All(expected, e => Assert.Contains(e, all, StringComparison.Ordinal));
        Assert.All(reasons, r => Assert.Equal("device.configuration.invalid", r.Code));
    }

    [Fact]
    public void Devices_come_in_the_order_of_need()
    {
        var devices = Read(
            """
            a: {deviceClass: x, enabled: true, readoutPriority: baseline, needs: [c, b]}
            b: {deviceClass: x, enabled: true, readoutPriority: baseline, needs: [c]}
            c: {deviceClass: x, enabled: true, readoutPriority: baseline}
            """);
        Assert.Equal(["c", "b", "a"], devices.Select(d => d.Name));
    }

    [Fact]
    public void An_unknown_need_and_a_circle_are_refused()
    {
        Assert.Contains("needs 'samy'", Assert.Single(Refusals(
            """
            samx: {deviceClass: x, enabled: true, readoutPriority: baseline, needs: [samy]}
            """)).Message, StringComparison.Ordinal);
        var circle = Assert.Single(Refusals(
            """
            a: {deviceClass: x, enabled: true, readoutPriority: baseline, needs: [b]}
            b: {deviceClass: x, enabled: true, readoutPriority: baseline, needs: [a]}
            c: {deviceClass: x, enabled: true, readoutPriority: baseline}
            """));
        Assert.Contains("in a circle: a, b", circle.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_20000_brackets_is_refused()
    {
        var reason = Assert.Single(Refusals("samx: " + new string('[', 20_000) + new string(']', 20_000)));
        Assert.Contains("64", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_file_and_an_empty_file_have_no_devices()
    {
        Assert.Empty(DeviceFile.Read(_folder["none.yaml"]));
        Assert.Empty(Read("# nothing yet\n"));
    }

    private IReadOnlyList<DeviceEntry> Read(string yaml)
    {
        File.WriteAllText(_folder["devices.yaml"], yaml);
        return DeviceFile.Read(_folder["devices.yaml"]);
    }

    private IReadOnlyList<Reason> Refusals(string yaml) =>
        Assert.Throws<RefusedException>(() => Read(yaml)).Reasons;
}
