using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>The logins of a server that another program runs.</summary>
/// <param name="Owner">Owns the tables; null where this process may not be the owner.</param>
/// <param name="Program">What the program works as.</param>
/// <param name="HasOwnLogin">True where the program has a login of its own, so that it cannot become the owner.</param>
internal sealed record ServerLogin(
    NpgsqlConnectionStringBuilder? Owner, NpgsqlConnectionStringBuilder Program, bool HasOwnLogin)
{
    /// <summary>Reads the addresses that the options hold.</summary>
    /// <param name="options">At least one of the two addresses is set.</param>
    /// <exception cref="Sdk.Errors.RefusedException">One cannot be read; every reason.</exception>
    public static ServerLogin Of(DatabaseOptions options)
    {
        var owner = options.Url is { Length: > 0 } url ? Prepare(DatabaseUrl.Parse(url)) : null;
        var own = options.ProgramUrl is { Length: > 0 } program ? Prepare(DatabaseUrl.Parse(program)) : null;
        var work = new NpgsqlConnectionStringBuilder((own ?? owner)!.ConnectionString);
        work.Options = $"{work.Options} -c role={ClusterFolder.Program}".Trim();
        return new ServerLogin(owner, work, own is not null);
    }

    /// <summary>The same login without the role that the program takes.</summary>
    public static NpgsqlConnectionStringBuilder Plain(NpgsqlConnectionStringBuilder login) => new(login.ConnectionString)
    {
        Options = login.Options?.Replace($"-c role={ClusterFolder.Program}", "", StringComparison.Ordinal).Trim(),
        Pooling = false,
    };

    // Tables lie in one schema, whatever schemas the server's users have. Of several hosts the one that writes counts.
    private static NpgsqlConnectionStringBuilder Prepare(NpgsqlConnectionStringBuilder login)
    {
        login.Options = $"{login.Options} -c search_path=public".Trim();
        if (login.Host!.Contains(',', StringComparison.Ordinal) && login.TargetSessionAttributes is null)
        {
            login.TargetSessionAttributes = "read-write";
        }

        return login;
    }
}
