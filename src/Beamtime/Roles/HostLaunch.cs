using Beamtime.Control.Devices;
using Beamtime.Control.Plugins;
using Beamtime.Control.Scans;
using Beamtime.Control.Scripts;
using Beamtime.Core.Database;
using Beamtime.Core.Settings;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Telemetry.Logs;
using Beamtime.Data;
using Beamtime.Sdk.Plugins;

namespace Beamtime.Roles;

/// <summary>What the program is started with: site, settings, plugins, clock and log.</summary>
internal sealed record HostLaunch
{
    /// <summary>The site.</summary>
    public required Site Site { get; init; }

    /// <summary>The effective settings.</summary>
    public required EffectiveSettings Settings { get; init; }

    /// <summary>Where the database is.</summary>
    public required DatabaseOptions Database { get; init; }

    /// <summary>The plugins.</summary>
    public required PluginShelf Plugins { get; init; }

    /// <summary>What runs in this process.</summary>
    public RoleSet Roles { get; init; } = RoleSet.All;

    /// <summary>
    /// Where REST is served. A process without the API answers for itself alone: on a free port, unless one is set.
    /// </summary>
    public ApiOptions Api => Roles.Has(Role.Api) || Settings.Explain().Any(r => r is { Key: "api.port", Source: not "default" })
        ? Settings.Get<ApiOptions>()
        : Settings.Get<ApiOptions>() with { Port = 0 };

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Says where log lines go.</summary>
    public Action<ILoggingBuilder> ConfigureLogging { get => field ?? ToConsole; init; }

    /// <summary>Every options class of the program.</summary>
    public static IReadOnlyList<Type> OptionTypes { get; } = SettingsReader.OptionTypes(
        typeof(HostLaunch).Assembly,
        typeof(EffectiveSettings).Assembly,
        typeof(DeviceOptions).Assembly,
        typeof(DataRegistration).Assembly);

    /// <summary>Reads site and settings as the command line names them.</summary>
    /// <param name="site">Name or path of the site; null for the default.</param>
    /// <param name="configFile">A further settings file; null for none.</param>
    /// <param name="overrides">Settings from the command line: <c>section.key=value</c>.</param>
    /// <param name="plugins">The plugins; null loads those beside the program.</param>
    /// <exception cref="Beamtime.Sdk.Errors.RefusedException">Every mistake in them.</exception>
    public static HostLaunch Read(
        string? site, string? configFile, IReadOnlyList<string> overrides, PluginRegistry? plugins = null)
    {
        var environment = EnvironmentVariables.OfProcess();
        var found = Site.Find(site, environment, AppContext.BaseDirectory, Directory.GetCurrentDirectory());
        var settings = SettingsReader.Read(
            new SettingsSources
            {
                SiteFile = found.SettingsFile,
                ConfigFile = configFile,
                Environment = environment,
                Overrides = overrides,
            },
            OptionTypes);
        return new HostLaunch
        {
            Site = found,
            Settings = settings,
            Database = settings.Get<DatabaseOptions>(),
            Plugins = plugins is null
                ? PluginShelf.Open(
                    [Path.Combine(AppContext.BaseDirectory, "plugins"), Path.Combine(found.Folder, settings.Get<PluginOptions>().Folder)],
                    static plugins => [.. ScanCatalogue.MistakesIn(plugins), .. ScriptCatalogue.MistakesIn(plugins)],
                    TimeProvider.System)
                : PluginShelf.Of(plugins, TimeProvider.System),
        };
    }

    /// <summary>The sinks of the log, once something was to be logged; null where it goes elsewhere.</summary>
    public LogSinks? LogSinks { get; private set; }

    private void ToConsole(ILoggingBuilder logging)
    {
        LogSinks ??= new LogSinks(
            Settings.Get<TelemetryOptions>(), new LogOrigin(Roles.ToString(), Settings.Get<ScanOptions>().Beamline), Time);
        LogSinks.AddTo(logging.ClearProviders());
    }
}
