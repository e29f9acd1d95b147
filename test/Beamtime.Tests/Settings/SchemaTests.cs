using Beamtime.Cli;
using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.House;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Settings;

/// <summary>The schemas of configuration files admit what is shipped and refuse what the readers refuse by its shape.</summary>
public sealed class SchemaTests
{
    public static TheoryData<string> Shipped() => [.. Repository.Files.Where(f => f.StartsWith("sites/", StringComparison.Ordinal)
        && ConfigSchemas.Files.Contains(Path.GetFileNameWithoutExtension(f)) && f.EndsWith(".yaml", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_file_that_is_shipped_is_admitted(string file) => Assert.Empty(SchemaCheck.Mistakes(
        ConfigSchemas.Of(Path.GetFileNameWithoutExtension(file)), SafeYaml.Read(Path.Combine(Repository.Root, file))));

    [Theory]
    [InlineData("scanz: {}")]
    [InlineData("scans: {beamlin: x}")]
    [InlineData("scans: [1]")]
    [InlineData("[]")]
    [InlineData("api: {port: many}")]
    [InlineData("api: {port: 70000}")]
    [InlineData("api: {port: -1}")]
    [InlineData("api: {port: 1.5}")]
    [InlineData("database: {start_limit: 5}")]
    [InlineData("database: {start_limit: soon}")]
    [InlineData("database: {pool_size: []}")]
    [InlineData("telemetry: {log_format: xml}")]
    [InlineData("telemetry: {log_levels: {Beamtime: loud}}")]
    [InlineData("telemetry: {otlp_protocol: carrier pigeon}")]
    [InlineData("telemetry: {trace_share: 2}")]
    [InlineData("storage: {places: {a: {path: x, tier: attic}}}")]
    [InlineData("storage: {places: {a: {path: x, tier: home, reserve: 1}}}")]
    public void A_mistake_in_settings_is_refused_by_reader_and_schema(string yaml)
    {
        using var folder = TemporaryFolder.Create("schema");
        File.WriteAllText(folder["beamtime.yaml"], yaml);
        Assert.Throws<RefusedException>(() => SettingsReader.Read(
            new SettingsSources { SiteFile = folder["beamtime.yaml"] }, HostLaunch.OptionTypes));
        Assert.NotEmpty(SchemaCheck.Mistakes(ConfigSchemas.Of("beamtime"), SafeYaml.Parse(yaml, "test")));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("scans:")]
    [InlineData("scans: {beamline: 7}")]
    [InlineData("database: {start_limit: 00:05:00}")]
    [InlineData("database: {start_limit: 1.5 min}")]
    [InlineData("telemetry: {log_format: JSON, log_levels: {Beamtime.Core: debug}}")]
    public void What_the_reader_takes_the_schema_takes(string yaml)
    {
        using var folder = TemporaryFolder.Create("schema");
        File.WriteAllText(folder["beamtime.yaml"], yaml);
        SettingsReader.Read(new SettingsSources { SiteFile = folder["beamtime.yaml"] }, HostLaunch.OptionTypes);
        Assert.Empty(SchemaCheck.Mistakes(ConfigSchemas.Of("beamtime"), SafeYaml.Parse(yaml, "test")));
    }

    [Theory]
    [InlineData("samx: {enabled: true, readoutPriority: baseline}")]
    [InlineData("samx: {deviceClass: a, enabled: perhaps, readoutPriority: baseline}")]
    [InlineData("samx: {deviceClass: a, enabled: true, readoutPriority: now}")]
    [InlineData("samx: {deviceClass: a, enabled: true, readoutPriority: baseline, colour: red}")]
    [InlineData("samx: {deviceClass: a, enabled: true, readoutPriority: baseline, deviceConfig: 7}")]
    [InlineData("samx: {deviceClass: a, enabled: true, readoutPriority: baseline, connectionTimeout: 0}")]
    [InlineData("samx: {deviceClass: a, enabled: true, readoutPriority: baseline, needs: {a: b}}")]
    [InlineData("7x: {deviceClass: a, enabled: true, readoutPriority: baseline}")]
    [InlineData("samx: 7")]
    [InlineData("[samx]")]
    public void A_mistake_in_devices_is_refused_by_reader_and_schema(string yaml)
    {
        using var folder = TemporaryFolder.Create("schema");
        File.WriteAllText(folder["devices.yaml"], yaml);
        Assert.Throws<RefusedException>(() => DeviceFile.Read(folder["devices.yaml"]));
        Assert.NotEmpty(SchemaCheck.Mistakes(ConfigSchemas.Of("devices"), SafeYaml.Parse(yaml, "test")));
    }

    [Theory]
    [InlineData("beamline", "staleness: often")]
    [InlineData("beamline", "enclosures: {a: {permit: x}}")]
    [InlineData("beamline", "enclosures: {a: {permit: x, permitted_when: 2}}")]
    [InlineData("beamline", "beam: {a: {kind: shutter, address: x, permitted_when: 1}}")]
    [InlineData("beamline", "beam: {a: {kind: door, address: x, open_when: 1}}")]
    [InlineData("beamline", "plans: {a: {beam: perhaps}}")]
    [InlineData("beamline", "permits: {}")]
    [InlineData("procedures", "procedures: {a: {steps: []}}")]
    [InlineData("procedures", "procedures: {A: {steps: [{capture: x, as: y}]}}")]
    [InlineData("procedures", "procedures: {a: {steps: [{capture: x}]}}")]
    [InlineData("procedures", "procedures: {a: {steps: [{capture: x, as: y, check: z}]}}")]
    [InlineData("procedures", "procedures: {a: {steps: [{check: x, equals: 1, within: 2}]}}")]
    [InlineData("procedures", "tables: {a: {over: x, rows: [{x: many}]}}")]
    public void A_mistake_of_shape_in_the_site_is_refused_by_the_schema(string file, string yaml) =>
        Assert.NotEmpty(SchemaCheck.Mistakes(ConfigSchemas.Of(file), SafeYaml.Parse(yaml, "test")));
}
