using System.CommandLine;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary><c>beamtime up</c>: the program with all its roles in this process.</summary>
internal static class UpCommand
{
    private static readonly LaunchOptions Options = new();

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        Options.On(new Command("up", "Run the program with all its roles on a site.") { RoleRun.Port, RoleRun.Host }),
        (run, cancel) => RoleRun.RunAsync(run, Options, _ => RoleSet.All, cancel));
}
