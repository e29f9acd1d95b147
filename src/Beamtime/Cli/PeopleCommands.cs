using System.CommandLine;
using Beamtime.Core.Ledger;
using Beamtime.Roles;

namespace Beamtime.Cli;

/// <summary><c>beamtime people</c>: the names behind the ledger's entries, and forgetting them.</summary>
internal static class PeopleCommands
{
    private static readonly Argument<string> Id = new("id") { Description = "Id of the person." };
    private static readonly Option<string> Reason = new("--reason")
    {
        Description = "Why; it stays in the ledger, so that it must name nobody.",
        Required = true,
    };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("people", "Look at the people behind the entries, and forget them.")
    {
        CommandRun.OnServer(new Command("ls", "List those who have names."), ListAsync),
        CommandRun.OnServer(new Command("show", "Show a person, and how much the ledger holds of it.") { Id }, ShowAsync),
        CommandRun.OnServer(
            new Command("forget", "Erase a person's name and account for good; what was done stays, by nobody.") { Id, Reason }, ForgetAsync),
    };

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var page = await client.GetAsync<PersonPage>($"people?limit={TimelineQuery.LongestPage}", cancel);
        return run.Print(page, _ =>
        {
            foreach (var person in page.Items)
            {
                run.Say($"{person.Id}  {person.Name}");
            }

            run.Say($"{page.Items.Count} of {page.Total}");
        });
    }

    private static async Task<ExitCode> ShowAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        Print(run, await client.GetAsync<PersonView>($"people/{BeamtimeClient.Part(run.Arguments.GetValue(Id)!)}", cancel));

    private static async Task<ExitCode> ForgetAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel) =>
        Print(run, await client.PostAsync<PersonView>(
            $"people/{BeamtimeClient.Part(run.Arguments.GetValue(Id)!)}/forget",
            new ForgetRequest(run.Arguments.GetValue(Reason)!),
            cancel));

    private static ExitCode Print(CommandRun run, PersonView view) => run.Print(view, _ =>
    {
        run.Say($"{view.Person.Id}  {view.Person.Name}");
        run.Say(view.Entries == 0
            ? "no entries"
            : $"{view.Entries} entries from {view.FirstAt:u} to {view.LastAt:u}; 'beamtime ledger export FILE --who {view.Person.Id}' writes them");
    });
}
