using System.CommandLine;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Core.Ledger;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime alarm</c>: what went wrong, and who has taken note of it.</summary>
internal static class AlarmCommands
{
    private static readonly Argument<string> Id = new("alarm") { Description = "Id of the alarm." };
    private static readonly Argument<string> Message = new("message") { Description = "What is wrong." };
    private static readonly Option<bool> All = new("--all") { Description = "Also those that were acknowledged." };
    private static readonly Option<AlarmSeverity?> Severity = new("--severity") { Description = "Only warning, minor or major ones." };
    private static readonly Option<AlarmSeverity> Raised = new("--severity")
    {
        Description = "warning, minor or major; a major one ends the scan that it names.",
        DefaultValueFactory = _ => AlarmSeverity.Warning,
    };

    private static readonly Option<int?> OfScan = new("--scan") { Description = "Only those of the scan of this number." };
    private static readonly Option<string?> Scan = new("--scan") { Description = "Number or id of the scan that it is about." };
    private static readonly Option<string?> Device = new("--device") { Description = "The device that it is about." };
    private static readonly Option<int> Limit = new("--limit") { Description = "At most so many.", DefaultValueFactory = _ => 50 };
    private static readonly Option<int> Offset = new("--offset") { Description = "Pass over so many.", DefaultValueFactory = _ => 0 };
    private static readonly Option<string> Comment = new("--comment") { Description = "What is to be said about it.", DefaultValueFactory = _ => "" };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("alarm", "See alarms, raise them and take note of them.")
    {
        CommandRun.OnServer(new Command("ls", "List alarms, newest first.") { All, Severity, OfScan, Limit, Offset }, ListAsync),
        CommandRun.OnServer(new Command("show", "Show one alarm.") { Id }, ShowAsync),
        CommandRun.OnServer(new Command("raise", "Raise an alarm.") { Message, Raised, Scan, Device }, RaiseAsync),
        CommandRun.OnServer(new Command("ack", "Take note of an alarm.") { Id, Comment }, AcknowledgeAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        List<string> filter = [$"limit={run.Arguments.GetValue(Limit)}", $"offset={run.Arguments.GetValue(Offset)}"];
        if (!run.Arguments.GetValue(All))
        {
            filter.Add("state=Open");
        }

        if (run.Arguments.GetValue(Severity) is { } severity)
        {
            filter.Add($"severity={severity}");
        }

        if (run.Arguments.GetValue(OfScan) is { } scan)
        {
            filter.Add($"scan={scan}");
        }

        var page = await client.GetAsync<AlarmPage>($"alarms?{string.Join('&', filter)}", cancel);
        return run.Print(page, console =>
        {
            var table = new Table().AddColumns("id", "severity", "when", "scan", "what", "state").SimpleBorder();
            foreach (var alarm in page.Items)
            {
                table.AddRow(
                    $"{alarm.Id}",
                    alarm.Severity.ToString().ToLowerInvariant(),
                    $"{alarm.At:u}",
                    alarm.Scan is { } number ? EntryWords.ScanNumber(number) : "",
                    Markup.Escape(alarm.Reason.Message),
                    alarm.State.ToString().ToLowerInvariant());
            }

            console.Write(table);
            run.Say($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        Print(run, await client.GetAsync<AlarmAnswer>($"alarms/{BeamtimeClient.Part(run.Arguments.GetValue(Id)!)}", cancel));

    private static async Task<ExitCode> RaiseAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        Print(run, await client.PostAsync<AlarmAnswer>(
            "alarms",
            new AlarmRequest
            {
                Severity = run.Arguments.GetValue(Raised),
                Message = run.Arguments.GetValue(Message)!,
                Source = "command line",
                Scan = run.Arguments.GetValue(Scan),
                Device = run.Arguments.GetValue(Device),
            },
            cancel));

    private static async Task<ExitCode> AcknowledgeAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        Print(run, await client.PostAsync<AlarmAnswer>(
            $"alarms/{BeamtimeClient.Part(run.Arguments.GetValue(Id)!)}/acknowledge",
            new AlarmAcknowledgement { Comment = run.Arguments.GetValue(Comment)! },
            cancel));

    private static ExitCode Print(CommandRun run, AlarmAnswer alarm) => run.Print(alarm, _ =>
    {
        run.Say($"{alarm.Severity.ToString().ToLowerInvariant()} alarm {alarm.Id}, {alarm.State.ToString().ToLowerInvariant()}");
        run.Say($"  {alarm.At:u} {alarm.Source}: {alarm.Reason.Message} ({alarm.Reason.Code})");
        run.Say($"  {alarm.Reason.Remedy}");
        foreach (var (name, value) in alarm.Details ?? new Dictionary<string, string>())
        {
            run.Say($"  {name}: {value}");
        }
    });
}
