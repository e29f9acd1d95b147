using System.Globalization;
using Beamtime.Sdk.Errors;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>
/// Reads where a database is: <c>postgresql://user:password@host:port/name?sslmode=require</c>, PostgreSQL's own
/// <c>host=… dbname=…</c>, or <c>Host=…;Database=…</c>. Nothing given is ignored; messages never show the password.
/// </summary>
internal static class DatabaseUrl
{
    private static readonly string[] Schemes = ["postgresql://", "postgres://"];

    /// <summary>Connection settings for a text.</summary>
    /// <param name="text">URL or key=value.</param>
    /// <exception cref="RefusedException">It cannot be read; every reason.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text)
    {
        var reasons = new List<Reason>();
        var builder = new NpgsqlConnectionStringBuilder();
        var trimmed = text.Trim();
        if (Schemes.FirstOrDefault(s => trimmed.StartsWith(s, StringComparison.OrdinalIgnoreCase)) is { } scheme)
        {
            ReadUrl(trimmed[scheme.Length..], builder, reasons);
        }
        else if (trimmed.Contains("://", StringComparison.Ordinal))
        {
            Refuse(reasons, $"the scheme is {trimmed[..trimmed.IndexOf("://", StringComparison.Ordinal)]}, not postgresql");
        }
        else if (trimmed.Contains(';', StringComparison.Ordinal))
        {
            foreach (var part in trimmed.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                ReadPair(part, builder, reasons);
            }
        }
        else
        {
            foreach (var (key, value) in Words(trimmed, reasons))
            {
                Set(builder, key, value, reasons);
            }
        }

        if (reasons.Count == 0 && string.IsNullOrEmpty(builder.Host))
        {
            Refuse(reasons, "no host is given");
        }

        if (reasons.Count == 0 && string.IsNullOrEmpty(builder.Database))
        {
            Refuse(reasons, "no database is named");
        }

        return reasons.Count == 0 ? builder : throw new RefusedException(reasons);
    }

    private static void ReadUrl(string rest, NpgsqlConnectionStringBuilder builder, List<Reason> reasons)
    {
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            Refuse(reasons, "a # must be written as %23");
            return;
        }

        var query = rest.IndexOf('?', StringComparison.Ordinal);
        foreach (var pair in query < 0 ? [] : rest[(query + 1)..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            ReadPair(Decode(pair, reasons), builder, reasons);
        }

        rest = query < 0 ? rest : rest[..query];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        if (slash >= 0 && slash + 1 < rest.Length)
        {
            builder.Database = Decode(rest[(slash + 1)..], reasons);
        }

        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            var login = authority[..at];
            var colon = login.IndexOf(':', StringComparison.Ordinal);
            builder.Username = Decode(colon < 0 ? login : login[..colon], reasons);
            if (colon >= 0)
            {
                builder.Password = Decode(login[(colon + 1)..], reasons);
            }
        }

        var hosts = authority[(at + 1)..];
        if (hosts.Length > 0)
        {
            ReadHosts(hosts, builder, reasons);
        }
    }

    private static void ReadHosts(string hosts, NpgsqlConnectionStringBuilder builder, List<Reason> reasons)
    {
        if (hosts.Contains(',', StringComparison.Ordinal))
        {
            builder.Host = Decode(hosts, reasons);
            return;
        }

        var close = hosts.IndexOf(']', StringComparison.Ordinal);
        var colon = hosts.IndexOf(':', Math.Max(close, 0));
        builder.Host = Decode(colon < 0 ? hosts : hosts[..colon], reasons).Trim('[', ']');
        if (colon >= 0)
        {
            Set(builder, "port", hosts[(colon + 1)..], reasons);
        }
    }

    private static void ReadPair(string pair, NpgsqlConnectionStringBuilder builder, List<Reason> reasons)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            Refuse(reasons, "a part has no key=value form");
            return;
        }

        Set(builder, pair[..equals].Trim(), pair[(equals + 1)..].Trim(), reasons);
    }

    // PostgreSQL's form: words apart by spaces, a value in single quotes may hold spaces, a backslash escapes.
    private static List<(string Key, string Value)> Words(string text, List<Reason> reasons)
    {
        var words = new List<(string, string)>();
        var at = 0;
        while (at < text.Length)
        {
            var equals = text.IndexOf('=', at);
            if (equals < 0)
            {
                Refuse(reasons, "a part has no key=value form");
                return words;
            }

            var key = text[at..equals].Trim();
            var value = new System.Text.StringBuilder();
            at = equals + 1;
            while (at < text.Length && text[at] == ' ')
            {
                at++;
            }

            var quoted = at < text.Length && text[at] == '\'';
            at += quoted ? 1 : 0;
            for (; at < text.Length && text[at] != (quoted ? '\'' : ' '); at++)
            {
                at += text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
                value.Append(text[at]);
            }

            if (quoted && at >= text.Length)
            {
                Refuse(reasons, $"the quote of {key} is not closed");
                return words;
            }

            at++;
            words.Add((key, value.ToString()));
            while (at < text.Length && text[at] == ' ')
            {
                at++;
            }
        }

        return words;
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string key, string value, List<Reason> reasons)
    {
        var keyword = key.ToLowerInvariant() switch
        {
            "dbname" => "Database",
            "user" => "Username",
            "sslmode" => "SSL Mode",
            "sslrootcert" => "Root Certificate",
            "sslcert" => "SSL Certificate",
            "sslkey" => "SSL Key",
            "application_name" => "Application Name",
            "connect_timeout" => "Timeout",
            "passfile" => "Passfile",
            "target_session_attrs" => "Target Session Attributes",
            _ => key,
        };
        if (keyword == "SSL Mode")
        {
            value = value.Replace("-", "", StringComparison.Ordinal);
        }

        if (key.Equals("port", StringComparison.OrdinalIgnoreCase)
            && (!int.TryParse(value, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535))
        {
            Refuse(reasons, $"{value} is no port, 1 to 65535");
            return;
        }

        try
        {
            builder[keyword] = value;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            // The provider's own message may repeat the value, which may be the password.
            Refuse(reasons, $"{key} is unknown or its value cannot be used");
        }
    }

    private static string Decode(string text, List<Reason> reasons)
    {
        for (var at = text.IndexOf('%', StringComparison.Ordinal); at >= 0; at = text.IndexOf('%', at + 1))
        {
            if (at + 2 >= text.Length || !char.IsAsciiHexDigit(text[at + 1]) || !char.IsAsciiHexDigit(text[at + 2]))
            {
                Refuse(reasons, "a % must be written as %25");
                return text;
            }
        }

        return Uri.UnescapeDataString(text);
    }

    private static void Refuse(List<Reason> reasons, string what) =>
        reasons.Add(DatabaseErrors.UrlInvalid.Because($"the database URL cannot be read: {what}"));
}
