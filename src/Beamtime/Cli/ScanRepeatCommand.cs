using System.CommandLine;
using Beamtime.Control.Scans;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime scan repeat</c>: a scan once more, as it was.</summary>
internal static class ScanRepeatCommand
{
    private static readonly Argument<string> Scan = new("scan") { Description = "Number or id of the scan." };
    private static readonly Option<int> Times = new("--times") { Description = "How often, 1 to 1000.", DefaultValueFactory = _ => 1 };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.OnServer(
        new Command("repeat", "Ask for a scan again, with its arguments and its metadata.") { Scan, Times }, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var answer = await client.PostAsync<ScanRepeatAnswer>(
            $"scans/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}/repeat",
            new ScanRepeatRequest { Times = run.Arguments.GetValue(Times) },
            cancel);
        run.Print(answer, console =>
        {
            foreach (var scan in answer.Scans)
            {
                console.WriteLine($"S{scan.Number:D5} accepted");
            }
        });
        foreach (var reason in answer.Reasons)
        {
            await Console.Error.WriteLineAsync($"{reason.Code}: {reason.Message}");
            await Console.Error.WriteLineAsync($"  {reason.Remedy}");
        }

        return answer.Reasons.Count > 0 ? ExitCode.Refused : ExitCode.Done;
    }
}
