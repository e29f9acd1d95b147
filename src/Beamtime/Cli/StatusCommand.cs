using System.CommandLine;
using Spectre.Console;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary><c>beamtime status</c>: how the program stands.</summary>
internal static class StatusCommand
{
    /// <summary>The command.</summary>
    public static Command Create() =>
        CommandRun.OnServer(new Command("status", "Show how the program stands."), ShowAsync);

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var status = await client.GetAsync<StatusAnswer>("status", cancel);
        var ready = await client.GetEvenDownAsync<ReadyAnswer>("ready", cancel);
        return run.Print(new { status, ready }, console =>
        {
            console.WriteLine($"beamtime {status.Version}  site {status.Site}  beamline {status.Beamline}  since {status.StartedAt:u}");
            console.WriteLine($"database   {(status.IsDatabaseReachable ? "reachable" : "NOT REACHABLE")}");
            console.WriteLine($"devices    {status.DevicesUsable} usable, {status.DevicesUnusable.Count} not");
            foreach (var (device, reason) in status.DevicesUnusable)
            {
                console.WriteLine($"           {device}: {reason}");
            }

            console.WriteLine(status.Running is { } scan
                ? $"running    S{scan.Number:D5} {scan.Request.Scan}, {scan.Points} of {scan.PlannedPoints} points, {scan.Phase}"
                : "running    nothing");
            console.WriteLine($"queue      {status.Queued} waiting or running");
            console.WriteLine($"readiness  {ready.State.ToString().ToLowerInvariant()}");
            foreach (var check in ready.Checks)
            {
                console.WriteLine($"  {check.Name,-9} {check.State.ToString().ToLowerInvariant(),-9} {check.Detail}");
                if (check.Code is not null)
                {
                    console.WriteLine($"            {check.Code} since {check.Since:u}: {check.Remedy}");
                }
            }
        });
    }
}
