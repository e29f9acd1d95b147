using System.CommandLine;
using System.Globalization;
using Beamtime.Control.Actors;
using Beamtime.Control.Beamline;
using Beamtime.Control.Scripts;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime actor</c>: what is done by itself when the beamline comes into a condition.</summary>
internal static class ActorCommands
{
    private static readonly Argument<string> Name = new("actor") { Description = "Name of the actor." };
    private static readonly Argument<string> Script = new("script") { Description = "The server script that it runs." };

    private static readonly Argument<string[]> Args = new("args")
    {
        Description = "The script's arguments in its order, and --parameter value pairs.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string[]> When = new("--when")
    {
        Description = "state=status, or state=status,status; may be repeated. Statuses are valid, warning, invalid and unknown.",
        Required = true,
        AllowMultipleArgumentsPerToken = false,
    };

    private static readonly Option<bool> Any = new("--any") { Description = "Any of the states is enough; else all must be so." };
    private static readonly Option<double> Rest = new("--rest") { Description = "How long it does not act again after it has, s.", DefaultValueFactory = _ => 60 };
    private static readonly Option<string> Queue = new("--queue") { Description = "The queue of its runs.", DefaultValueFactory = _ => "actors" };

    /// <summary>The command with its verbs.</summary>
    public static Command Create()
    {
        var add = CommandRun.OnServer(
            new Command("add", "Define an actor, or define it anew.") { Name, Script, Args, When, Any, Rest, Queue }, AddAsync);
        add.TreatUnmatchedTokensAsErrors = false;
        return new("actor", "Have server scripts run by themselves when the beamline comes into a condition.")
        {
            CommandRun.OnServer(new Command("ls", "List the actors."), ListAsync),
            CommandRun.OnServer(new Command("show", "Show an actor.") { Name }, ShowAsync),
            add,
            CommandRun.OnServer(new Command("on", "Let an actor act.") { Name }, (run, client, cancel) => SwitchAsync(run, client, "on", cancel)),
            CommandRun.OnServer(new Command("off", "Keep an actor from acting.") { Name }, (run, client, cancel) => SwitchAsync(run, client, "off", cancel)),
            CommandRun.OnServer(new Command("rm", "Take an actor out.") { Name }, RemoveAsync),
        };
    }

    private static async Task<ExitCode> AddAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var script = run.Arguments.GetValue(Script)!;
        var words = ScanCommands.RequestOf(script, [.. run.Arguments.GetValue(Args) ?? [], .. run.Arguments.UnmatchedTokens], []);
        var actor = await client.PutAsync<ActorRecord>(
            Path(run),
            new ActorDefinition
            {
                When = ConditionOf(run.Arguments.GetValue(When) ?? []),
                Any = run.Arguments.GetValue(Any),
                Script = script,
                Request = new ScriptRequest { Args = words.Args, Parameters = words.Parameters, Queue = run.Arguments.GetValue(Queue)! },
                RestSeconds = run.Arguments.GetValue(Rest),
            },
            cancel);
        return run.Print(actor, _ => run.Say($"{actor.Name} acts: {Told(actor)}"));
    }

    /// <summary>What <c>state=status,status</c> means.</summary>
    /// <param name="words">The words.</param>
    /// <exception cref="RefusedException">Every word that cannot be read.</exception>
    internal static Dictionary<string, IReadOnlyList<StateStatus>> ConditionOf(IReadOnlyList<string> words)
    {
        List<Reason> reasons = [];
        Dictionary<string, IReadOnlyList<StateStatus>> when = new(StringComparer.Ordinal);
        foreach (var word in words)
        {
            List<StateStatus> statuses = [];
            var parts = word.Split('=', 2);
            foreach (var status in parts.Length < 2 ? [""] : parts[1].Split(','))
            {
                if (Enum.TryParse<StateStatus>(status, ignoreCase: true, out var read) && !char.IsAsciiDigit(status[0]))
                {
                    statuses.Add(read);
                }
                else
                {
                    reasons.Add(CliErrors.Argument.Because($"--when {word}: '{status}' is none of valid, warning, invalid and unknown"));
                }
            }

            if (!when.TryAdd(parts[0], statuses))
            {
                reasons.Add(CliErrors.Argument.Because($"--when {word}: {parts[0]} is given twice"));
            }
        }

        return reasons.Count > 0 ? throw new RefusedException(reasons) : when;
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var actors = await client.GetAsync<ActorRecord[]>("actors", cancel);
        return run.Print(actors, console =>
        {
            var table = new Table().AddColumns("actor", "", "what it does", "acted (UTC)", "").SimpleBorder();
            foreach (var actor in actors)
            {
                table.AddRow(
                    Markup.Escape(actor.Name),
                    actor.IsOn ? "on" : "off",
                    Markup.Escape(Told(actor)),
                    actor.ActedAt?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) ?? "",
                    Markup.Escape(actor.Reasons is [var first, ..] ? first.Message : ""));
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var actor = await client.GetAsync<ActorRecord>(Path(run), cancel);
        return run.Print(actor, _ =>
        {
            run.Say($"{actor.Name}  {(actor.IsOn ? "on" : "off")}");
            run.Say($"  {Told(actor)}");
            run.Say($"  with {string.Join(' ', [.. actor.Definition!.Request.Args, .. actor.Definition.Request.Parameters.Select(p => $"--{p.Key} {p.Value}")])}");
            if (actor.Run is { } last)
            {
                run.Say($"  acted {actor.ActedAt:yyyy-MM-dd HH:mm:ss} UTC, run {last}");
            }

            foreach (var reason in actor.Reasons)
            {
                run.Say($"  could not act: {reason.Code}: {reason.Message}");
            }
        });
    }

    private static async Task<ExitCode> SwitchAsync(CommandRun run, BeamtimeClient client, string to, CancellationToken cancel)
    {
        var actor = await client.PostAsync<ActorRecord>($"{Path(run)}/{to}", new { }, cancel);
        return run.Print(actor, _ => run.Say($"{actor.Name} is {to}"));
    }

    private static async Task<ExitCode> RemoveAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var actor = await client.DeleteAsync<ActorRecord>(Path(run), cancel);
        return run.Print(actor, _ => run.Say($"{actor.Name} is taken out"));
    }

    private static string Told(ActorRecord actor) => actor.Definition is not { } definition
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"runs {definition.Script} in {definition.Request.Queue} when {string.Join(
            definition.Any ? " or " : " and ",
            definition.When.Select(w => $"{w.Key} is {string.Join(" or ", w.Value.Select(s => s.ToString().ToLowerInvariant()))}"))}, at most every {definition.RestSeconds} s");

    private static string Path(CommandRun run) => $"actors/{BeamtimeClient.Part(run.Arguments.GetValue(Name)!)}";
}
