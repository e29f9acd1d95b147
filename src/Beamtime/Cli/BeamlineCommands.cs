using System.CommandLine;
using Beamtime.Control.Beamline;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime beamline</c>: beamline states and the interlock.</summary>
internal static class BeamlineCommands
{
    private static readonly Argument<string> Name = new("state") { Description = "Name of the state." };
    private static readonly Option<string?> Signal = new("--signal") { Description = "Address of the signal that must lie within limits." };
    private static readonly Option<string?> Permit = new("--permit") { Description = "The enclosure, shutter or permit of beamline.yaml that must say yes." };
    private static readonly Option<double?> Low = new("--low") { Description = "The lowest value, in the signal's unit." };
    private static readonly Option<double?> High = new("--high") { Description = "The highest value, in the signal's unit." };
    private static readonly Option<double> Tolerance = new("--tolerance")
    {
        Description = "Closer than this to a limit is a warning.",
        DefaultValueFactory = _ => 0.1,
    };

    private static readonly Option<double> Hold = new("--hold")
    {
        Description = "How long it must be better without interruption before it counts as better, s.",
    };

    private static readonly Option<string> Description = new("--description") { Description = "A line for people.", DefaultValueFactory = _ => "" };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why.", DefaultValueFactory = _ => "" };
    private static readonly Option<bool> Disabled = new("--disable") { Description = "Set up, and not acting." };
    private static readonly Option<LossAction> OnLoss = new("--on-loss")
    {
        Description = "What becomes of what runs when a state is lost: lock leaves it, pause holds it, restart runs it anew afterwards.",
        DefaultValueFactory = _ => LossAction.Lock,
    };

    private static readonly Option<string[]> States = new("--state")
    {
        Description = "A state that it looks at, NAME or NAME=valid,warning; may be repeated.",
        DefaultValueFactory = _ => [],
    };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("beamline", "See and define beamline states, and set up the interlock.")
    {
        CommandRun.OnServer(
            new Command("states", "Show beamline states with what each sees, and the interlock."),
            async (run, client, cancel) => Print(run, await client.GetAsync<StatesAnswer>("beamline/states", cancel))),
        CommandRun.OnServer(
            new Command("define", "Define a beamline state, or define it anew.")
            {
                Name, Signal, Permit, Low, High, Tolerance, Hold, Description, Reason,
            },
            DefineAsync),
        CommandRun.OnServer(
            new Command("remove", "Take a beamline state out.") { Name, Reason },
            async (run, client, cancel) => Print(run, await client.DeleteAsync<StatesAnswer>(
                $"beamline/states/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}{ReasonOf(run)}", cancel))),
        new Command("interlock", "Set up the interlock, which locks the scan queues while a state is lost.")
        {
            CommandRun.OnServer(new Command("set", "Say which states must be how.") { States, OnLoss, Disabled, Reason }, ConfigureAsync),
            CommandRun.OnServer(
                new Command("reset", "Set it up as the site's file says.") { Reason },
                async (run, client, cancel) => Print(run, await client.DeleteAsync<StatesAnswer>($"beamline/interlock{ReasonOf(run)}", cancel))),
        },
    };

    /// <summary>The states of an interlock that a command line means.</summary>
    /// <param name="states"><c>NAME</c> or <c>NAME=valid,warning</c>.</param>
    /// <exception cref="RefusedException">Every text that cannot be read.</exception>
    internal static IReadOnlyDictionary<string, IReadOnlyList<StateStatus>> StatesOf(IReadOnlyList<string> states)
    {
        List<Reason> reasons = [];
        Dictionary<string, IReadOnlyList<StateStatus>> accepted = new(StringComparer.Ordinal);
        foreach (var state in states)
        {
            var parts = state.Split('=', 2);
            List<StateStatus> statuses = [];
            foreach (var text in parts.Length == 2 ? parts[1].Split(',') : [])
            {
                if (text.Length > 0 && char.IsAsciiLetter(text[0]) && Enum.TryParse<StateStatus>(text, ignoreCase: true, out var status))
                {
                    statuses.Add(status);
                }
                else
                {
                    reasons.Add(CliErrors.Argument.Because($"--state {state}: '{text}' is not valid, warning, invalid or unknown"));
                }
            }

            if (parts[0].Length == 0 || !accepted.TryAdd(parts[0], statuses))
            {
                reasons.Add(CliErrors.Argument.Because($"--state {state} has no name, or is given twice"));
            }
        }

        return reasons.Count > 0 ? throw new RefusedException(reasons) : accepted;
    }

    private static string ReasonOf(CommandRun run) => $"?reason={Uri.EscapeDataString(run.Arguments.GetValue(Reason)!)}";

    private static async Task<ExitCode> DefineAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var (signal, permit) = (run.Arguments.GetValue(Signal), run.Arguments.GetValue(Permit));
        if (signal is null == permit is null)
        {
            throw new RefusedException(CliErrors.Argument.Because("give either --signal or --permit"));
        }

        return Print(run, await client.PutAsync<StatesAnswer>(
            $"beamline/states/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}",
            new StateRequest
            {
                Kind = permit is null ? StateKind.WithinLimits : StateKind.Permit,
                Address = permit ?? signal!,
                Low = run.Arguments.GetValue(Low),
                High = run.Arguments.GetValue(High),
                Tolerance = run.Arguments.GetValue(Tolerance),
                HoldSeconds = run.Arguments.GetValue(Hold),
                Description = run.Arguments.GetValue(Description)!,
                Reason = run.Arguments.GetValue(Reason)!,
            },
            cancel));
    }

    private static async Task<ExitCode> ConfigureAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) => Print(
        run,
        await client.PutAsync<StatesAnswer>(
            "beamline/interlock",
            new InterlockRequest
            {
                IsEnabled = !run.Arguments.GetValue(Disabled),
                OnLoss = run.Arguments.GetValue(OnLoss),
                States = StatesOf(run.Arguments.GetValue(States) ?? []),
                Reason = run.Arguments.GetValue(Reason)!,
            },
            cancel));

    private static ExitCode Print(CommandRun run, StatesAnswer answer) => run.Print(answer, console =>
    {
        var table = new Table().AddColumns("state", "status", "since", "what is seen").SimpleBorder();
        foreach (var state in answer.States)
        {
            table.AddRow(
                Markup.Escape(state.Name),
                state.Status.ToString().ToLowerInvariant(),
                state.Since is { } since ? $"{since:u}" : "",
                Markup.Escape(state.Label));
        }

        console.Write(table);
        var interlock = answer.Interlock;
        run.Say(interlock switch
        {
            { IsTripped: true } => $"interlock: locks the scan queues since {interlock.Since:u}: {interlock.Reason}",
            { Settings.IsEnabled: true } => "interlock: enabled, all is as it must be",
            _ => "interlock: disabled",
        });
        foreach (var (name, accepted) in interlock.Settings.States)
        {
            run.Say($"  {name} must be {string.Join(" or ", accepted.Select(a => a.ToString().ToLowerInvariant()))}");
        }
    });
}
