using System.CommandLine;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary><c>beamtime serve</c>: the roles that are named, in this process.</summary>
internal static class ServeCommand
{
    private static readonly LaunchOptions Options = new();
    private static readonly Option<string?> Roles = new("--roles")
    {
        Description = "The roles with commas between them; by default api,worker,scheduler. "
            + $"All: {RoleSet.All}.",
    };

    private static readonly Option<bool> Worker = new("--worker")
    {
        Description = "false leaves the API alone: neither worker nor scheduler.",
        DefaultValueFactory = _ => true,
    };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        Options.On(new Command("serve", "Run some of the program's roles in this process.") { Roles, Worker, RoleRun.Port, RoleRun.Host }),
        (run, cancel) => RoleRun.RunAsync(run, Options, _ => RolesOf(run), cancel));

    private static RoleSet RolesOf(CommandRun run)
    {
        var withWorker = run.Arguments.GetValue(Worker);
        var named = run.Arguments.GetValue(Roles) is { } names
            ? RoleSet.Parse(names)
            : RoleSet.Of(Role.Api, Role.Worker, Role.Scheduler);
        return withWorker ? named : RoleSet.Of([.. named.Roles.Where(r => r is not (Role.Worker or Role.Scheduler))]);
    }
}
