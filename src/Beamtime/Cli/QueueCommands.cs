using System.CommandLine;
using Beamtime.Control.Scans;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime queue</c>: scans that wait or run.</summary>
internal static class QueueCommands
{
    private static readonly Argument<string> Scan = new("scan") { Description = "Number or id of the scan." };
    private static readonly Option<bool> All = new("--all") { Description = "Also those that are over, newest first." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why.", DefaultValueFactory = _ => "" };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("queue", "Look at the scan queue and end scans.")
    {
        CommandRun.OnServer(new Command("ls", "List the scans that wait or run.") { All }, ListAsync),
        CommandRun.OnServer(new Command("pause", "Hold the running scan before its next point.") { Scan }, PauseAsync),
        CommandRun.OnServer(new Command("resume", "Let a held scan go on.") { Scan }, ResumeAsync),
        CommandRun.OnServer(new Command("abort", "End a scan early, or take it out of the queue.") { Scan, Reason }, AbortAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var scans = await client.GetAsync<ScanPage>(run.Arguments.GetValue(All) ? "scans" : "queue", cancel);
        return run.Print(scans, console =>
        {
            console.Write(ScanTable.Of(scans.Items));
            run.Say($"{scans.Items.Count} of {scans.Total}");
        });
    }

    private static Task<ExitCode> PauseAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        ChangeAsync(run, client, "pause", "is held", cancel);

    private static Task<ExitCode> ResumeAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        ChangeAsync(run, client, "resume", "goes on", cancel);

    private static async Task<ExitCode> ChangeAsync(
        CommandRun run, BeamtimeClient client, string verb, string done, CancellationToken cancel)
    {
        var scan = await client.PostAsync<ScanAnswer>(
            $"scans/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}/{verb}", new { }, cancel);
        return run.Print(scan, console => console.WriteLine($"S{scan.Number:D5} {done} at {scan.Points} points"));
    }

    private static async Task<ExitCode> AbortAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var scan = await client.PostAsync<ScanAnswer>(
            $"scans/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}/abort",
            new ScanAbortRequest { Reason = run.Arguments.GetValue(Reason)! },
            cancel);
        return run.Print(scan, console => console.WriteLine($"S{scan.Number:D5} is being ended"));
    }
}
