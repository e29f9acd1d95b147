using System.Globalization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>Where Redis is and who we are there.</summary>
internal sealed record RedisEndpoint
{
    private const int UsualPort = 6379;

    /// <summary>Host's name or address; null for a Unix socket.</summary>
    public string? Host { get; init; }

    /// <summary>Its port.</summary>
    public int Port { get; init; } = UsualPort;

    /// <summary>The Unix socket; null for a host.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Whether TLS is spoken.</summary>
    public bool IsEncrypted { get; init; }

    /// <summary>The user; null for Redis' default user.</summary>
    public string? User { get; init; }

    /// <summary>The password; null for none.</summary>
    public string? Password { get; init; }

    /// <summary>The number of the database.</summary>
    public int Database { get; init; }

    /// <summary>Reads an address.</summary>
    /// <param name="url"><c>redis://user:password@host:port/database</c>, <c>rediss://…</c>, <c>unix://user:password@/path?db=0</c>.</param>
    /// <exception cref="RefusedException"><c>redis.url</c>; never repeats the password.</exception>
    public static RedisEndpoint Parse(string url)
    {
        url = url.Trim();
        var colon = url.IndexOf("://", StringComparison.Ordinal);
        var scheme = colon < 0 ? "" : url[..colon].ToLowerInvariant();
        if (scheme is not ("redis" or "rediss" or "unix"))
        {
            throw Refuse("it begins with none of redis://, rediss://, unix://");
        }

        var rest = url[(colon + 3)..];
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            throw Refuse("a # must be written as %23");
        }

        var question = rest.IndexOf('?', StringComparison.Ordinal);
        var query = question < 0 ? "" : rest[(question + 1)..];
        rest = question < 0 ? rest : rest[..question];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? "" : rest[slash..];
        var at = authority.LastIndexOf('@');
        var endpoint = Login(new RedisEndpoint { IsEncrypted = scheme == "rediss" }, at < 0 ? "" : authority[..at]);
        var host = authority[(at + 1)..];
        if (scheme == "unix")
        {
            return host.Length > 0 || path.Length < 2
                ? throw Refuse("a Unix socket is written as unix:///path/to/redis.sock")
                : endpoint with { SocketPath = Decode(path), Database = OfQuery(query) };
        }

        endpoint = WithHost(endpoint, host);
        if (query.Length > 0)
        {
            throw Refuse("nothing may follow a ?; the database is written as /0");
        }

        return path is "" or "/" ? endpoint : endpoint with { Database = Number(path[1..], "database", 0, 65535) };
    }

    /// <summary>The address without user and password.</summary>
    public override string ToString() => SocketPath is { } path
        ? $"unix://{path}"
        : $"{(IsEncrypted ? "rediss" : "redis")}://{(Host!.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}/{Database}";

    private static RedisEndpoint Login(RedisEndpoint endpoint, string login)
    {
        if (login.Length == 0)
        {
            return endpoint;
        }

        var colon = login.IndexOf(':', StringComparison.Ordinal);
        var user = Decode(colon < 0 ? login : login[..colon]);
        return endpoint with
        {
            User = user.Length == 0 ? null : user,
            Password = colon < 0 ? null : Decode(login[(colon + 1)..]),
        };
    }

    private static RedisEndpoint WithHost(RedisEndpoint endpoint, string host)
    {
        var close = host.IndexOf(']', StringComparison.Ordinal);
        var colon = host.IndexOf(':', Math.Max(close, 0));
        var name = Decode(colon < 0 ? host : host[..colon]).Trim('[', ']');
        if (name.Length == 0)
        {
            throw Refuse("no host is given");
        }

        return endpoint with
        {
            Host = name,
            Port = colon < 0 ? UsualPort : Number(host[(colon + 1)..], "port", 1, 65535),
        };
    }

    private static int OfQuery(string query) => query switch
    {
        "" => 0,
        _ when query.StartsWith("db=", StringComparison.Ordinal) => Number(query[3..], "database", 0, 65535),
        _ => throw Refuse("only db=… may follow the ?"),
    };

    private static int Number(string text, string what, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Refuse($"the {what} is no number from {least} to {most}");

    private static string Decode(string text)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
            {
                throw Refuse("a % must be written as %25");
            }
        }

        return Uri.UnescapeDataString(text);
    }

    private static RefusedException Refuse(string what) => new(RedisErrors.Url.Because($"REDIS_URL cannot be read: {what}."));
}
