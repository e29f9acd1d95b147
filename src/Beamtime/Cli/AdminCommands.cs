using System.CommandLine;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Access.SignIns;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Roles;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>
/// <c>beamtime admin</c>: users and the master key, on the database itself, beside a program that runs or without one. Who
/// may open the database may do this; over REST administrators do the same.
/// </summary>
internal static class AdminCommands
{
    private static readonly LaunchOptions Options = new();
    private static readonly Option<string> Username = new("--username") { Description = "The name to sign in by.", Required = true };
    private static readonly Option<string?> Email = new("--email") { Description = "Where mail to the user goes." };
    private static readonly Option<string?> Name = new("--name") { Description = "The person's name; by default the name to sign in by." };
    private static readonly Option<string[]> NewRoles = new("--role")
    {
        Description = "viewer, scientist, operator, data_steward or administrator; may be repeated. By default administrator.",
        DefaultValueFactory = _ => [UserRole.Administrator.Name],
    };

    private static readonly Argument<string> User = new("username") { Description = "The name to sign in by." };
    private static readonly Argument<string[]> SetRoles = new("roles") { Description = "The roles from now on.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string?> NewFile = new("--new-secret-file")
    {
        Description = "File of the new master key; needed where the program does not keep the key itself.",
    };

    private static readonly Option<bool> Abandon = new("--abandon")
    {
        Description = "The present key is lost: drop what it sealed. Everybody signs in again, and stored secrets must be stored anew.",
    };

    /// <summary>The command with its verbs.</summary>
    public static Command Create() => new("admin", "Look after users and the master key, on the database itself.")
    {
        Local(
            new Command("create-user", "Make a user.") { Username, PasswordOptions.Password, PasswordOptions.File, Email, Name, NewRoles },
            CreateAsync),
        Local(new Command("ls", "List the users."), ListAsync),
        Local(new Command("disable", "Keep a user out, at once.") { User }, (run, room, cancel) => SetDisabledAsync(run, room, isDisabled: true, cancel)),
        Local(new Command("enable", "Let a user in again.") { User }, (run, room, cancel) => SetDisabledAsync(run, room, isDisabled: false, cancel)),
        Local(
            new Command("set-password", "Set a user's password and end its sign-ins.") { User, PasswordOptions.Password, PasswordOptions.File },
            SetPasswordAsync),
        Local(new Command("set-role", "Set a user's roles.") { User, SetRoles }, SetRolesAsync),
        Local(new Command("rotate-key", "Seal everything secret with another master key.") { NewFile, Abandon }, RotateAsync),
    };

    private static Command Local(Command command, Func<CommandRun, Room, CancellationToken, Task<ExitCode>> work) => CommandRun.On(
        Options.On(command),
        async (run, cancel) =>
        {
            var launch = Options.Read(run);
            await using var database = await BeamtimeDatabase.OpenBesideAsync(
                launch.Database, launch.Time, NullLoggerFactory.Instance, cancel);
            await database.MigrateAsync(BeamtimeHost.Migrations, cancel);
            var access = launch.Settings.Get<AccessOptions>();
            using var hashes = new PasswordHashes(access);
            LedgerStore ledger = new(database, launch.Time);
            UserRegister register = new(database, ledger, hashes, new CallerDirectory(database, launch.Time), launch.Time);
            return await work(run, new Room(database, ledger, register, access, launch.Time), cancel);
        });

    private static async Task<ExitCode> CreateAsync(CommandRun run, Room room, CancellationToken cancel)
    {
        var user = await room.Register.CreateAsync(
            new NewUser
            {
                Username = run.Arguments.GetValue(Username)!,
                Password = PasswordOptions.Read(run),
                Email = run.Arguments.GetValue(Email),
                Name = run.Arguments.GetValue(Name),
                Roles = run.Arguments.GetValue(NewRoles) ?? [],
            },
            room.Why("user made"),
            cancel);
        return run.Print(UserAnswer.Of(user), _ => run.Say($"{user.Username} is made: {RolesOf(user)}"));
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, Room room, CancellationToken cancel)
    {
        var users = await new UserStore(room.Database).ListAsync(cancel);
        return run.Print(users.Select(UserAnswer.Of).ToArray(), console =>
        {
            var table = new Table().AddColumns("user", "name", "email", "roles", "signs in by", "made").SimpleBorder();
            foreach (var user in users)
            {
                table.AddRow(
                    user.Username,
                    Markup.Escape(user.Name),
                    Markup.Escape(user.Email ?? ""),
                    RolesOf(user),
                    user.IsDisabled ? "disabled" : user.Password is null ? "no password" : "password",
                    $"{user.CreatedAt:u}");
            }

            console.Write(table);
        });
    }

    private static async Task<ExitCode> SetDisabledAsync(CommandRun run, Room room, bool isDisabled, CancellationToken cancel)
    {
        var user = await room.Register.SetDisabledAsync(
            run.Arguments.GetValue(User)!, isDisabled, room.Why(isDisabled ? "user disabled" : "user enabled"), cancel);
        return run.Print(UserAnswer.Of(user), _ => run.Say($"{user.Username} is {(user.IsDisabled ? "disabled" : "enabled")}"));
    }

    private static async Task<ExitCode> SetPasswordAsync(CommandRun run, Room room, CancellationToken cancel)
    {
        var user = await room.Register.SetPasswordAsync(
            run.Arguments.GetValue(User)!, PasswordOptions.Read(run), room.Why("password set"), cancel);
        return run.Print(UserAnswer.Of(user), _ => run.Say($"{user.Username} has another password; its sign-ins ended"));
    }

    private static async Task<ExitCode> SetRolesAsync(CommandRun run, Room room, CancellationToken cancel)
    {
        var user = await room.Register.SetRolesAsync(
            run.Arguments.GetValue(User)!, run.Arguments.GetValue(SetRoles)!, room.Why("roles set"), cancel);
        return run.Print(UserAnswer.Of(user), _ => run.Say($"{user.Username}: {RolesOf(user)}"));
    }

    private static async Task<ExitCode> RotateAsync(CommandRun run, Room room, CancellationToken cancel)
    {
        MasterKeySource source = new(room.Access, room.Database, room.Time);
        var isAbandoned = run.Arguments.GetValue(Abandon);
        var file = run.Arguments.GetValue(NewFile) is { } given ? Path.GetFullPath(given) : null;
        var own = file is null && source.Given() is null ? source.OwnFile : null;
        if (file is null && own is null && !isAbandoned)
        {
            throw new RefusedException(CliErrors.Argument.Because(
                "--new-secret-file is needed: the master key comes from the settings, and the program cannot change it there"));
        }

        var present = isAbandoned ? null : await source.OpenAsync(cancel);
        var next = file is not null ? MasterKeySource.ReadFile(file) : own is not null ? own.Prepare() : source.Given()!;
        MasterKeyRotation rotation = new(room.Database, room.Ledger, room.Time);
        var count = await rotation.RotateAsync(
            present, next, room.Why(isAbandoned ? "the master key was lost" : "the master key was changed"), cancel);
        own?.Commit();
        if (file is not null)
        {
            source.OwnFile?.Remove();
        }

        return run.Print(new { master_key = next.Id, values = count, is_abandoned = isAbandoned }, _ =>
        {
            run.Say(isAbandoned ? $"{count} sealed values were dropped" : $"{count} values are sealed with the master key {next.Id}");
            run.Say(file is null ? "Start running programs again." : $"Set BEAMTIME_SECRET_FILE={file} and start running programs again.");
        });
    }

    private static string RolesOf(User user) => string.Join(", ", user.Roles.Select(r => r.Name));

    private sealed record Room(
        BeamtimeDatabase Database, LedgerStore Ledger, UserRegister Register, AccessOptions Access, TimeProvider Time)
    {
        public Why Why(string reason) =>
            new(PersonId.LocalOperator, reason, $"admin-{Guid.CreateVersion7(Time.GetUtcNow()):N}");
    }
}
