using System.CommandLine;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary><c>beamtime up</c>: the program with all its roles in this process.</summary>
internal static class UpCommand
{
    private static readonly Option<string?> Site = CommonOptions.Site();
    private static readonly Option<string?> ConfigFile = CommonOptions.ConfigFile();
    private static readonly Option<string[]> Set = CommonOptions.Set();
    private static readonly Option<string?> Data = CommonOptions.Data();
    private static readonly Option<int?> Port = new("--port") { Description = "Port on the loopback interface; 0 takes a free one." };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        new Command("up", "Run the program with all its roles on a site.") { Site, ConfigFile, Set, Data, Port }, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancel)
    {
        List<string> overrides = [.. run.Arguments.GetValue(Set) ?? []];
        if (run.Arguments.GetValue(Data) is { } data)
        {
            overrides.Add($"database.data_folder={Path.GetFullPath(data)}");
        }

        if (run.Arguments.GetValue(Port) is { } port)
        {
            overrides.Add($"api.port={port}");
        }

        var launch = HostLaunch.Read(run.Arguments.GetValue(Site), run.Arguments.GetValue(ConfigFile), overrides);
        await using var host = await BeamtimeHost.StartAsync(launch, cancel);
        if (run.IsJson)
        {
            CommandRun.PrintJson(new { ready = true, address = host.Address, site = launch.Site.Name });
        }
        else
        {
            Console.WriteLine($"beamtime {StatusApi.Version} is ready: site {launch.Site.Name}, {host.Address}");
        }

        await host.WaitAsync(cancel);
        return host.HasFailed ? ExitCode.Failed : ExitCode.Done;
    }
}
