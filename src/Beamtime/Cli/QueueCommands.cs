using System.CommandLine;
using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime queue</c>: the scan queues and what waits or runs in them.</summary>
internal static class QueueCommands
{
    private static readonly Argument<string> Scan = new("scan") { Description = "Number or id of the scan." };
    private static readonly Argument<string> Target = new("target")
    {
        Description = "Number or id of a scan, or the name of a queue.",
        DefaultValueFactory = _ => ScanQueue.Primary,
    };

    private static readonly Argument<string> Queue = new("queue")
    {
        Description = "Name of the queue; for locks also all.",
        DefaultValueFactory = _ => ScanQueue.Primary,
    };

    private static readonly Argument<string> Owner = new("owner") { Description = "What the lock is called." };
    private static readonly Argument<QueueDirection> Direction = new("direction") { Description = "up, down, top, bottom or to." };
    private static readonly Argument<int?> Place = new("place")
    {
        Description = "The place among those that wait, from 1; for 'to' alone.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> All = new("--all") { Description = "Also those that are over, newest first." };
    private static readonly Option<string> InQueue = new("--queue")
    {
        Description = "The queue.",
        DefaultValueFactory = _ => ScanQueue.Primary,
    };

    private static readonly Option<string> Reason = new("--reason") { Description = "Why.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> LockReason = new("--reason") { Description = "Why; others will ask.", Required = true };
    private static readonly Option<bool> NoMoves = new("--no-moves") { Description = "Devices may not be moved meanwhile either." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("queue", "Look at the scan queues, hold and end scans, and put them in order.")
    {
        CommandRun.OnServer(new Command("ls", "List the scans that wait or run in a queue.") { All, InQueue }, ListAsync),
        CommandRun.OnServer(new Command("status", "Show all queues, their locks, and what runs or waits for devices."), StatusAsync),
        CommandRun.OnServer(
            new Command("pause", "Hold a scan before its next point, or a whole queue.") { Target, Reason },
            (run, client, cancel) => ChangeAsync(run, client, "pause", "is held", cancel)),
        CommandRun.OnServer(
            new Command("resume", "Let a held scan or a paused queue go on.") { Target, Reason },
            (run, client, cancel) => ChangeAsync(run, client, "resume", "goes on", cancel)),
        CommandRun.OnServer(
            new Command("abort", "End a scan early and put back what it moved, or take it out of the queue.") { Scan, Reason },
            (run, client, cancel) => EndAsync(run, client, "abort", cancel)),
        CommandRun.OnServer(
            new Command("halt", "End a scan early where it stands: nothing is put back.") { Scan, Reason },
            (run, client, cancel) => EndAsync(run, client, "halt", cancel)),
        CommandRun.OnServer(
            new Command("complete", "End a scan early as complete: what it has measured is enough.") { Scan, Reason },
            (run, client, cancel) => EndAsync(run, client, "complete", cancel)),
        CommandRun.OnServer(new Command("clear", "Take everything out of a queue; what runs is aborted.") { Queue, Reason }, ClearAsync),
        CommandRun.OnServer(
            new Command("restart", "Run a scan once more; one that runs is ended, its copy goes right behind it.") { Scan, Reason },
            RestartAsync),
        CommandRun.OnServer(
            new Command("move", "Put a scan that waits elsewhere in the order.") { Scan, Direction, Place, Reason }, MoveAsync),
        CommandRun.OnServer(
            new Command("lock", "Lock a queue, or all: no scan begins until the lock is released.") { Owner, Queue, LockReason, NoMoves },
            LockAsync),
        CommandRun.OnServer(new Command("release", "Release a lock.") { Owner, Queue, Reason }, ReleaseAsync),
    };

    /// <summary>Runs a scan once more.</summary>
    /// <param name="run">The command's run.</param>
    /// <param name="client">The server.</param>
    /// <param name="scan">The scan.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancel">Gives up.</param>
    internal static async Task<ExitCode> RestartAsync(
        CommandRun run, BeamtimeClient client, string scan, string reason, CancellationToken cancel)
    {
        var copy = await client.PostAsync<ScanAnswer>(
            $"scans/{BeamtimeClient.Part(scan)}/restart", new ScanAbortRequest { Reason = reason }, cancel);
        return run.Print(copy, console => console.WriteLine($"{scan} runs once more as S{copy.Number:D5}"));
    }

    private static Task<ExitCode> RestartAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) => RestartAsync(
        run, client, run.Arguments.GetValue(Scan)!, run.Arguments.GetValue(Reason)!, cancel);

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var scans = await client.GetAsync<ScanPage>(
            run.Arguments.GetValue(All) ? "scans" : $"queue?queue={BeamtimeClient.Part(run.Arguments.GetValue(InQueue)!)}", cancel);
        return run.Print(scans, console =>
        {
            console.Write(ScanTable.Of(scans.Items));
            run.Say($"{scans.Items.Count} of {scans.Total}");
        });
    }

    private static async Task<ExitCode> StatusAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var queues = await client.GetAsync<QueueAnswer[]>("queues", cancel);
        return run.Print(queues, console =>
        {
            foreach (var queue in queues)
            {
                Say(run, queue);
                if (queue.Scans.Count > 0)
                {
                    console.Write(ScanTable.Of(queue.Scans));
                }
            }
        });
    }

