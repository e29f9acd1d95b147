using System.CommandLine;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary>What the commands have in common that run roles until they are stopped.</summary>
internal static class RoleRun
{
    /// <summary>The port.</summary>
    public static readonly Option<int?> Port = new("--port") { Description = "Port; 0 takes a free one." };

    /// <summary>The address.</summary>
    public static readonly Option<string?> Host = new("--host")
    {
        Description = "Address to listen on; another than the loopback's needs users, and TLS or a proxy before it.",
    };

    /// <summary>Runs roles until the process is told to stop.</summary>
    /// <param name="run">The command's run.</param>
    /// <param name="options">How it finds site and settings.</param>
    /// <param name="roles">Which roles.</param>
    /// <param name="cancel">Stops.</param>
    public static async Task<ExitCode> RunAsync(
        CommandRun run, LaunchOptions options, Func<HostLaunch, RoleSet> roles, CancellationToken cancel)
    {
        List<string> settings = run.Arguments.GetValue(Port) is { } port ? [$"api.port={port}"] : [];
        if (run.Arguments.GetValue(Host) is { } listen)
        {
            settings.Add($"api.listen={listen}");
        }

        var launch = options.Read(run, settings);
        launch = launch with { Roles = roles(launch) };
        await using var host = await BeamtimeHost.StartAsync(launch, cancel);
        run.Print(
            new { ready = true, address = host.Address, site = launch.Site.Name, roles = launch.Roles.ToString() },
            _ => run.Say($"beamtime {StatusApi.Version} is ready: site {launch.Site.Name}, {host.Address}, roles {launch.Roles}"));
        await host.WaitAsync(cancel);
        return host.HasFailed ? ExitCode.Failed : ExitCode.Done;
    }
}
