using System.CommandLine;
using Beamtime.Core.Jobs;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>The verbs of <c>beamtime worker</c> that speak to a server: who works, drain and resume.</summary>
internal static class WorkerCommands
{
    private static readonly Argument<string> Worker = new("worker") { Description = "Name or id of the worker." };

    /// <summary>The verbs, to stand below <c>beamtime worker</c>.</summary>
    public static IReadOnlyList<Command> Verbs() =>
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
        var command = new Command("worker", "Look at the workers; drain and resume them.");
        foreach (var verb in Verbs())
        {
            command.Subcommands.Add(verb);
        }

        return command;
    }

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
