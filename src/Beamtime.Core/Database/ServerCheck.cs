using System.Globalization;
using System.Security.Authentication;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// Looks whether a server that another program runs can carry the records, before anything is done there: version,
/// encoding, rights of the owner and of the program's login. Every reason at once.
/// </summary>
/// <param name="logins">The logins to look at.</param>
internal sealed class ServerCheck(ServerLogin logins)
{
    /// <summary>The oldest major version whose rules of schemas and roles the migrations rely on.</summary>
    public int OldestMajor { get; init; } = 15;

    private const string AskServer =
        """
        select current_setting('server_version_num')::int, current_setting('server_version'), pg_is_in_recovery(),
               (select pg_encoding_to_char(encoding) from pg_database where datname = current_database()),
               current_user::text,
               coalesce((select pg_get_userbyid(relowner)::text from pg_class where oid = to_regclass('public.migrations')), ''),
               exists (select from pg_roles where rolname = 'beamtime_program'),
               (select rolsuper from pg_roles where rolname = current_user),
               (select rolcreaterole from pg_roles where rolname = current_user),
               (select oid::text from pg_database where datname = current_database()),
               extract(epoch from pg_postmaster_start_time())::text,
               coalesce(has_schema_privilege(to_regnamespace('public'), 'create'), false)
        """;

    private readonly List<Reason> _reasons = [];

    /// <summary>Looks at both logins.</summary>
    /// <exception cref="RefusedException">The server or a login cannot be used; every reason.</exception>
    /// <exception cref="FaultException">The server does not answer, and nothing else is wrong.</exception>
    public async Task RequireAsync(CancellationToken cancel)
    {
        var owner = logins.Owner is null ? null : await AskAsync("DATABASE_URL", ServerLogin.Plain(logins.Owner), cancel);
        var program = logins.HasOwnLogin ? await AskAsync("DATABASE_PROGRAM_URL", ServerLogin.Plain(logins.Program), cancel) : null;
        if (owner is not null)
        {
            CheckServer(owner);
            CheckOwner(owner);
        }

        if (program is not null)
        {
            if (owner is null)
            {
                CheckServer(program);
            }
            else if ((owner.Database, owner.StartedAt) != (program.Database, program.StartedAt))
            {
                _reasons.Add(DatabaseErrors.LoginsDiffer.Because(
                    "DATABASE_URL and DATABASE_PROGRAM_URL lead to different databases"));
            }

            CheckProgram(program);
        }

        if (_reasons.Count > 0)
        {
            throw _reasons.All(r => r.Code == DatabaseErrors.Unreachable.Code)
                ? new FaultException(_reasons[0])
                : new RefusedException(_reasons);
        }
    }

    private void CheckServer(Answer server)
    {
        if (server.Version / 10000 < OldestMajor)
        {
            _reasons.Add(DatabaseErrors.VersionTooOld.Because(
                $"the server is PostgreSQL {server.VersionText}, at least {OldestMajor} is needed"));
        }

        if (server.IsStandby)
        {
            _reasons.Add(DatabaseErrors.ReadOnly.Because("the server is a standby and cannot be written"));
        }

        if (server.Encoding != "UTF8")
        {
            _reasons.Add(DatabaseErrors.EncodingRefused.Because($"the database's encoding is {server.Encoding}, not UTF8"));
        }
    }

    private void CheckOwner(Answer owner)
    {
        if (owner.User == ClusterFolder.Program)
        {
            _reasons.Add(DatabaseErrors.OwnerWrong.Because($"DATABASE_URL logs in as {owner.User}, which must not own tables"));
        }
        else if (owner.TableOwner is { } other && other != owner.User && !owner.IsSuperuser)
        {
            _reasons.Add(DatabaseErrors.OwnerWrong.Because($"the tables belong to {other}, DATABASE_URL logs in as {owner.User}"));
        }

        if (!owner.MayCreate)
        {
            _reasons.Add(DatabaseErrors.RightsMissing.Because(
                $"{owner.User} may not create tables in the schema public",
                $"As a superuser run in that database: GRANT CREATE, USAGE ON SCHEMA public TO \"{owner.User}\"; better, let it own the database."));
        }

        if (!owner.HasProgramRole && !owner.IsSuperuser && !owner.MayCreateRoles)
        {
            _reasons.Add(DatabaseErrors.RoleMissing.Because(
                $"the role beamtime_program does not exist and {owner.User} may not create roles",
                $"As a superuser run: CREATE ROLE beamtime_program; GRANT beamtime_program TO \"{owner.User}\"."));
        }
    }

