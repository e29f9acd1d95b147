using System.CommandLine;
using Beamtime.Core.Settings;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary>Options that many commands have in common.</summary>
internal static class CommonOptions
{
    /// <summary>Prints JSON instead of text.</summary>
    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print JSON instead of text.",
        Recursive = true,
    };

    /// <summary>The server to speak to.</summary>
    public static readonly Option<Uri> Server = new("--server")
    {
        Description = "Address of the server; by default BEAMTIME_SERVER, else this machine.",
        Recursive = true,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var address))
            {
                return address;
            }

            result.AddError($"'{result.Tokens.Single().Value}' is not an address such as http://127.0.0.1:{ApiOptions.UsualPort}.");
            return null;
        },
        DefaultValueFactory = _ => new Uri(
            EnvironmentVariables.OfProcess()[EnvironmentVariables.Server] ?? $"http://127.0.0.1:{ApiOptions.UsualPort}"),
    };

    /// <summary>The site.</summary>
    public static Option<string?> Site() => new("--site")
    {
        Description = "Name or path of the site; by default BEAMTIME_SITE, else demo.",
    };

    /// <summary>A further settings file.</summary>
    public static Option<string?> ConfigFile() => new("--config")
    {
        Description = "A settings file over the site's own; by default BEAMTIME_CONFIG_FILE.",
    };

    /// <summary>Single settings.</summary>
    public static Option<string[]> Set() => new("--set")
    {
        Description = "One setting, section.key=value; may be repeated.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    /// <summary>The data folder.</summary>
    public static Option<string?> Data() => new("--data")
    {
        Description = "The program's data folder; the same as --set database.data_folder=PATH.",
    };
}
