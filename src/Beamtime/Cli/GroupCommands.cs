using System.CommandLine;
using Beamtime.Control.Scans.Groups;
using Beamtime.Control.Scans.Metadata;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime group</c>: whole scans that belong together and share a dataset number.</summary>
internal static class GroupCommands
{
    private static readonly Argument<string> Name = new("name") { Description = "Name of the group: letters, digits, _ and -." };
    private static readonly Argument<string?> AnyName = new("name")
    {
        Description = "Name of the group; the innermost context by default.", Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string[]> Values = new("values")
    {
        Description = "key=value, metadata of its scans.", Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Argument<string> Group = new("group") { Description = "Name or id of the group." };
    private static readonly Option<double?> Hours = new("--hours") { Description = "After how many hours it ends by itself." };
    private static readonly Option<bool> Beamline = new("--beamline") { Description = "For all scans at the beamline, whoever asks for them." };
    private static readonly Option<string?> Account = new("--account") { Description = "For all scans on that account, whoever asks for them." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("group", "Have whole scans belong together, under one dataset number.")
    {
        CommandRun.OnServer(
            new Command("open", "Open a group: the scans asked for until it is closed belong to it.") { Name, Values, Hours, Beamline, Account },
            OpenAsync),
        CommandRun.OnServer(new Command("close", "Close a group, and the contexts inside it.") { AnyName, Beamline, Account }, CloseAsync),
        CommandRun.OnServer(new Command("ls", "List the groups, newest first."), ListAsync),
        CommandRun.OnServer(new Command("show", "Show a group's scans.") { Group }, ShowAsync),
    };

    private static MetadataChange ChangeOf(CommandRun run) => new()
    {
        Scope = run.Arguments.GetValue(Beamline) ? MetadataScope.Beamline
            : run.Arguments.GetValue(Account) is null ? MetadataScope.Person : MetadataScope.Account,
        Account = run.Arguments.GetValue(Account),
    };

    private static async Task<ExitCode> OpenAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        List<Reason> reasons = [];
        var values = KeyValues.Read("", run.Arguments.GetValue(Values) ?? [], reasons);
        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var name = run.Arguments.GetValue(Name)!;
        var answer = await client.PostAsync<MetadataAnswer>(
            "scan-metadata/enter",
            ChangeOf(run) with
            {
                Context = name,
                Values = values,
                IsGroup = true,
                Until = run.Arguments.GetValue(Hours) is { } hours ? TimeProvider.System.GetUtcNow().AddHours(hours) : null,
            },
            cancel);
        return run.Print(answer, console => console.WriteLine($"{name} is open: the scans to come belong to it"));
    }

    private static async Task<ExitCode> CloseAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var answer = await client.PostAsync<MetadataAnswer>(
            "scan-metadata/leave", ChangeOf(run) with { Context = run.Arguments.GetValue(AnyName) ?? "" }, cancel);
        return run.Print(answer, console => console.WriteLine("closed"));
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var groups = await client.GetAsync<ScanGroupSummary[]>("scan-groups", cancel);
        return run.Print(groups, console =>
        {
            var table = new Table().AddColumns("group", "dataset", "scans", "since", "id").SimpleBorder();
            foreach (var group in groups)
            {
                table.AddRow(Markup.Escape(group.Name), $"{group.Dataset}", $"{group.Scans}", $"{group.OpenedAt:u}", $"{group.Id}");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var answer = await client.GetAsync<ScanGroupAnswer>($"scan-groups/{BeamtimeClient.Part(run.Arguments.GetValue(Group)!)}", cancel);
        return run.Print(answer, console =>
        {
            console.WriteLine($"{answer.Group.Name}  dataset {answer.Group.Dataset}  {answer.Group.Scans} scans  {answer.Group.Id}");
            console.Write(ScanTable.Of(answer.Scans));
        });
    }
}
