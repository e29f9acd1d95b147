using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Beamtime.Control.Procedures;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime procedure</c>: run the site's runbook.</summary>
internal static class ProcedureCommands
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly Argument<string> Name = new("name") { Description = "Name of the procedure." };
    private static readonly Argument<string[]> Parameters = new("parameters")
    {
        Description = "Parameters, key=value.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Argument<string> Id = new("id") { Description = "Id of the run." };
    private static readonly Argument<int> Step = new("step") { Description = "The step from which it goes on, from 0." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> NoWait = new("--no-wait") { Description = "Return as soon as it has begun." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("procedure", "Run the site's procedures and look at their steps.")
    {
        CommandRun.OnServer(new Command("ls", "List the procedures."), ListAsync),
        CommandRun.OnServer(new Command("run", "Run a procedure and watch its steps.") { Name, Parameters, NoWait }, RunAsync),
        CommandRun.OnServer(new Command("show", "Show a run with its steps.") { Id }, ShowAsync),
        CommandRun.OnServer(new Command("abort", "End a run early.") { Id, Reason }, AbortAsync),
        CommandRun.OnServer(new Command("resume", "Let a held run go on from a step.") { Id, Step }, ResumeAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var procedures = await client.GetAsync<ProcedureAnswer[]>("procedures", cancel);
        return run.Print(procedures, console =>
        {
            foreach (var procedure in procedures)
            {
                console.WriteLine(procedure.Name);
                console.WriteLine($"  {procedure.Description}");
                foreach (var parameter in procedure.Parameters)
                {
                    var range = (parameter.Low, parameter.High) is (null, null) ? "" : string.Create(
                        CultureInfo.InvariantCulture, $", {parameter.Low} to {parameter.High}");
                    var fallback = parameter.Default is null ? "required" : $"default {parameter.Default}";
                    var unit = parameter.Unit is null ? "" : $" in {parameter.Unit}";
                    console.WriteLine($"  {parameter.Name,-20} {parameter.Description}{unit} ({fallback}{range})");
                }
            }
        });
    }

    private static async Task<ExitCode> RunAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var started = await client.PostAsync<ProcedureRunAnswer>(
            $"procedures/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}/runs",
            new ProcedureRunRequest { Parameters = ParametersOf(run.Arguments.GetValue(Parameters) ?? []) },
            cancel);
        if (run.Arguments.GetValue(NoWait))
        {
            return run.Print(started, console => console.WriteLine($"{started.Procedure} runs as {started.Id}"));
        }

        return await WatchAsync(run, client, started, cancel);
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var shown = await client.GetAsync<ProcedureRunAnswer>($"procedure-runs/{BeamtimeClient.Part(run.Arguments.GetValue(Id)!)}", cancel);
        return run.Print(shown, console =>
        {
            console.WriteLine($"{shown.Procedure}  {shown.Id}  {StateOf(shown.State)}");
            foreach (var step in shown.Steps)
            {
                console.WriteLine(LineOf(step));
            }

            PrintEnd(shown, console);
        });
    }

    private static async Task<ExitCode> AbortAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var aborted = await client.PostAsync<ProcedureRunAnswer>(
            $"procedure-runs/{BeamtimeClient.Part(run.Arguments.GetValue(Id)!)}/abort",
            new ProcedureAbortRequest { Reason = run.Arguments.GetValue(Reason)! },
            cancel);
        return run.Print(aborted, console => console.WriteLine($"{aborted.Procedure} is being ended"));
    }

    private static async Task<ExitCode> ResumeAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var resumed = await client.PostAsync<ProcedureRunAnswer>(
            $"procedure-runs/{BeamtimeClient.Part(run.Arguments.GetValue(Id)!)}/resume",
            new ProcedureResumeRequest { Step = run.Arguments.GetValue(Step) },
            cancel);
        return await WatchAsync(run, client, resumed, cancel);
    }

    // Prints each step once, as it ends.
    private static async Task<ExitCode> WatchAsync(
        CommandRun run, BeamtimeClient client, ProcedureRunAnswer watched, CancellationToken cancel)
    {
        HashSet<int> printed = [.. watched.Steps.Where(s => s.EndedAt is not null).Select(s => s.Index)];
        if (!run.IsJson)
        {
            run.Console.WriteLine($"{watched.Procedure}  {watched.Id}");
        }

        while (true)
        {
            watched = await client.GetAsync<ProcedureRunAnswer>($"procedure-runs/{watched.Id}", cancel);
            foreach (var step in watched.Steps.Where(s => s.EndedAt is not null && printed.Add(s.Index) && !run.IsJson))
            {
                run.Console.WriteLine(LineOf(step));
            }

            if (watched.State is not ProcedureState.Running)
            {
                run.Print(watched, console => PrintEnd(watched, console));
                return watched.State == ProcedureState.Completed ? ExitCode.Done : ExitCode.Failed;
            }

            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
    }

    private static void PrintEnd(ProcedureRunAnswer run, IAnsiConsole console)
    {
        foreach (var (name, value) in run.Captures)
        {
            console.WriteLine($"{name} = {value}");
        }

        foreach (var reason in run.Reasons)
        {
            console.WriteLine($"{reason.Code}: {reason.Message}");
        }

        var took = run.EndedAt is { } end ? string.Create(CultureInfo.InvariantCulture, $" after {(end - run.StartedAt).TotalSeconds:0.00} s") : "";
        console.WriteLine($"{run.Procedure} {StateOf(run.State)}{took}");
    }

    private static string LineOf(StepRecord step)
    {
        var what = step.Title.Length > 0 ? step.Title : step.Wanted ?? $"{step.Kind} {step.Target}";
        var took = step.WaitedSeconds is { } waited ? string.Create(CultureInfo.InvariantCulture, $"{waited,7:0.00} s") : "         ";
        var seen = step.Reasons is [var reason, ..] ? reason.Message : step.Evidence ?? "";
        return $"{step.Index,3} {step.State.ToString().ToLowerInvariant(),-9} {took}  {what}{(seen.Length > 0 ? $": {seen}" : "")}";
    }

    private static Dictionary<string, JsonElement> ParametersOf(string[] pairs)
    {
        List<Reason> reasons = [];
        Dictionary<string, JsonElement> parameters = new(StringComparer.Ordinal);
        foreach (var pair in pairs)
        {
            if (pair.Split('=', 2) is not [{ Length: > 0 } key, var value]
                || !parameters.TryAdd(key.Replace('-', '_'), JsonSerializer.SerializeToElement(value)))
            {
                reasons.Add(CliErrors.Argument.Because($"'{pair}' is not key=value, or is given twice"));
            }
        }

        return reasons.Count > 0 ? throw new RefusedException(reasons) : parameters;
    }

    private static string StateOf(ProcedureState state) => state.ToString().ToLowerInvariant();
}
