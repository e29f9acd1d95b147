using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>What a look at Redis found.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Policy">What it does when its memory is full.</param>
/// <param name="Persistence">How it keeps data over a restart, in words.</param>
/// <param name="CertificateEnds">When its certificate ends; null without TLS.</param>
/// <param name="Problems">What stands against using it.</param>
internal sealed record RedisFindings(
    string Version, string Policy, string Persistence, DateTimeOffset? CertificateEnds, IReadOnlyList<Reason> Problems)
{
    /// <summary>Looks at Redis: reachable, new enough, never throwing keys away, topics' commands allowed.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="FaultException">It cannot be reached or does not let us in.</exception>
    /// <exception cref="RefusedException"><c>redis.url</c>.</exception>
    public static async Task<RedisFindings> LookAsync(TopicOptions options, TimeProvider time, CancellationToken cancel)
    {
        var dialer = new RedisDialer(options, time);
        await using var connection = await dialer.ConnectAsync(null, cancel);
        List<Reason> problems = [];
        var server = Fields(await connection.AskAsync(cancel, "INFO", "server"));
        var memory = Fields(await connection.AskAsync(cancel, "INFO", "memory"));
        var persistence = Fields(await connection.AskAsync(cancel, "INFO", "persistence"));
        var policy = memory.GetValueOrDefault("maxmemory_policy", "unknown");
        if (policy != "noeviction")
        {
            problems.Add(RedisErrors.Policy.Because($"maxmemory-policy is {policy}."));
        }

        var key = RedisTopics.Key("doctor");
        var tries = new RedisCommands()
            .Add("EVAL", "return 1", "1", key)
            .Add("XADD", key, "NOMKSTREAM", "1-1", "h", "")
            .Add("PUBLISH", key, "")
            .AddPushed("SUBSCRIBE", key)
            .Add("DEL", key);
        foreach (var reply in await connection.SendAsync(tries, cancel))
        {
            if (reply.Kind == RespKind.Error)
            {
                problems.Add(RedisErrors.Of(reply).Reason);
            }
        }

        return new RedisFindings(
            server.GetValueOrDefault("redis_version", "unknown"), policy, Words(persistence), dialer.CertificateEnds, problems);
    }

    private static string Words(Dictionary<string, string> fields) =>
        fields.GetValueOrDefault("aof_enabled") == "1"
            ? "writes an append-only file"
            : fields.GetValueOrDefault("rdb_last_save_time", "0") == "0"
                ? "keeps nothing over a restart; the spools fill it again"
                : "saves snapshots or nothing; the spools fill what is missing";

    private static Dictionary<string, string> Fields(RespValue info) => info.ToString()
        .Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(':', 2))
        .Where(parts => parts.Length == 2)
        .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
}

/// <summary>What Redis must be.</summary>
internal static class RedisCheck
{
    /// <summary>The oldest version that can do what topics need: appending only to a stream that is there, trimming by id.</summary>
    public static readonly Version OldestVersion = new(6, 2);
}
