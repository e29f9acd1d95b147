using System.CommandLine;
using System.Globalization;
using Beamtime.Core.Ledger;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime timeline</c>: what happened, of everything, of one thing, or of all that one request set off.</summary>
internal static class TimelineCommand
{
    private static readonly Argument<string[]> Thing = new("thing")
    {
        Description = "An id, or a kind with a number or name: scan 12. Without it, everything, the newest last.",
        Arity = new ArgumentArity(0, 2),
    };

    private static readonly Option<string?> Correlation = new("--correlation") { Description = "All that one request set off, by its id." };
    private static readonly Option<string?> Kind = new("--kind") { Description = "Kinds of things, separated by commas: scan,dataset,workflow." };
    private static readonly Option<string?> Since = new("--since") { Description = "From this time on: 2026-05-01T12:00:00Z, or 2h for two hours ago." };
    private static readonly Option<string?> Until = new("--until") { Description = "Before this time, likewise." };
    private static readonly Option<string?> Who = new("--who") { Description = "What this person did, by id." };
    private static readonly Option<bool> Only = new("--only") { Description = "The thing's own entries, without what belongs to its story." };
    private static readonly Option<bool> Details = new("--details") { Description = "Every detail below its line." };
    private static readonly Option<int> Limit = new("--limit")
    {
        Description = "Lines at most; without a thing or correlation the newest ones.",
        DefaultValueFactory = _ => 200,
    };

    /// <summary>The command.</summary>
    public static Command Create() => CommandRun.OnServer(
        new Command("timeline", "Show what happened: to whom or what, when, by whom and why.")
        {
            Thing, Correlation, Kind, Since, Until, Who, Only, Details, Limit,
        },
        ShowAsync);

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var thing = run.Arguments.GetValue(Thing) ?? [];
        var correlation = run.Arguments.GetValue(Correlation);
        if (thing.Length > 0 && correlation is not null)
        {
            throw new RefusedException(CliErrors.Argument.Because("a thing and --correlation are two questions; ask one"));
        }

        var isStory = thing.Length > 0 || correlation is not null;
        var path = $"timeline{string.Concat(thing.Select(part => $"/{BeamtimeClient.Part(part)}"))}";
        var now = TimeProvider.System.GetUtcNow();
        (string Name, string? Value)[] parameters =
        [
            ("correlation", correlation),
            ("kinds", run.Arguments.GetValue(Kind)),
            ("since", Time(run.Arguments.GetValue(Since), now)),
            ("until", Time(run.Arguments.GetValue(Until), now)),
            ("who", run.Arguments.GetValue(Who)),
            ("related", run.Arguments.GetValue(Only) ? "false" : null),
            ("newest", isStory ? null : "true"),
            ("limit", run.Arguments.GetValue(Limit).ToString(CultureInfo.InvariantCulture)),
        ];
        var query = string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        var page = await client.GetAsync<TimelinePage>($"{path}?{query}", cancel);
        return run.Print(page, console => Print(page, isStory ? page.Items : [.. page.Items.Reverse()], console, run.Arguments.GetValue(Details)));
    }

    private static string? Time(string? text, DateTimeOffset now)
    {
        if (text is null)
        {
            return null;
        }

        var time = DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var exact)
            ? exact
            : Duration.TryParse(text, out var ago)
                ? now - ago
                : throw new RefusedException(CliErrors.Argument.Because($"'{text}' is neither a time such as 2026-05-01T12:00:00Z nor a duration such as 2h"));
        return time.ToString("O", CultureInfo.InvariantCulture);
    }

    // A day's heading, then a line an entry; '!' marks what went wrong.
    private static void Print(TimelinePage page, IReadOnlyList<TimelineLine> lines, IAnsiConsole console, bool hasDetails)
    {
        DateTime? day = null;
        foreach (var line in lines)
        {
            if (line.At.UtcDateTime.Date != day)
            {
                day = line.At.UtcDateTime.Date;
                console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}, UTC"));
            }

            var text = string.Create(
                CultureInfo.InvariantCulture,
                $"{(line.IsTrouble ? '!' : ' ')} {line.At.UtcDateTime:HH:mm:ss.fff}  {line.Kind,-9}  {line.Name,-12}  {line.Line}{By(line)}");
            console.WriteLine(text, line.IsTrouble ? new Style(Color.Red) : Style.Plain);
            if (!hasDetails)
            {
                continue;
            }

            console.WriteLine($"                 {line.Type}, why: {line.Why}{(line.Cause is { } cause ? $", set off by {cause.Kind} {cause.Id}" : "")}");
            foreach (var detail in line.Details)
            {
                console.WriteLine($"                 {detail.Name}: {detail.Value}{(detail.Unit is null ? "" : $" {detail.Unit}")}");
            }
        }

        console.WriteLine($"{lines.Count} of {page.Total}");
    }

    // What a person did stands with the name, and with the reason where the line does not say it already.
    private static string By(TimelineLine line) => line.Who.Id == PersonId.System.Value
        ? ""
        : $"  ({line.Who.Name}{(line.Line.Contains(line.Why, StringComparison.OrdinalIgnoreCase) ? "" : $": {line.Why}")})";
}
