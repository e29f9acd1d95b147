using System.CommandLine;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary><c>beamtime up</c>: the program with all its roles in this process.</summary>
internal static class UpCommand
{
    private static readonly LaunchOptions Options = new();
    private static readonly Option<int?> Port = new("--port") { Description = "Port on the loopback interface; 0 takes a free one." };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        Options.On(new Command("up", "Run the program with all its roles on a site.") { Port }), RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancel)
    {
        string[] settings = run.Arguments.GetValue(Port) is { } port ? [$"api.port={port}"] : [];
        var launch = Options.Read(run, settings);
        await using var host = await BeamtimeHost.StartAsync(launch, cancel);
        run.Print(
            new { ready = true, address = host.Address, site = launch.Site.Name },
            _ => run.Say($"beamtime {StatusApi.Version} is ready: site {launch.Site.Name}, {host.Address}"));
        await host.WaitAsync(cancel);
        return host.HasFailed ? ExitCode.Failed : ExitCode.Done;
    }
}
