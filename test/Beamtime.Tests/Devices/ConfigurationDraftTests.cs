using System.Text.Json;
using System.Text.Json.Nodes;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Devices;

public sealed class ConfigurationDraftTests
{
    private static readonly IReadOnlyList<DeviceEntry> Current = Parse(
        """
        samx: {deviceClass: a, enabled: true, readoutPriority: baseline, deviceConfig: {velocity: 1, limits: [-1, 1]}, userParameter: {in: 1}}
        bpm: {deviceClass: b, enabled: true, readoutPriority: monitored, needs: [samx]}
        off: {deviceClass: b, enabled: false, readoutPriority: monitored}
        """);

    [Fact]
    public void An_update_changes_keys_and_merges_maps_key_by_key()
    {
        var next = Accept(Update(
            """{"samx": {"readOnly": true, "deviceConfig": {"velocity": 2, "limits": null, "tolerance": 0.5}, "description": "x"}}"""));
        var samx = next.Single(e => e.Name == "samx");
        Assert.True(samx.ReadOnly);
        Assert.Equal("x", samx.Description);
        Assert.Equal([("tolerance", "0.5"), ("velocity", "2")], samx.DeviceConfig.Select(c => (c.Key, (string)c.Value!)).Order());
        Assert.Equal("1", samx.UserParameter["in"]);
        Assert.Equal(Current.Count, next.Count);
    }

