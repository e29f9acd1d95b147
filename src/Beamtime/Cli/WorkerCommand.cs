using System.CommandLine;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary><c>beamtime worker</c>: runs jobs, and stands by as a scheduler.</summary>
internal static class WorkerCommand
{
    private static readonly LaunchOptions Options = new();

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.On(
        Options.On(new Command(
            "worker", "Run jobs in this process, and the scheduler unless BEAMTIME_WORKER_SCHEDULER_ENABLED=false.")
        { RoleRun.Port, RoleRun.Host }),
        (run, cancel) => RoleRun.RunAsync(run, Options, RolesOf, cancel));

    private static RoleSet RolesOf(HostLaunch launch) => launch.Settings.Get<WorkerOptions>().SchedulerEnabled
        ? RoleSet.Of(Role.Worker, Role.Scheduler)
        : RoleSet.Of(Role.Worker);
}
