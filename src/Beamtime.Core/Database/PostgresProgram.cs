using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// Runs PostgreSQL's own programs on a database. Passwords go through the environment of the program alone, never through
/// its arguments.
/// </summary>
/// <param name="folder">Folder of the programs.</param>
/// <param name="login">The database and its owner's login.</param>
internal sealed class PostgresProgram(string folder, NpgsqlConnectionStringBuilder login)
{
    private const int KeptErrors = 2000;

    /// <summary>The programs that suit a server: of its own version, else of the next newer one.</summary>
    /// <param name="server">The server's major version.</param>
    /// <param name="login">The database and its owner's login.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException"><c>backup.tools.missing</c>.</exception>
    public static async Task<PostgresProgram> ForAsync(
        int server, NpgsqlConnectionStringBuilder login, CancellationToken cancel)
    {
        var found = (await PostgresBinaries.FindAsync(cancel))
            .Where(binaries => File.Exists(Path.Combine(binaries.Folder, "pg_dump"))
                && File.Exists(Path.Combine(binaries.Folder, "pg_restore")))
            .ToArray();
        var suitable = found.Where(binaries => binaries.Major >= server).MinBy(binaries => binaries.Major)
            ?? throw new RefusedException(BackupErrors.ToolsMissing.Because(found.Length == 0
                ? "pg_dump and pg_restore were not found"
                : $"the server is PostgreSQL {server}, installed are the programs of {string.Join(", ", found.Select(b => b.Major))}"));
        return new PostgresProgram(suitable.Folder, login);
    }

    /// <summary>The same programs on another database of the server.</summary>
    /// <param name="other">That database and its owner's login.</param>
    public PostgresProgram On(NpgsqlConnectionStringBuilder other) => new(folder, other);

    /// <summary>Runs a program to its end; what it printed.</summary>
    /// <param name="name">Its name: <c>pg_dump</c>.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="FaultException">It failed, or the disk is full.</exception>
    public async Task<string> RunAsync(string name, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("setpriv", ["--pdeathsig=TERM", "--", Path.Combine(folder, name), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var variable in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToArray())
        {
            start.Environment.Remove(variable);
        }

        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach (var (variable, value) in Variables())
        {
            start.Environment[variable] = value;
        }

        try
        {
            using var process = Process.Start(start)!;
            return await FinishAsync(name, process, cancel);
        }
        catch (Win32Exception error)
        {
            throw BackupErrors.Failed.Fault($"{name} cannot be started: {error.Message}", error);
        }
    }

    private static async Task<string> FinishAsync(string name, Process process, CancellationToken cancel)
    {
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            var said = (await errors).Trim();
            said = said.Length <= KeptErrors ? said : said[..KeptErrors];
            return process.ExitCode == 0
                ? output
                : throw (said.Contains("No space left on device", StringComparison.Ordinal) ? BackupErrors.DiskFull : BackupErrors.Failed)
                    .Fault($"{name} ended with {process.ExitCode}: {said.ReplaceLineEndings(" / ")}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    private IEnumerable<(string Name, string Value)> Variables()
    {
        (string, string?)[] variables =
        [
            ("PGHOST", login.Host),
            ("PGPORT", login.Port.ToString(CultureInfo.InvariantCulture)),
            ("PGUSER", login.Username),
            ("PGPASSWORD", login.Password),
            ("PGDATABASE", login.Database),
            ("PGSSLMODE", login.SslMode switch
            {
                SslMode.VerifyCA => "verify-ca",
                SslMode.VerifyFull => "verify-full",
                var mode => mode.ToString().ToLowerInvariant(),
            }),
            ("PGSSLROOTCERT", login.RootCertificate),
            ("PGSSLCERT", login.SslCertificate),
            ("PGSSLKEY", login.SslKey),
            ("PGCONNECT_TIMEOUT", "15"),
            ("PGAPPNAME", "beamtime backup"),
        ];
        return variables.Where(variable => !string.IsNullOrEmpty(variable.Item2)).Select(variable => (variable.Item1, variable.Item2!));
    }
}
