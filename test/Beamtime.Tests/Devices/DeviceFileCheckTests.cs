using System.Text.Json.Nodes;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Configuration;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Simulated;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Devices;

/// <summary>Device files without a server: what is wrong with them, and in several files by tag.</summary>
public sealed class DeviceFileCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("check");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Everything_that_is_wrong_is_told_at_once_with_its_place()
    {
        await File.WriteAllTextAsync(
            _folder["more.yaml"],
            """
            samy:
              deviceClass: simulated.positionr
              readoutPriority: baseline
              enabled: true
            """,
            Cancel);
        var found = await LookAsync(
            """
            more: !include more.yaml
            samx:
              deviceClass: simulated.positioner
              deviceConfig: {veloctiy: 3}
              readoutPriority: baseline
              enabled: true
            samz:
              deviceClass: simulated.positioner
              readoutPriority: sometimes
              enabled: true
            bpm:
              deviceClass: simulated.monitor
              readoutPriority: monitored
              enabled: true
              needs: [nothing]
            """);

        Assert.Equal(4, found.Mistakes.Count);
        Assert.Equal(2, found.Files.Count);
        Assert.Contains(found.Mistakes, m => m.Place?.Contains("more.yaml:1", StringComparison.Ordinal) == true && Has(m, "simulated.positioner"));
        Assert.Contains(found.Mistakes, m => m.Place?.Contains("devices.yaml:2", StringComparison.Ordinal) == true && Has(m, "veloctiy"));
        Assert.Contains(found.Mistakes, m => Has(m, "devices.yaml:9") && Has(m, "sometimes"));
        Assert.Contains(found.Mistakes, m => Has(m, "nothing"));

        static bool Has(DeviceFileMistake mistake, string text) => mistake.Reason.Message.Contains(text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_mistakes_is_right_and_its_devices_connect_where_that_is_asked_for()
    {
        const string right =
            """
            samx:
              deviceClass: simulated.positioner
              readoutPriority: baseline
              enabled: true
            """;
        Assert.Empty((await LookAsync(right)).Mistakes);
        Assert.Empty((await LookAsync(right, isConnected: true)).Mistakes);
        await Assert.ThrowsAsync<RefusedException>(() => Check().LookAsync(_folder["gone.yaml"], null, Cancel));
    }

    [Fact]
    public void Files_by_tag_read_together_as_the_whole()
    {
        const string devices =
            """
            {"samx": {"deviceClass": "simulated.positioner", "readoutPriority": "baseline", "enabled": true, "deviceTags": ["motors", "hutch 1"]},
             "samy": {"deviceClass": "simulated.positioner", "readoutPriority": "baseline", "enabled": true, "deviceTags": ["hutch 1"]},
             "motors": {"deviceClass": "simulated.monitor", "readoutPriority": "monitored", "enabled": true, "deviceTags": ["hutch_1"]},
             "plain": {"deviceClass": "simulated.monitor", "readoutPriority": "monitored", "enabled": true}}
            """;
        var whole = JsonNode.Parse(devices)!.AsObject();
        var files = SplitConfiguration.Write(whole, "main.yaml", ["motors", "hutch 1", "hutch_1"], "All.");
        Assert.Equal(["main.yaml", "motors.yaml", "hutch_1.yaml", "misc.yaml"], files.Select(f => f.Name));
        foreach (var (name, text) in files)
        {
            File.WriteAllText(_folder[name], text);
        }

        var read = DeviceFile.ReadListing(_folder["main.yaml"]);
        Assert.Empty(read.Warnings);
        Assert.Equal(["motors", "plain", "samx", "samy"], read.Entries.Select(e => e.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["motors", "hutch 1"], read.Entries.Single(e => e.Name == "samx").DeviceTags);

        Assert.Equal(
            ["main.yaml", "hutch_1.yaml", "misc.yaml"],
            SplitConfiguration.Write(whole, "main.yaml", [], "All.").Select(f => f.Name));
    }

    private static DeviceFileCheck Check()
    {
        var plugins = new PluginRegistry();
        new SimulatedPlugin().Register(plugins);
        var options = new DeviceOptions();
        return new DeviceFileCheck(new DeviceFactory(() => plugins, options, TimeProvider.System), options, TimeProvider.System);
    }

    private async Task<DeviceFileFindings> LookAsync(string text, bool isConnected = false)
    {
        await File.WriteAllTextAsync(_folder["devices.yaml"], text, Cancel);
        return await Check().LookAsync(_folder["devices.yaml"], isConnected ? NullLogger<DeviceRoster>.Instance : null, Cancel);
    }
}
