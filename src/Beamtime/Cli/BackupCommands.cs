using System.CommandLine;
using System.Globalization;
using Beamtime.Core.Access.Secrets;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Roles;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Cli;

/// <summary><c>beamtime backup</c> and <c>beamtime restore</c>: the database kept elsewhere, proved, and brought back. Work locally.</summary>
internal static class BackupCommands
{
    private static readonly LaunchOptions MakeOptions = new();
    private static readonly LaunchOptions RestoreOptions = new();
    private static readonly Argument<string> Place = new("place")
    {
        Description = "A folder of backups, in which this one gets a name of its own; or the backup's own path, where nothing is yet.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string> Backup = new("backup") { Description = "The backup's folder." };
    private static readonly Option<int?> Keep = new("--keep")
    {
        Description = "Remove all but so many of the newest backups of the folder, once this one is whole.",
        Validators =
        {
            option =>
            {
                if (option.GetValueOrDefault<int?>() < 1)
                {
                    option.AddError("--keep is at least 1.");
                }
            },
        },
    };

    private static readonly Option<string?> Scratch = new("--scratch") { Description = "A folder for the cluster that it is restored into; by default the system's temporary one." };
    private static readonly Option<string?> Replace = new("--replace") { Description = "The database whose place it takes; the former one is kept under another name." };
    private static readonly Option<string?> SecretFile = new("--secret-file") { Description = "The file of the master key that was in use when the backup was made." };
    private static readonly Option<bool> WithoutSecrets = new("--without-secrets") { Description = "Remove stored secrets and sign-ins, where the master key is lost." };

    /// <summary>The command that makes and proves backups.</summary>
    public static Command CreateBackup()
    {
        var backup = CommandRun.On(
            MakeOptions.On(new Command("backup", "Make a backup of the database, also beside a running program.") { Place, Keep }), MakeAsync);
        backup.Subcommands.Add(CommandRun.On(
            new Command("verify", "Prove a backup: restore it aside, compare every table, fold every stream anew.") { Backup, Scratch },
            VerifyAsync));
        return backup;
    }

    /// <summary>The command that brings a backup back.</summary>
    public static Command CreateRestore() => CommandRun.On(
        RestoreOptions.On(new Command("restore", "Bring a backup back. The program must not run.")
        {
            Backup, Replace, SecretFile, WithoutSecrets,
        }),
        RestoreAsync);

    private static async Task<ExitCode> MakeAsync(CommandRun run, CancellationToken cancel)
    {
        var place = run.Arguments.GetValue(Place)
            ?? throw new Sdk.Errors.RefusedException(CliErrors.Argument.Because("name a folder for the backup, or 'verify'"));
        var keep = run.Arguments.GetValue(Keep);
        var isMany = place.EndsWith(Path.DirectorySeparatorChar) || Directory.Exists(place);
        if (keep is not null && !isMany)
        {
            throw new Sdk.Errors.RefusedException(CliErrors.Argument.Because($"--keep needs a folder of backups; {place} is none"));
        }

        var launch = MakeOptions.Read(run);
        await using var database = await BeamtimeDatabase.OpenBesideAsync(
            launch.Database, launch.Time, NullLoggerFactory.Instance, cancel);
        var owner = OwnerLogin.Of(launch.Database);
        var made = await new DatabaseBackup(owner, StatusApi.Version, launch.Time).MakeAsync(place, cancel);
        var isNoted = await BackupBook.NoteAsync(owner, made, cancel);
        var removed = keep is { } number ? BackupFolder.Prune(Path.GetDirectoryName(made.Path)!, number) : [];
        return run.Print(
            new { made.Path, made.Manifest.MadeAt, made.Manifest.DumpBytes, Rows = made.Manifest.Tables.Sum(table => table.Rows), Removed = removed },
            console =>
            {
                run.Say($"{made.Path}: {made.Manifest.Tables.Count} tables, {made.Manifest.Tables.Sum(table => table.Rows)} rows, {EntryWords.Size(made.Manifest.DumpBytes)}");
                if (!isNoted)
                {
                    run.Say("the database does not note it before its migrations are applied; the doctor will not know of it");
                }

                run.Say("the master key is not in it: keep a copy of its file elsewhere");
                foreach (var old in removed)
                {
                    run.Say($"removed {old}");
                }
            });
    }

    private static async Task<ExitCode> VerifyAsync(CommandRun run, CancellationToken cancel)
    {
        var report = await new BackupDrill(TimeProvider.System).RunAsync(
            run.Arguments.GetValue(Backup)!, run.Arguments.GetValue(Scratch), cancel);
        return run.Print(report, _ => run.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"proved: {report.Tables} tables with {report.Rows} rows are as they were at {report.MadeAt:u}, {report.Streams} streams fold to their records; {report.Seconds:0.0} s")));
    }

    private static async Task<ExitCode> RestoreAsync(CommandRun run, CancellationToken cancel)
    {
        var launch = RestoreOptions.Read(run);
        var report = await new DatabaseRestore(launch.Database, BeamtimeHost.Migrations, launch.Time, NullLoggerFactory.Instance).RunAsync(
            BackupFolder.Open(run.Arguments.GetValue(Backup)!),
            new RestoreChoice
            {
                Replace = run.Arguments.GetValue(Replace),
                SecretFile = run.Arguments.GetValue(SecretFile),
                KeyId = run.Arguments.GetValue(SecretFile) is { } file ? MasterKeySource.ReadFile(file).Id : null,
                IsWithoutSecrets = run.Arguments.GetValue(WithoutSecrets),
            },
            cancel);
        return run.Print(report, _ =>
        {
            run.Say($"database {report.Database} holds the backup: {report.Rows} rows compared, {report.Migrations} migrations applied, epoch {report.Epoch}");
            if (report.Former is not null)
            {
                run.Say($"the former one is kept as {report.Former}; 'beamtime database discard {report.Former}' removes it");
            }

            run.Say(report.KeyFile is null
                ? "the master key was not put anywhere; set BEAMTIME_SECRET_FILE where it is needed"
                : $"the master key lies in {report.KeyFile}");
        });
    }
}
