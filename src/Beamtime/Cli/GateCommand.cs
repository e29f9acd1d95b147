using System.CommandLine;
using Beamtime.Control.Beamline;
using Beamtime.Control.Runs;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime gate</c>: whether a plan may run now.</summary>
internal static class GateCommand
{
    private static readonly Argument<string?> Plan = new("plan")
    {
        Description = "Name of the plan; without it, every enclosure and the beam.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>The command.</summary>
    public static Command Create() =>
        CommandRun.OnServer(new Command("gate", "Show whether a plan may run now, with every reason against it.") { Plan }, ShowAsync);

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var plan = run.Arguments.GetValue(Plan);
        var gate = await client.GetAsync<GateAnswer>(
            plan is null ? "gate" : $"gate?plan={BeamtimeClient.Part(plan)}", cancel);
        run.Print(gate, console => Print(gate, console));
        return gate.IsOpen ? ExitCode.Done : ExitCode.Refused;
    }

    private static void Print(GateAnswer gate, IAnsiConsole console)
    {
        console.WriteLine($"{gate.Plan}: the gate is {(gate.IsOpen ? "open" : "closed")}");
        foreach (var reason in gate.Reasons)
        {
            console.WriteLine($"  {reason.Code}: {reason.Message}");
        }

        var table = new Table().AddColumns("signal", "state", "value", "age", "what").SimpleBorder();
        foreach (var permit in gate.Enclosures.Concat(gate.Beam))
        {
            table.AddRow(
                Markup.Escape(permit.Name),
                StateOf(permit),
                Markup.Escape(permit.Value ?? ""),
                permit.AgeSeconds is { } age ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{age:0.0} s") : "",
                Markup.Escape(permit.Description));
        }

        console.Write(table);
    }

    private static string StateOf(PermitAnswer permit) => (permit.State, permit.Role) switch
    {
        (PermitState.Unknown, _) => "unknown",
        (PermitState.Permitted, SignalRole.Shutter) => "open",
        (PermitState.NotPermitted, SignalRole.Shutter) => "closed",
        (PermitState.Permitted, _) => "permitted",
        _ => "not permitted",
    };
}
