using System.CommandLine;
using Beamtime.Control.Scans.Metadata;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime metadata</c>: what goes with every scan to come.</summary>
internal static class MetadataCommands
{
    private static readonly Argument<string[]> Values = new("values")
    {
        Description = "key=value; an empty value hides what an outer context says.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Argument<string[]> Keys = new("keys") { Description = "Keys that go.", Arity = ArgumentArity.OneOrMore };
    private static readonly Argument<string> Name = new("name") { Description = "Name of the context: letters, digits, _ and -." };
    private static readonly Argument<string?> AnyName = new("name")
    {
        Description = "Name of the context; the innermost one by default.", Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string?> Scan = new("scan")
    {
        Description = "Name of a scan, for its fields alone.", Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Account = new("--account") { Description = "For all scans on that account, whoever asks for them." };
    private static readonly Option<bool> Beamline = new("--beamline") { Description = "For all scans at the beamline, whoever asks for them." };
    private static readonly Option<string> Context = new("--context")
    {
        Description = "The context to set in; the outermost one by default.", DefaultValueFactory = _ => "",
    };

    private static readonly Option<double?> Hours = new("--hours") { Description = "After how many hours it ends by itself." };
    private static readonly Option<string> Reason = new("--reason") { Description = "Why, for the timeline.", DefaultValueFactory = _ => "" };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("metadata", "Say what goes with every scan to come.")
    {
        CommandRun.OnServer(new Command("show", "Show what goes with the next scan, and from which contexts.") { Account }, ShowAsync),
        CommandRun.OnServer(
            new Command("set", "Set metadata for the scans to come.") { Values, Context, Account, Beamline, Reason },
            (run, client, cancel) => ChangeAsync("set", run, client, ChangeOf(run) with
            {
                Context = run.Arguments.GetValue(Context)!, Values = ValuesOf(run),
            }, cancel)),
        CommandRun.OnServer(
            new Command("unset", "Take metadata away.") { Keys, Context, Account, Beamline, Reason },
            (run, client, cancel) => ChangeAsync("set", run, client, ChangeOf(run) with
            {
                Context = run.Arguments.GetValue(Context)!, Removed = run.Arguments.GetValue(Keys)!,
            }, cancel)),
        CommandRun.OnServer(
            new Command("enter", "Enter a context, inside those that stand.") { Name, Values, Hours, Account, Beamline, Reason },
            (run, client, cancel) => ChangeAsync("enter", run, client, ChangeOf(run) with
            {
                Context = run.Arguments.GetValue(Name)!,
                Values = ValuesOf(run),
                Until = run.Arguments.GetValue(Hours) is { } hours ? TimeProvider.System.GetUtcNow().AddHours(hours) : null,
            }, cancel)),
        CommandRun.OnServer(
            new Command("leave", "Leave a context, and those inside it.") { AnyName, Account, Beamline, Reason },
            (run, client, cancel) => ChangeAsync("leave", run, client, ChangeOf(run) with
            {
                Context = run.Arguments.GetValue(AnyName) ?? "",
            }, cancel)),
        CommandRun.OnServer(new Command("fields", "List the fields that the facility declares.") { Scan }, FieldsAsync),
    };

    private static MetadataChange ChangeOf(CommandRun run)
    {
        var account = run.Arguments.GetValue(Account);
        var isBeamline = run.Arguments.GetValue(Beamline);
        return account is not null && isBeamline
            ? throw new RefusedException(CliErrors.Argument.Because("--account and --beamline exclude each other"))
            : new MetadataChange
            {
                Scope = isBeamline ? MetadataScope.Beamline : account is null ? MetadataScope.Person : MetadataScope.Account,
                Account = account,
                Reason = run.Arguments.GetValue(Reason)!,
            };
    }

    private static Dictionary<string, string> ValuesOf(CommandRun run)
    {
        List<Reason> reasons = [];
        var values = KeyValues.Read("", run.Arguments.GetValue(Values)!, reasons);
        return reasons.Count > 0 ? throw new RefusedException(reasons) : values;
    }

    private static async Task<ExitCode> ChangeAsync(
        string verb, CommandRun run, BeamtimeClient client, MetadataChange change, CancellationToken cancel) =>
        Print(run, await client.PostAsync<MetadataAnswer>($"scan-metadata/{verb}", change, cancel));

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) => Print(
        run,
        await client.GetAsync<MetadataAnswer>(
            run.Arguments.GetValue(Account) is { } account ? $"scan-metadata?account={Uri.EscapeDataString(account)}" : "scan-metadata", cancel));

    private static ExitCode Print(CommandRun run, MetadataAnswer answer) => run.Print(answer, console =>
    {
        var table = new Table().AddColumns("for", "context", "key", "value", "since", "until").SimpleBorder();
        foreach (var context in answer.Contexts)
        {
            foreach (var (key, value) in context.Values.OrderBy(v => v.Key, StringComparer.Ordinal))
            {
                var isHidden = value.Length == 0 || answer.Values.GetValueOrDefault(key) != value;
                table.AddRow(
                    context.Scope switch
                    {
                        MetadataScope.Beamline => "everybody",
                        MetadataScope.Account => Markup.Escape($"account {context.Account}"),
                        _ => "me",
                    },
                    Markup.Escape(context.Name),
                    Markup.Escape(key),
                    isHidden ? $"[dim]{Markup.Escape(value.Length == 0 ? "(hidden)" : value)}[/]" : Markup.Escape(value),
                    $"{context.ChangedAt:u}",
                    context.Until is { } until ? $"{until:u}" : "");
            }
        }

        console.Write(table);
        console.WriteLine(answer.Values.Count == 0
            ? "nothing goes with the next scan"
            : $"with the next scan: {string.Join(", ", answer.Values.Select(v => $"{v.Key}={v.Value}"))}");
    });

    private static async Task<ExitCode> FieldsAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var fields = await client.GetAsync<MetadataFieldAnswer[]>(
            run.Arguments.GetValue(Scan) is { } scan ? $"scan-metadata/fields?scan={Uri.EscapeDataString(scan)}" : "scan-metadata/fields", cancel);
        return run.Print(fields, console =>
        {
            var table = new Table().AddColumns("key", "type", "needed", "scans", "allowed", "what for").SimpleBorder();
            foreach (var (key, field) in fields.Select(f => (f.Key, f.Field)))
            {
                string[] allowed =
                [
                    .. field.Choices,
                    .. field.Pattern.Length > 0 ? [field.Pattern] : (string[])[],
                    .. field.Low is null && field.High is null ? (string[])[] : [FormattableString.Invariant($"{field.Low} to {field.High}")],
                    .. field.Unit.Length > 0 ? [$"in {field.Unit}"] : (string[])[],
                ];
                table.AddRow(
                    Markup.Escape(key),
                    field.Type.ToString().ToLowerInvariant(),
                    field.Required ? "yes" : "",
                    Markup.Escape(field.Scans.Count == 0 ? "all" : string.Join(", ", field.Scans)),
                    Markup.Escape(string.Join(", ", allowed)),
                    Markup.Escape(field.Text));
            }

            console.Write(table);
        });
    }
}
