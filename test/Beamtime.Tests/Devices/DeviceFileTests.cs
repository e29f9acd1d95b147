using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
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
        Assert.Contains("in a circle: a → b → a", circle.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Devices_of_included_files_take_the_place_of_a_label_and_later_ones_win_with_a_warning()
    {
        Directory.CreateDirectory(_folder["parts"]);
        File.WriteAllText(_folder["parts/motors.yaml"],
            """
            samx: {deviceClass: a, enabled: true, readoutPriority: baseline}
            samy: {deviceClass: a, enabled: true, readoutPriority: baseline, needs: [bpm]}
            """);
        File.WriteAllText(_folder["parts/more.yaml"], "samx: {deviceClass: b, enabled: true, readoutPriority: baseline}");
        File.WriteAllText(_folder["parts/all.yaml"], "here: !include [motors.yaml, more.yaml]");
        File.WriteAllText(_folder["bpm.yaml"], "bpm: {deviceClass: c, enabled: true, readoutPriority: monitored}");
        File.WriteAllText(_folder["devices.yaml"],
            """
            endstation:
              - !include ./parts/all.yaml
            monitors: !include bpm.yaml
            own: {deviceClass: d, enabled: true, readoutPriority: baseline}
            """);
        var listing = DeviceFile.ReadListing(_folder["devices.yaml"]);
        Assert.Equal(["bpm:c", "own:d", "samx:b", "samy:a"], listing.Entries.Select(e => $"{e.Name}:{e.DeviceClass}").Order(StringComparer.Ordinal));
        var warning = Assert.Single(listing.Warnings);
        Assert.Contains("more.yaml:1:1: samx replaces the one of", warning, StringComparison.Ordinal);
        Assert.Contains("motors.yaml:1:1", warning, StringComparison.Ordinal);
        Assert.Equal(5, listing.Files.Count);
    }

    [Fact]
    public void Every_mistake_of_an_include_is_reported_with_its_place()
    {
        File.WriteAllText(_folder["a.yaml"], "x: !include b.yaml");
        File.WriteAllText(_folder["b.yaml"], "y: !include a.yaml\nq: 7");
        var reasons = Refusals(
            """
            circle: !include a.yaml
            nowhere: !include none.yaml
            rooted: !include /etc/passwd
            shape: !include {a: b}
            """).Select(r => r.Message).ToList();
        Assert.Equal(5, reasons.Count);
        Assert.Contains(reasons, r => r.Contains("in a circle: a.yaml → b.yaml → a.yaml", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Contains("none.yaml: does not exist (included at ", StringComparison.Ordinal) && r.Contains("devices.yaml:2", StringComparison.Ordinal));
        Assert.Equal(2, reasons.Count(r => r.Contains("relative to this one", StringComparison.Ordinal)));
        Assert.Contains(reasons, r => r.Contains("b.yaml:2:4: q is a single value", StringComparison.Ordinal));
    }

    [Fact]
    public void Words_of_the_languages_that_use_devices_are_no_names()
    {
        var reasons = Refusals("lambda: {deviceClass: x, enabled: true, readoutPriority: baseline}");
        Assert.Contains("'lambda' cannot be a device name", Assert.Single(reasons).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_need_of_a_disabled_device_is_a_warning()
    {
        File.WriteAllText(_folder["devices.yaml"],
            """
            a: {deviceClass: x, enabled: true, readoutPriority: baseline, needs: [b]}
            b: {deviceClass: x, enabled: false, readoutPriority: baseline}
            """);
        Assert.Equal(["a cannot be used: it needs b, which is disabled"], DeviceFile.ReadListing(_folder["devices.yaml"]).Warnings);
    }

    // The real file is no part of this project: whoever has it names it.
    [Fact(Explicit = true)]
    public void The_demo_configuration_of_BEC_parses()
    {
        var file = EnvironmentVariables.OfProcess()["BEC_DEVICES_FILE"];
        Assert.NotNull(file);
        var listing = DeviceFile.ReadListing(file);
        Assert.Equal(215, listing.Entries.Count);
        Assert.Empty(listing.Warnings);
        Assert.Equal(47, listing.Entries.Count(e => e.ReadoutPriority == ReadoutPriority.Monitored));
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
