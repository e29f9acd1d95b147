using System.CommandLine;
using System.Net;
using Beamtime.Core.Access.SignIns;
using Beamtime.Sdk.Errors;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary><c>beamtime login</c>, <c>logout</c> and <c>whoami</c>: who one is to a server.</summary>
internal static class LoginCommand
{
    private static readonly Option<string?> Username = new("--username") { Description = "The name to sign in by; asked for when absent." };
    private static readonly Option<bool> Insecure = new("--insecure")
    {
        Description = "Send the password to another machine without TLS, where everybody on the way can read it.",
    };

    /// <summary><c>beamtime login</c>.</summary>
    public static Command CreateLogin() => CommandRun.OnServer(
        new Command("login", "Sign in to the server; later commands of this account are signed in.")
        {
            Username, PasswordOptions.File, Insecure,
        },
        LoginAsync);

    /// <summary><c>beamtime logout</c>.</summary>
    public static Command CreateLogout() => CommandRun.OnServer(
        new Command("logout", "End the sign-in of this account at the server."), LogoutAsync);

    /// <summary><c>beamtime whoami</c>.</summary>
    public static Command CreateWhoAmI() => CommandRun.OnServer(
        new Command("whoami", "Show who one is to the server, and what one may do."), WhoAmIAsync);

    private static async Task<ExitCode> LoginAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        if (client.Server.Scheme != Uri.UriSchemeHttps && !IsHere(client.Server) && !run.Arguments.GetValue(Insecure))
        {
            throw new RefusedException(CliErrors.Insecure.Because($"{client.Server} is another machine and is not reached over TLS"));
        }

        var username = run.Arguments.GetValue(Username)
            ?? (System.Console.IsInputRedirected
                ? throw new RefusedException(CliErrors.Argument.Because("--username is needed where nobody can be asked"))
                : run.Console.Prompt(new TextPrompt<string>("user")));
        var password = PasswordOptions.Read(run);
        var tokens = await client.PostAsync<SignInTokens>(
            "auth/login", new SignInRequest { Username = username, Password = password, Client = $"beamtime on {Environment.MachineName}" }, cancel);
        client.SignIn.Write(tokens);
        return run.Print(
            new { username = tokens.Username, server = client.Server, refresh_expires_at = tokens.RefreshExpiresAt },
            _ => run.Say($"{tokens.Username} is signed in to {client.Server.GetLeftPart(UriPartial.Authority)}"));
    }

    private static async Task<ExitCode> LogoutAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        if (client.SignIn.Read() is not { } tokens)
        {
            return run.Print(new { signed_out = false }, _ => run.Say("this account was not signed in"));
        }

        await client.PostAsync("auth/logout", new RefreshRequest(tokens.RefreshToken), cancel);
        client.SignIn.Remove();
        return run.Print(new { signed_out = true }, _ => run.Say($"{tokens.Username} is signed out"));
    }

    private static async Task<ExitCode> WhoAmIAsync(CommandRun run, BeamtimeClient client, CancellationToken cancel)
    {
        var me = await client.GetAsync<MeAnswer>("auth/me", cancel);
        return run.Print(me, _ =>
        {
            run.Say($"{me.Username}  {string.Join(", ", me.Roles)}");
            if (me.Scopes is { } scopes)
            {
                run.Say($"narrowed to {string.Join(", ", scopes)}");
            }

            run.Say(string.Join(' ', me.Permissions));
        });
    }

    private static bool IsHere(Uri server) =>
        server.Host == "localhost" || (IPAddress.TryParse(server.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
