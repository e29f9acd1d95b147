using System.CommandLine;
using Beamtime.Core.Jobs;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime work-pool</c>, <c>work-queue</c> and <c>work-share</c>: what is claimed first, and how much at once.</summary>
internal static class WorkPoolCommands
{
    private static readonly Argument<string> Name = new("name") { Description = "Its name." };
    private static readonly Argument<string> Project = new("project") { Description = "The project." };
    private static readonly Argument<double> Weight = new("weight") { Description = "Jobs it is given for each one of a project of weight 1." };
    private static readonly Option<string?> Pool = new("--pool") { Description = "The work pool that it belongs to." };
    private static readonly Option<short?> Priority = new("--priority") { Description = "Lower goes first, -100 to 100." };
    private static readonly Option<int?> Limit = new("--limit") { Description = "Jobs that run at once; -1 takes the limit away." };

    /// <summary>The command of work pools.</summary>
    public static Command CreatePool() => new("work-pool", "Look at work pools; limit, pause and resume them.")
    {
        CommandRun.OnServer(new Command("ls", "List the work pools."), ListPoolsAsync),
        CommandRun.OnServer(
            new Command("set", "Make a work pool or change one.") { Name, Limit },
            (run, client, cancel) => SetPoolAsync(run, client, new WorkPoolChange(run.Arguments.GetValue(Limit)), cancel)),
        CommandRun.OnServer(
            new Command("pause", "Have nothing of a work pool claimed; what runs goes on.") { Name },
            (run, client, cancel) => SetPoolAsync(run, client, new WorkPoolChange(IsPaused: true), cancel)),
        CommandRun.OnServer(
            new Command("resume", "Have a work pool's jobs claimed again.") { Name },
            (run, client, cancel) => SetPoolAsync(run, client, new WorkPoolChange(IsPaused: false), cancel)),
    };

    /// <summary>The command of work queues.</summary>
    public static Command CreateQueue() => new("work-queue", "Look at work queues; order, limit, pause and resume them.")
    {
        CommandRun.OnServer(new Command("ls", "List the work queues with what waits and runs in them.") { Pool }, ListQueuesAsync),
        CommandRun.OnServer(
            new Command("set", "Make a work queue or change one.") { Name, Pool, Priority, Limit },
            (run, client, cancel) => SetQueueAsync(
                run,
                client,
                new WorkQueueChange(
                    run.Arguments.GetValue(Pool), run.Arguments.GetValue(Priority), run.Arguments.GetValue(Limit)),
                cancel)),
        CommandRun.OnServer(
            new Command("pause", "Have nothing of a work queue claimed; what runs goes on.") { Name },
            (run, client, cancel) => SetQueueAsync(run, client, new WorkQueueChange(IsPaused: true), cancel)),
        CommandRun.OnServer(
            new Command("resume", "Have a work queue's jobs claimed again.") { Name },
            (run, client, cancel) => SetQueueAsync(run, client, new WorkQueueChange(IsPaused: false), cancel)),
    };

    /// <summary>The command of the projects' weights.</summary>
    public static Command CreateShare() => new("work-share", "Weigh projects that wait in one work queue.")
    {
        CommandRun.OnServer(new Command("ls", "List the projects whose weight was set; any other has weight 1."), ListSharesAsync),
        CommandRun.OnServer(new Command("set", "Set a project's weight.") { Project, Weight }, SetShareAsync),
    };

    private static async Task<ExitCode> ListPoolsAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var pools = await client.GetAsync<WorkPoolRecord[]>("work-pools", cancel);
        return run.Print(pools, console =>
        {
            var table = new Table().AddColumns("work pool", "queues", "waiting", "running", "limit", "").SimpleBorder();
            foreach (var pool in pools)
            {
                table.AddRow(
                    Markup.Escape(pool.Name), $"{pool.Queues}", $"{pool.Waiting}", $"{pool.Running}", $"{pool.ConcurrencyLimit}",
                    pool.IsPaused ? "paused" : "");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> ListQueuesAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var queues = await client.GetAsync<WorkQueueRecord[]>(
            "work-queues" + JobCommands.Query(("pool", run.Arguments.GetValue(Pool))), cancel);
        return run.Print(queues, console =>
        {
            var table = new Table()
                .AddColumns("work queue", "pool", "priority", "waiting", "running", "limit", "dead", "oldest due", "").SimpleBorder();
            foreach (var queue in queues)
            {
                table.AddRow(
                    Markup.Escape(queue.Name),
                    Markup.Escape(queue.Pool),
                    $"{queue.Priority}",
                    $"{queue.Waiting}",
                    $"{queue.Running}",
                    $"{queue.ConcurrencyLimit}",
                    $"{queue.Dead}",
                    queue.OldestDueAt is { } at ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z" : "",
                    queue.IsPaused ? "paused" : "");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> ListSharesAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var shares = await client.GetAsync<ProjectShare[]>("work-shares", cancel);
        return run.Print(shares, console =>
        {
            var table = new Table().AddColumns("project", "weight").SimpleBorder();
            foreach (var share in shares)
            {
                table.AddRow(Markup.Escape(share.Name), $"{share.Weight}");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> SetPoolAsync(
        CommandRun run, BeamtimeClient client, WorkPoolChange change, CancellationToken cancel)
    {
        var pool = await client.PostAsync<WorkPoolRecord>(
            $"work-pools/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}", change, cancel);
        return run.Print(pool, console => console.WriteLine(
            $"work pool {pool.Name}: {Told(pool.ConcurrencyLimit, pool.IsPaused)}"));
    }

    private static async Task<ExitCode> SetQueueAsync(
        CommandRun run, BeamtimeClient client, WorkQueueChange change, CancellationToken cancel)
    {
        var queue = await client.PostAsync<WorkQueueRecord>(
            $"work-queues/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}", change, cancel);
        return run.Print(queue, console => console.WriteLine(
            $"work queue {queue.Name} of {queue.Pool}: priority {queue.Priority}, {Told(queue.ConcurrencyLimit, queue.IsPaused)}"));
    }

    private static async Task<ExitCode> SetShareAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var share = await client.PostAsync<ProjectShare>(
            "work-shares", new ProjectShare(run.Arguments.GetValue(Project)!, run.Arguments.GetValue(Weight)), cancel);
        return run.Print(share, console => console.WriteLine($"project {share.Name} has weight {share.Weight}"));
    }

    private static string Told(int? limit, bool isPaused) =>
        $"{(limit is { } most ? $"at most {most} at once" : "no limit")}, {(isPaused ? "paused" : "claimed from")}";
}
