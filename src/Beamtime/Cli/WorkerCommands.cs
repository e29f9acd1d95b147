using System.CommandLine;
using Beamtime.Core.Jobs;
using Beamtime.Roles;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>
/// <c>beamtime worker</c>: runs jobs and stands by as a scheduler. Its verbs speak to a server: who works, drain, resume.
/// </summary>
internal static class WorkerCommands
{
    private static readonly LaunchOptions Options = new();
    private static readonly Argument<string> Worker = new("worker") { Description = "Name or id of the worker." };

    private static IReadOnlyList<Command> Verbs() =>
    [
        CommandRun.OnServer(new Command("ls", "List the workers of all programs."), ListAsync),
        CommandRun.OnServer(
            new Command("drain", "Have a worker claim nothing more and finish what it runs.") { Worker },
            (run, client, cancel) => ChangeAsync(run, client, "drain", cancel)),
        CommandRun.OnServer(
            new Command("resume", "Have a draining worker claim again.") { Worker },
            (run, client, cancel) => ChangeAsync(run, client, "resume", cancel)),
    ];

    /// <summary>The command with its verbs.</summary>
    public static Command Create()
    {
        var command = CommandRun.On(
            Options.On(new Command(
                "worker", "Run jobs in this process, and the scheduler unless BEAMTIME_WORKER_SCHEDULER_ENABLED=false.")
            {
                RoleRun.Port,
                RoleRun.Host,
            }),
            (run, cancel) => RoleRun.RunAsync(run, Options, RolesOf, cancel));
        foreach (var verb in Verbs())
        {
            command.Subcommands.Add(verb);
        }

        return command;
    }

    private static RoleSet RolesOf(HostLaunch launch) => launch.Settings.Get<WorkerOptions>().SchedulerEnabled
        ? RoleSet.Of(Role.Worker, Role.Scheduler)
        : RoleSet.Of(Role.Worker);

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var workers = await client.GetAsync<WorkerRecord[]>("workers", cancel);
        return run.Print(workers, console =>
        {
            var table = new Table().AddColumns("worker", "state", "runs", "of", "pools", "queues", "labels", "last heard of").SimpleBorder();
            foreach (var worker in workers)
            {
                table.AddRow(
                    Markup.Escape(worker.Name),
                    $"{worker.State}",
                    $"{worker.Running}",
                    $"{worker.Concurrency}",
                    Markup.Escape(string.Join(", ", worker.Pools)),
                    Markup.Escape(string.Join(", ", worker.Queues)),
                    Markup.Escape(string.Join(", ", worker.Labels)),
                    $"{worker.HeartbeatAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> ChangeAsync(CommandRun run, BeamtimeClient client, string verb, CancellationToken cancel)
    {
        var worker = await client.PostAsync<WorkerRecord>(
            $"workers/{BeamtimeClient.Part(run.Arguments.GetValue(Worker)!)}/{verb}", new { }, cancel);
        return run.Print(worker, console => console.WriteLine($"{worker.Name} is {worker.State}"));
    }
}
