using System.CommandLine;
using Spectre.Console;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Cli;

/// <summary><c>beamtime migrate</c>: brings the database to this program's shape. Works locally.</summary>
internal static class MigrateCommand
{
    private static readonly Option<string?> Site = CommonOptions.Site();
    private static readonly Option<string?> ConfigFile = CommonOptions.ConfigFile();
    private static readonly Option<string[]> Set = CommonOptions.Set();
    private static readonly Option<string?> Data = CommonOptions.Data();

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        new Command("migrate", "Bring the database to this program's shape.") { Site, ConfigFile, Set, Data }, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancel)
    {
        List<string> overrides = [.. run.Arguments.GetValue(Set) ?? []];
        if (run.Arguments.GetValue(Data) is { } data)
        {
            overrides.Add($"database.data_folder={Path.GetFullPath(data)}");
        }

        var launch = HostLaunch.Read(run.Arguments.GetValue(Site), run.Arguments.GetValue(ConfigFile), overrides);
        await using var database = await BeamtimeDatabase.OpenBesideAsync(
            launch.Database, launch.Time, NullLoggerFactory.Instance, cancel);
        var applied = await database.MigrateAsync(BeamtimeHost.Migrations, cancel);
        return run.Print(new { applied }, console => console.WriteLine($"{applied} migrations applied"));
    }
}