    private void CheckProgram(Answer program)
    {
        if (!program.HasProgramRole)
        {
            _reasons.Add(DatabaseErrors.RoleMissing.Because(
                "the role beamtime_program does not exist yet",
                $"Run 'beamtime migrate' with DATABASE_URL, then as a superuser: GRANT beamtime_program TO \"{program.User}\"."));
        }
        else if (!program.MayBeProgram)
        {
            _reasons.Add(DatabaseErrors.RoleMissing.Because(
                $"{program.User} is no member of beamtime_program", $"Run: GRANT beamtime_program TO \"{program.User}\"."));
        }

        var powers = new List<string>();
        Add(program.IsSuperuser, "is a superuser");
        Add(program.MayCreateRoles, "may create roles, and so become any");
        Add(program.MayBeTableOwner, $"may act as {program.TableOwner}, the owner of the tables");
        if (powers.Count > 0)
        {
            _reasons.Add(DatabaseErrors.ProgramRights.Because(
                $"{program.User}, the login of DATABASE_PROGRAM_URL, {string.Join(" and ", powers)}"));
        }

        void Add(bool has, string power)
        {
            if (has)
            {
                powers.Add(power);
            }
        }
    }

    private async Task<Answer?> AskAsync(string name, NpgsqlConnectionStringBuilder login, CancellationToken cancel)
    {
        try
        {
            await using var source = new NpgsqlDataSourceBuilder(login.ConnectionString).Build();
            await using var connection = await source.OpenConnectionAsync(cancel);
            Answer answer;
            await using (var ask = new NpgsqlCommand(AskServer, connection))
            {
                await using var reader = await ask.ExecuteReaderAsync(cancel);
                await reader.ReadAsync(cancel);
                answer = new Answer(
                    reader.GetInt32(0),
                    reader.GetString(1),
                    reader.GetBoolean(2),
                    reader.GetString(3),
                    reader.GetString(4),
                    reader.GetString(5) is { Length: > 0 } tableOwner ? tableOwner : null,
                    reader.GetBoolean(6),
                    reader.GetBoolean(7),
                    reader.GetBoolean(8),
                    reader.GetString(9),
                    reader.GetString(10),
                    reader.GetBoolean(11));
            }

            return answer with
            {
                MayBeProgram = answer.HasProgramRole && await MayBeAsync(connection, ClusterFolder.Program, cancel),
                MayBeTableOwner = answer.TableOwner is { } owner && await MayBeAsync(connection, owner, cancel),
            };
        }
        catch (NpgsqlException error)
        {
            _reasons.Add(ReasonOf(name, login, error));
            return null;
        }
    }

    private static async Task<bool> MayBeAsync(NpgsqlConnection connection, string role, CancellationToken cancel)
    {
        await using var ask = new NpgsqlCommand("select pg_has_role(current_user, $1::name, 'member')", connection);
        ask.Parameters.Add(new NpgsqlParameter<string> { TypedValue = role });
        return (bool)(await ask.ExecuteScalarAsync(cancel))!;
    }

    // The provider's messages name users, hosts and databases, never a password.
    private static Reason ReasonOf(string name, NpgsqlConnectionStringBuilder login, NpgsqlException error)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"{name} ({login.Host}, database {login.Database})");
        return error switch
        {
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } =>
                DatabaseErrors.DatabaseMissing.Because($"{where}: {error.Message}"),
            PostgresException { SqlState: "08P01" } refused when refused.MessageText.Contains("startup parameter", StringComparison.Ordinal) =>
                DatabaseErrors.PoolerRefused.Because($"{where}: {refused.MessageText}"),
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } =>
                DatabaseErrors.RightsMissing.Because($"{where}: {error.Message}"),
            PostgresException { SqlState: ['2', '8', ..] } => DatabaseErrors.LoginRefused.Because($"{where}: {error.Message}"),
            { InnerException: AuthenticationException tls } => DatabaseErrors.TlsRefused.Because($"{where}: {tls.Message}"),
            { IsTransient: false, InnerException: null } and not PostgresException =>
                DatabaseErrors.LoginRefused.Because($"{where}: {error.Message}"),
            _ => DatabaseErrors.Unreachable.Because($"{where}: {error.InnerException?.Message ?? error.Message}"),
        };
    }

    private sealed record Answer(
        int Version, string VersionText, bool IsStandby, string Encoding, string User, string? TableOwner,
        bool HasProgramRole, bool IsSuperuser, bool MayCreateRoles, string Database, string StartedAt, bool MayCreate)
    {
        public bool MayBeProgram { get; init; }

        public bool MayBeTableOwner { get; init; }
    }
}
