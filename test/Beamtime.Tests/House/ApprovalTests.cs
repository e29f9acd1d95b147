using Beamtime.Cli;
using Beamtime.Control.Scans;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Settings;
using Beamtime.Core.Telemetry;
using Beamtime.Sdk.Plugins;
using Beamtime.Tests.Roles;
using Beamtime.Tomography;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Tests.House;

/// <summary>
/// Pages made from the program stand in the tree as it would make them now. With <c>APPROVE=1</c> they are written anew.
/// </summary>
[Trait("Category", "Approval")]
public sealed class ApprovalTests(RunningHost host) : IClassFixture<RunningHost>
{
    [Fact]
    public void The_page_of_errors_is_current() =>
        Approve("docs/reference/errors.md", ErrorReference.Write(Repository.Assemblies));

    [Fact]
    public void The_page_of_settings_is_current() =>
        Approve("docs/reference/configuration.md", SettingsReference.Write(SettingsReader.OptionTypes(Repository.Assemblies)));

    [Fact]
    public void The_page_of_the_command_line_is_current() =>
        Approve("docs/reference/cli.md", CliReference.Write(CommandTree.Root()));

    [Fact]
    public void The_page_of_scans_is_current()
    {
        var plugins = new PluginRegistry();
        new TomographyPlugin().Register(plugins);
        Approve("docs/reference/scans.md", ScanReference.Write(new ScanCatalogue(plugins).All));
    }

    [Fact]
    public void The_schemas_of_configuration_files_are_current()
    {
        foreach (var file in ConfigSchemas.Files)
        {
            Approve($"docs/reference/schema/{file}.schema.json", SchemaWords.Write(ConfigSchemas.Of(file)));
        }
    }

    [Fact]
    public void The_page_of_metrics_is_current() =>
        Approve("docs/reference/metrics.md", MetricReference.Write(host.Host.Services.GetRequiredService<MetricCollector>()
            .Families.Select(f => f.Declaration)
            .Where(d => !d.Instrument.StartsWith("beamtime.test", StringComparison.Ordinal))));

    [Fact]
    public void The_page_of_permissions_is_current() =>
        Approve("docs/reference/permissions.md", PermissionReference.Write(host.Host.Routes));

    [Fact]
    public async Task The_description_of_REST_is_current() =>
        Approve(
            "docs/reference/openapi.json",
            await host.Client.GetStringAsync(new Uri("openapi.json", UriKind.Relative), TestContext.Current.CancellationToken) + "\n");

    [Fact]
    public void Every_setting_says_what_it_means() =>
        Assert.Empty(
            from type in SettingsReader.OptionTypes(Repository.Assemblies)
            from property in ((RecordShape)SettingShape.Of(type)).Properties
            where property.Description.Length == 0
            select $"{type.FullName}.{property.Property.Name}");

    private static void Approve(string path, string text)
    {
        string file = Path.Combine(Repository.Root, path);
        if (EnvironmentVariables.OfProcess()["APPROVE"] is not null)
        {
            File.WriteAllText(file, text);
        }

        string approved = File.Exists(file) ? File.ReadAllText(file) : "";
        Assert.True(approved == text, $"{path} differs from what the program says; `make docs` writes it anew");
    }
}