    private static void Say(CommandRun run, QueueAnswer queue)
    {
        run.Say($"{queue.Name}: {queue.State.ToString().ToLowerInvariant()}, {EntryWords.Count(queue.Total, "scan")}");
        foreach (var one in queue.Locks)
        {
            run.Say($"  locked as {one.Owner} since {one.At:u}: {one.Reason}{(one.AllowsMoves ? "" : "; devices may not be moved")}");
        }

        foreach (var scan in queue.Scans.Where(s => s.WaitsFor is not null))
        {
            run.Say($"  S{scan.Number:D5} waits for {string.Join(", ", scan.WaitsFor!.Select(w => $"{w.Key} ({w.Value})"))}");
        }
    }

    private static async Task<ExitCode> ChangeAsync(
        CommandRun run, BeamtimeClient client, string verb, string done, CancellationToken cancel)
    {
        var target = run.Arguments.GetValue(Target)!;
        var request = new ScanAbortRequest { Reason = run.Arguments.GetValue(Reason)! };
        if (IsScan(target))
        {
            var scan = await client.PostAsync<ScanAnswer>($"scans/{BeamtimeClient.Part(target)}/{verb}", request, cancel);
            return run.Print(scan, console => console.WriteLine($"S{scan.Number:D5} {done} at {scan.Points} points"));
        }

        var queue = await client.PostAsync<QueueAnswer>($"queues/{BeamtimeClient.Part(target)}/{verb}", request, cancel);
        return run.Print(queue, _ => Say(run, queue));
    }

    // A queue's name begins with a letter and is no id.
    private static bool IsScan(string target) =>
        Guid.TryParse(target, out _) || int.TryParse(target.TrimStart('S', 's'), out _);

    private static async Task<ExitCode> EndAsync(CommandRun run, BeamtimeClient client, string verb, CancellationToken cancel)
    {
        var scan = await client.PostAsync<ScanAnswer>(
            $"scans/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}/{verb}",
            new ScanAbortRequest { Reason = run.Arguments.GetValue(Reason)! },
            cancel);
        var queues = await client.GetAsync<QueueAnswer[]>("queues", cancel);
        return run.Print(scan, console =>
        {
            console.WriteLine($"S{scan.Number:D5} is being ended");
            if (queues.FirstOrDefault(q => q.Name == scan.Queue) is { IsPaused: true, Total: > 1 } queue)
            {
                run.Say($"queue {queue.Name} is paused, others wait; 'beamtime queue resume {queue.Name}' lets it go on");
            }
        });
    }

    private static async Task<ExitCode> ClearAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var queue = await client.PostAsync<QueueAnswer>(
            $"queues/{BeamtimeClient.Part(run.Arguments.GetValue(Queue)!)}/clear",
            new ScanAbortRequest { Reason = run.Arguments.GetValue(Reason)! },
            cancel);
        return run.Print(queue, _ => run.Say($"{queue.Name} is cleared"));
    }

    private static async Task<ExitCode> MoveAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var scan = await client.PostAsync<ScanAnswer>(
            $"scans/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}/move",
            new ScanMoveRequest
            {
                Direction = run.Arguments.GetValue(Direction),
                Place = run.Arguments.GetValue(Place),
                Reason = run.Arguments.GetValue(Reason)!,
            },
            cancel);
        var queue = await client.GetAsync<QueueAnswer>($"queues/{scan.Queue}", cancel);
        return run.Print(queue, console => console.Write(ScanTable.Of(queue.Scans)));
    }

    private static async Task<ExitCode> LockAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var queue = await client.PostAsync<QueueAnswer>(
            $"queues/{BeamtimeClient.Part(run.Arguments.GetValue(Queue)!)}/locks",
            new QueueLockRequest
            {
                Owner = run.Arguments.GetValue(Owner)!,
                Reason = run.Arguments.GetValue(LockReason)!,
                AllowsMoves = !run.Arguments.GetValue(NoMoves),
            },
            cancel);
        return run.Print(queue, _ => Say(run, queue));
    }

    private static async Task<ExitCode> ReleaseAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var queue = await client.DeleteAsync<QueueAnswer>(
            $"queues/{BeamtimeClient.Part(run.Arguments.GetValue(Queue)!)}/locks/{BeamtimeClient.Part(run.Arguments.GetValue(Owner)!)}"
            + $"?reason={Uri.EscapeDataString(run.Arguments.GetValue(Reason)!)}",
            cancel);
        return run.Print(queue, _ => Say(run, queue));
    }
}
