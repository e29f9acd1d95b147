using System.CommandLine;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Settings;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime key</c>: keys by which programs come in without a password.</summary>
internal static class KeyCommands
{
    private static readonly Argument<string> Name = new("name") { Description = "What the key is for." };
    private static readonly Argument<string> Id = new("id") { Description = "The key's public id." };
    private static readonly Option<string[]> Scope = new("--scope")
    {
        Description = "A permission that the key has, or scans.* for all of a domain; may be repeated. By default all of yours.",
        DefaultValueFactory = _ => [],
    };

    private static readonly Option<string?> Expires = new("--expires") { Description = "How long it counts, such as 30 d; by default for ever." };
    private static readonly Option<string?> User = new("--user") { Description = "Another user's keys; for administrators." };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("key", "Make, list and revoke keys for programs.")
    {
        CommandRun.OnServer(new Command("create", "Make a key; it is shown this once.") { Name, Scope, Expires }, CreateAsync),
        CommandRun.OnServer(new Command("ls", "List the keys, newest first.") { User }, ListAsync),
        CommandRun.OnServer(new Command("revoke", "Revoke a key at once.") { Id, User }, RevokeAsync),
    };

    private static async Task<ExitCode> CreateAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        DateTimeOffset? end = null;
        if (run.Arguments.GetValue(Expires) is { } text)
        {
            end = Duration.TryParse(text, out var life) && life > TimeSpan.Zero
                ? TimeProvider.System.GetUtcNow() + life
                : throw new RefusedException(CliErrors.Argument.Because($"'{text}' is no duration such as 30 d"));
        }

        var scopes = run.Arguments.GetValue(Scope) is { Length: > 0 } given ? given : null;
        var made = await client.PostAsync<NewKeyAnswer>("keys", new NewKeyRequest(run.Arguments.GetValue(Name)!, scopes, end), cancel);
        return run.Print(made, _ =>
        {
            run.Say(made.Text);
            run.Say($"key {made.Key.Id}; it is not shown again");
        });
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var keys = await client.GetAsync<KeyAnswer[]>($"{Of(run)}keys", cancel);
        return run.Print(keys, console =>
        {
            var table = new Table().AddColumns("id", "name", "scopes", "made", "ends", "used").SimpleBorder();
            foreach (var key in keys)
            {
                table.AddRow(
                    key.Id,
                    Markup.Escape(key.Name),
                    Markup.Escape(key.Scopes is null ? "all" : string.Join(' ', key.Scopes)),
                    $"{key.CreatedAt:u}",
                    key.RevokedAt is { } revoked ? $"revoked {revoked:u}" : key.ExpiresAt is { } ends ? $"{ends:u}" : "never",
                    key.UsedAt is { } used ? $"{used:u}" : "never");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> RevokeAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var id = run.Arguments.GetValue(Id)!;
        await client.PostAsync($"{Of(run)}keys/{BeamtimeClient.Part(id)}/revoke", new { }, cancel);
        return run.Print(new { revoked = id }, _ => run.Say($"key {id} is revoked"));
    }

    private static string Of(CommandRun run) =>
        run.Arguments.GetValue(User) is { } user ? $"users/{BeamtimeClient.Part(user)}/" : "";
}
