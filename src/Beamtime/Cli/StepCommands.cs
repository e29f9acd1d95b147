using System.CommandLine;
using System.Globalization;
using Beamtime.Control.Scans.Steps;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime step</c>: drive an interactive scan.</summary>
internal static class StepCommands
{
    private static readonly Argument<string> Scan = new("scan") { Description = "Number or id of the scan." };
    private static readonly Option<string[]> Move = new("--move")
    {
        Description = "Motor and target, motor=target, in the motor's unit; may be repeated.",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<bool> Trigger = new("--trigger") { Description = "Trigger the devices, before each reading." };
    private static readonly Option<int> Reads = new("--reads") { Description = "Points to read." };
    private static readonly Option<bool> Close = new("--close") { Description = "Close the scan behind the steps that wait." };

    /// <summary>The command with its verb.</summary>
    public static Command Create()
    {
        var step = CommandRun.OnServer(
            new Command("step", "Ask an interactive scan to move, trigger and read, or to close.") { Scan, Move, Trigger, Reads, Close },
            AskAsync);
        return step;
    }

    /// <summary>The command that lists steps.</summary>
    public static Command CreateList() => CommandRun.OnServer(
        new Command("steps", "List the steps of an interactive scan.") { Scan }, ListAsync);

    private static async Task<ExitCode> AskAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var step = await client.PostAsync<StepAnswer>(Path(run), RequestOf(run), cancel);
        run.Print(step, console => console.WriteLine(Line(step)));
        foreach (var reason in step.Reasons)
        {
            await Console.Error.WriteLineAsync($"{reason.Code}: {reason.Message}");
            await Console.Error.WriteLineAsync($"  {reason.Remedy}");
        }

        return step.State == StepState.Failed ? ExitCode.Failed : ExitCode.Done;
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var steps = await client.GetAsync<StepAnswer[]>(Path(run), cancel);
        return run.Print(steps, console =>
        {
            foreach (var step in steps)
            {
                console.WriteLine(Line(step));
            }
        });
    }

    private static string Path(CommandRun run) => $"scans/{BeamtimeClient.Part(run.Arguments.GetValue(Scan)!)}/steps";

    private static StepRequest RequestOf(CommandRun run)
    {
        List<Reason> reasons = [];
        Dictionary<string, double> targets = new(StringComparer.Ordinal);
        foreach (var move in run.Arguments.GetValue(Move) ?? [])
        {
            if (move.Split('=', 2) is not [{ Length: > 0 } motor, var text]
                || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var target)
                || !targets.TryAdd(motor, target))
            {
                reasons.Add(CliErrors.Argument.Because($"--move {move} is not motor=target, or is given twice"));
            }
        }

        return reasons.Count > 0
            ? throw new RefusedException(reasons)
            : new StepRequest
            {
                Targets = targets,
                Trigger = run.Arguments.GetValue(Trigger),
                Reads = run.Arguments.GetValue(Reads),
                Close = run.Arguments.GetValue(Close),
            };
    }

    private static string Line(StepAnswer step) =>
        $"step {step.Index} {step.State.ToString().ToLowerInvariant()}"
        + (step.Request.Close ? ", closes" : $", {step.Points} points")
        + string.Concat(step.Request.Targets.Select(t => string.Create(CultureInfo.InvariantCulture, $", {t.Key} to {t.Value:G7}")));
}