    [Theory]
    [InlineData("""{"samx": {"deviceClass": "c"}}""", "deviceClass of samx cannot be changed")]
    [InlineData("""{"samx": {"needs": []}}""", "needs of samx cannot be changed")]
    [InlineData("""{"samx": {"readonly": true}}""", "did you mean 'readOnly'?")]
    [InlineData("""{"samz": {"readOnly": true}}""", "No device 'samz' is configured; did you mean 'samx'?")]
    [InlineData("""{"samx": {"readOnly": "perhaps"}}""", "samx.readOnly must be true or false")]
    [InlineData("""{"samx": 7}""", "samx must be a map")]
    [InlineData("""{"off": {"deviceConfig": {"a": 1}}}""", "off is disabled")]
    [InlineData("{}", "a map from names to what changes is expected")]
    [InlineData("[]", "a map from names to what changes is expected")]
    public void An_update_that_cannot_be_is_refused(string json, string because) =>
        Assert.Contains(because, Assert.Single(Refuse(Update(json))).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_reason_against_an_update_is_given() => Assert.Equal(
        3, Refuse(Update("""{"samx": {"deviceClass": "c", "colour": 1}, "samq": {}}""")).Count);

    [Fact]
    public void Devices_are_added_and_may_need_what_is_there()
    {
        var next = Accept(new ConfigurationCommand
        {
            Action = ConfigurationAction.Add, Who = Guid.Empty,
            Devices = Json("""{"eiger": {"deviceClass": "c", "enabled": true, "readoutPriority": "async", "needs": ["samx"]}}"""),
        });
        Assert.Equal(["samx", "off", "bpm", "eiger"], next.Select(e => e.Name));
    }

    [Theory]
    [InlineData("""{"samx": {"deviceClass": "c", "enabled": true, "readoutPriority": "async"}}""", "device.exists")]
    [InlineData("""{"e": {"deviceClass": "c", "enabled": true, "readoutPriority": "async", "needs": ["nobody"]}}""", "device.configuration.invalid")]
    [InlineData("""{"e": {"enabled": true, "readoutPriority": "async"}}""", "device.configuration.invalid")]
    [InlineData("{}", "device.configuration.invalid")]
    public void An_addition_that_cannot_be_is_refused(string json, string code) => Assert.Equal(code, Assert.Single(Refuse(
        new ConfigurationCommand { Action = ConfigurationAction.Add, Who = Guid.Empty, Devices = Json(json) })).Code);

    [Fact]
    public void A_device_that_others_need_is_not_removed()
    {
        Assert.Contains("bpm needs 'samx'", Assert.Single(Refuse(Remove("samx"))).Message, StringComparison.Ordinal);
        Assert.Equal(["off"], Accept(Remove("samx", "bpm")).Select(e => e.Name));
        Assert.Equal("device.unknown", Assert.Single(Refuse(Remove("samq"))).Code);
    }

    [Fact]
    public void No_configuration_becomes_empty_by_accident()
    {
        Assert.Equal("device.configuration.empty", Assert.Single(Refuse(Remove("samx", "bpm", "off"))).Code);
        var reset = new ConfigurationCommand { Action = ConfigurationAction.Reset, Who = Guid.Empty };
        Assert.Equal("device.configuration.empty", Assert.Single(Refuse(reset)).Code);
        Assert.Empty(Accept(reset with { IsConfirmed = true }));
        Assert.Equal("device.configuration.empty", Assert.Single(Refuse(
            new ConfigurationCommand { Action = ConfigurationAction.Set, Who = Guid.Empty, Devices = Json("{}") })).Code);
    }

    [Fact]
    public void A_configuration_reads_as_it_was_written_as_JSON_and_as_a_file()
    {
        var entries = Parse(
            """
            samx:
              deviceClass: simulated.positioner
              enabled: true
              readoutPriority: on_request
              deviceConfig: {delay: 0, limits: [-50, 50], text: "a: b # c", empty: "", none: ~, yes: "no", nested: {a: {b: [1, {c: d}]}}, e: 1e3}
              connectionTimeout: 2.5
              description: "sample, horizontal: \"x\""
              deviceTags: [user motors, "7"]
              onFailure: buffer
              readOnly: true
              softwareTrigger: true
              userParameter: {in: 1}
            samy: {deviceClass: a, enabled: false, readoutPriority: baseline, needs: [samx]}
            """);
        var json = DeviceEntryJson.Write(entries);
        List<Reason> reasons = [];
        var read = DeviceEntryJson.ReadAll(Json(DeviceEntryJson.Text(json)), "test", reasons);
        Assert.Empty(reasons);
        Assert.True(JsonNode.DeepEquals(json, DeviceEntryJson.Write(read)));
        Assert.True(JsonNode.DeepEquals(json, DeviceEntryJson.Write(Parse(DeviceYaml.Write(json, "written")))), DeviceYaml.Write(json, "written"));
        var passed = JsonSerializer.Deserialize(
            JsonSerializer.Serialize(new RosterEdit(3, entries, ["samx"]), DeviceTopicJson.Default.RosterEdit), DeviceTopicJson.Default.RosterEdit)!;
        Assert.True(ConfigurationStore.IsSame(entries, passed.Entries));
    }

    [Fact]
    public void Of_file_and_live_changes_the_later_counts_device_by_device()
    {
        var then = Parse(Devices(("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")));
        var live = Parse(Devices(("a", "2"), ("b", "2"), ("d", "1"), ("added", "1")));
        var now = Parse(Devices(("a", "1"), ("b", "3"), ("c", "1"), ("d", "4"), ("new", "1")));
        var merge = ConfigurationMerge.Of(now, then, live);
        Assert.Equal("a2 added1 b3 d4 new1", string.Join(' ', merge.Entries.Select(e => e.Name + e.Description).Order(StringComparer.Ordinal)));
        Assert.Equal(["b was changed in the file and live; the file counts"], merge.Warnings);
    }

    [Fact]
    public void Where_live_changes_do_not_fit_the_file_any_more_the_file_counts_alone()
    {
        var then = Parse(Devices(("a", "1")));
        var live = Parse(Devices(("a", "1")) + "\nb: {deviceClass: x, enabled: true, readoutPriority: baseline, needs: [a]}");
        var merge = ConfigurationMerge.Of([], then, live);
        Assert.Empty(merge.Entries);
        Assert.Contains("b needs 'a', which is not configured", merge.Warnings);
    }

    private static string Devices(params (string Name, string Description)[] devices) => string.Join('\n', devices.Select(
        d => $"{d.Name}: {{deviceClass: x, enabled: true, readoutPriority: baseline, description: \"{d.Description}\"}}"));

    private static ConfigurationCommand Update(string json) =>
        new() { Action = ConfigurationAction.Update, Who = Guid.Empty, Devices = Json(json) };

    private static ConfigurationCommand Remove(params string[] names) =>
        new() { Action = ConfigurationAction.Remove, Who = Guid.Empty, Names = names };

    private static IReadOnlyList<DeviceEntry> Accept(ConfigurationCommand command) => ConfigurationDraft.Of(Current, command, null).OrThrow();

    private static IReadOnlyList<Reason> Refuse(ConfigurationCommand command) =>
        Assert.IsType<Refused<IReadOnlyList<DeviceEntry>>>(ConfigurationDraft.Of(Current, command, null)).Reasons;

    private static JsonElement Json(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static IReadOnlyList<DeviceEntry> Parse(string yaml)
    {
        List<Reason> reasons = [];
        var entries = SafeYaml.Parse(yaml, "test") is YamlMap map ? DeviceFile.Read([.. map.Entries], reasons) : [];
        Assert.Empty(reasons);
        return entries;
    }
}
