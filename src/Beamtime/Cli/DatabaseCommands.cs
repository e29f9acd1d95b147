using System.CommandLine;
using Beamtime.Core.Database;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Cli;

/// <summary><c>beamtime database</c>: the program's own cluster and what restores left. Works locally.</summary>
internal static class DatabaseCommands
{
    private static readonly LaunchOptions FormerOptions = new();
    private static readonly LaunchOptions DiscardOptions = new();
    private static readonly LaunchOptions UpgradeOptions = new();
    private static readonly Argument<string> Name = new("name") { Description = "Name of a former database." };
    private static readonly Option<bool> Again = new("--again") { Description = "Also where the cluster is of the newest installed version: makes it anew." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("database", "Look after the program's database.")
    {
        CommandRun.On(FormerOptions.On(new Command("former", "List the databases that restores have replaced.")), FormerAsync),
        CommandRun.On(DiscardOptions.On(new Command("discard", "Remove one of them for good.") { Name }), DiscardAsync),
        CommandRun.On(
            UpgradeOptions.On(new Command("upgrade", "Bring the private cluster to the newest installed version of PostgreSQL.") { Again }),
            UpgradeAsync),
    };

    private static async Task<ExitCode> FormerAsync(CommandRun run, CancellationToken cancel)
    {
        var launch = FormerOptions.Read(run);
        await using var beside = await BeamtimeDatabase.OpenBesideAsync(launch.Database, launch.Time, NullLoggerFactory.Instance, cancel);
        var names = await FormerDatabases.ListAsync(launch.Database, cancel);
        return run.Print(names, _ =>
        {
            foreach (var name in names)
            {
                run.Say(name);
            }
        });
    }

    private static async Task<ExitCode> DiscardAsync(CommandRun run, CancellationToken cancel)
    {
        var launch = DiscardOptions.Read(run);
        await using var beside = await BeamtimeDatabase.OpenBesideAsync(launch.Database, launch.Time, NullLoggerFactory.Instance, cancel);
        var name = run.Arguments.GetValue(Name)!;
        await FormerDatabases.DiscardAsync(launch.Database, name, cancel);
        return run.Print(new { discarded = name }, _ => run.Say($"{name} is removed"));
    }

    private static async Task<ExitCode> UpgradeAsync(CommandRun run, CancellationToken cancel)
    {
        var launch = UpgradeOptions.Read(run);
        var report = await new ClusterUpgrade(launch.Database, launch.Time, NullLoggerFactory.Instance)
            .RunAsync(run.Arguments.GetValue(Again), cancel);
        return run.Print(report, _ => run.Say(report.Kept is null
            ? $"the cluster is of PostgreSQL {report.To} already"
            : $"the cluster is of PostgreSQL {report.To} now, {report.Rows} rows compared; the former one, of {report.From}, is kept in {report.Kept}: remove it once you have seen the program run"));
    }
}
