using System.CommandLine;
using System.Globalization;
using Beamtime.Control.Scans.Moves;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime mv</c> and <c>beamtime umv</c>: move positioners, and watch them on their way.</summary>
internal static class MoveCommands
{
    private const int BarWidth = 40;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);
    private static readonly Argument<string[]> Targets = new("targets")
    {
        Description = "Devices and targets by turns: samx 3 samy -4.5, in each device's unit.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<bool> Relative = new("--relative") { Description = "Targets count from where the devices are." };
    private static readonly Option<bool> Wait = new("--wait") { Description = "Wait until they are there, with bars; Ctrl-C stops them." };

    private static readonly Option<int> Limit = new("--limit") { Description = "How many, 1 to 1000.", DefaultValueFactory = _ => 20 };

    /// <summary>The command that begins a move.</summary>
    public static Command CreateMove() => CommandRun.OnServer(
        new Command("mv", "Move positioners; returns once they move.") { Targets, Relative, Wait },
        (run, client, cancel) => MoveAsync(run, client, run.Arguments.GetValue(Wait), cancel));

    /// <summary>The command that waits for it.</summary>
    public static Command CreateUpdatedMove() => CommandRun.OnServer(
        new Command("umv", "Move positioners and wait until they are there, with bars; Ctrl-C stops them.") { Targets, Relative },
        (run, client, cancel) => MoveAsync(run, client, waits: true, cancel));

    /// <summary>The command that lists what was moved.</summary>
    public static Command CreateHistory() => CommandRun.OnServer(
        new Command("moves", "List who moved what where, newest first, and what became of it.") { Limit }, HistoryAsync);

    /// <summary>What a line of devices and targets means.</summary>
    /// <param name="words">Devices and targets by turns.</param>
    /// <param name="isRelative">Whether targets count from where the devices are.</param>
    /// <exception cref="RefusedException">Every word that cannot be read.</exception>
    internal static MoveRequest RequestOf(IReadOnlyList<string> words, bool isRelative)
    {
        List<Reason> reasons = [];
        if (words.Count % 2 != 0)
        {
            reasons.Add(MoveErrors.Empty.Because($"{words[^1]} has no target."));
        }

        Dictionary<string, double> targets = new(StringComparer.Ordinal);
        foreach (var pair in words.Chunk(2).Where(p => p.Length == 2))
        {
            if (!double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var target) || !double.IsFinite(target))
            {
                reasons.Add(CliErrors.Argument.Because($"{pair[0]}: '{pair[1]}' is not a number"));
            }
            else if (!targets.TryAdd(pair[0], target))
            {
                reasons.Add(CliErrors.Argument.Because($"{pair[0]} is given twice"));
            }
        }

        return reasons.Count > 0
            ? throw new RefusedException(reasons)
            : new MoveRequest { Targets = targets, Relative = isRelative };
    }

    private static async Task<ExitCode> MoveAsync(CommandRun run, BeamtimeClient client, bool waits, CancellationToken cancel)
    {
        var request = RequestOf(run.Arguments.GetValue(Targets) ?? [], run.Arguments.GetValue(Relative));
        var move = await client.PostAsync<MoveAnswer>("moves", request, cancel);
        if (waits)
        {
            try
            {
                move = await WatchAsync(run, client, move, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                await client.PostAsync<MoveAnswer>($"moves/{move.Id}/stop", new { }, CancellationToken.None);
                await Console.Error.WriteLineAsync("stopped");
                return ExitCode.Interrupted;
            }
        }

        run.Print(move, console =>
        {
            foreach (var axis in move.Axes)
            {
                console.WriteLine(Line(axis, move.State));
            }
        });
        foreach (var reason in move.Axes.Select(a => a.Reason).OfType<Reason>())
        {
            await Console.Error.WriteLineAsync($"{reason.Code}: {reason.Message}");
            await Console.Error.WriteLineAsync($"  {reason.Remedy}");
        }

        return move.State is MoveState.Done or MoveState.Moving ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task<ExitCode> HistoryAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var page = await client.GetAsync<MovePage>($"moves/history?limit={run.Arguments.GetValue(Limit)}", cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumns("began (UTC)", "who", "move", "became", "").SimpleBorder();
            foreach (var move in page.Items)
            {
                var places = move.Places.ToDictionary(p => p.Device);
                foreach (var (way, isFirst) in move.Ways.Select((way, i) => (way, i == 0)))
                {
                    var place = places.GetValueOrDefault(way.Device);
                    table.AddRow(
                        isFirst ? move.BeganAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "",
                        Markup.Escape(isFirst ? move.Who : ""),
                        Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{way.Device} {way.Start:G7} → {way.Target:G7} {way.Unit}")),
                        Markup.Escape(place?.Position is { } at ? string.Create(CultureInfo.InvariantCulture, $"{at:G7} {way.Unit}") : ""),
                        Markup.Escape(place?.Reason?.Message ?? (isFirst ? move.State.ToString().ToLowerInvariant() : "")));
                }
            }

            console.Write(table);
            run.Say($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<MoveAnswer> WatchAsync(
        CommandRun run, BeamtimeClient client, MoveAnswer move, CancellationToken cancel)
    {
        if (!run.IsTerminal)
        {
            return await OverAsync(client, move, _ => { }, cancel);
        }

        return await run.Console.Live(Bars(move)).StartAsync(live => OverAsync(
            client, move, told => live.UpdateTarget(Bars(told)), cancel));
    }

    private static async Task<MoveAnswer> OverAsync(
        BeamtimeClient client, MoveAnswer move, Action<MoveAnswer> show, CancellationToken cancel)
    {
        while (!move.State.IsOver)
        {
            await Task.Delay(LookInterval, TimeProvider.System, cancel);
            move = await client.GetAsync<MoveAnswer>($"moves/{move.Id}", cancel);
            show(move);
        }

        return move;
    }

    private static Rows Bars(MoveAnswer move) => new(move.Axes.Select(a => new Text($"{Bar(a)} {Line(a, move.State)}")));

    private static string Bar(MoveAxisAnswer axis)
    {
        var way = axis.Target - axis.Start;
        var done = way == 0 || axis.Position is not { } at ? 0 : Math.Clamp((at - axis.Start) / way, 0, 1);
        var filled = axis.IsOver && axis.Reason is null ? BarWidth : (int)(done * BarWidth);
        return $"{new string('━', filled)}{new string('╌', BarWidth - filled)}";
    }

    private static string Line(MoveAxisAnswer axis, MoveState state) => string.Create(
        CultureInfo.InvariantCulture,
        $"{axis.Device} {axis.Start:G7} → {axis.Target:G7} {axis.Unit}{(axis.Position is { } at ? $", at {at:G7}" : "")}{(axis.IsOver ? state == MoveState.Stopped ? ", stopped" : axis.Reason is null ? ", there" : ", failed" : "")}");
}
