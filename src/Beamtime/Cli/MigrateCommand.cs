using System.CommandLine;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Cli;

/// <summary><c>beamtime migrate</c>: brings the database to this program's shape. Works locally.</summary>
internal static class MigrateCommand
{
    private static readonly LaunchOptions Options = new();

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        Options.On(new Command("migrate", "Bring the database to this program's shape.")), RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, CancellationToken cancel)
    {
        var launch = Options.Read(run);
        await using var database = await BeamtimeDatabase.OpenBesideAsync(
            launch.Database, launch.Time, NullLoggerFactory.Instance, cancel);
        var applied = await database.MigrateAsync(BeamtimeHost.Migrations, cancel);
        return run.Print(new { applied }, _ => run.Say($"{applied} migrations applied"));
    }
}
