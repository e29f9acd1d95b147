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
            if (Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var address)
                && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
            {
                return address;
            }

            result.AddError($"'{result.Tokens.Single().Value}' is not an address such as http://127.0.0.1:{ApiOptions.UsualPort}.");
            return null;
        },
        DefaultValueFactory = _ => new Uri(
            EnvironmentVariables.OfProcess()[EnvironmentVariables.Server] ?? $"http://127.0.0.1:{ApiOptions.UsualPort}"),
    };

    /// <summary>Who signs the server's certificate.</summary>
    public static readonly Option<string?> CaFile = new("--ca-file")
    {
        Description = "PEM file of the authorities that may sign the server's certificate; by default BEAMTIME_CA_FILE, else those of the system.",
        Recursive = true,
        DefaultValueFactory = _ => EnvironmentVariables.OfProcess()[EnvironmentVariables.CaFile],
    };
}
