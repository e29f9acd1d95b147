using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>What can go wrong with Redis.</summary>
internal static class RedisErrors
{
    /// <summary>The address cannot be read.</summary>
    public static readonly ErrorCode Url = new(
        "redis.url",
        "REDIS_URL cannot be read.",
        "Write redis://user:password@host:6379/0, rediss:// for TLS, or unix:///run/redis/redis.sock; special characters as %XX.");

    /// <summary>Nobody answers there.</summary>
    public static readonly ErrorCode Unreachable = new(
        "redis.unreachable",
        "Redis does not answer at the address of REDIS_URL.",
        "See whether Redis runs and listens there, and whether a firewall stands between.",
        RetryClass.Later);

    /// <summary>The connection ended.</summary>
    public static readonly ErrorCode Lost = new(
        "redis.lost",
        "The connection to Redis ended, or Redis did not answer in time.",
        "Nothing: the program connects again and goes on. If it recurs, look into Redis' log and at the network.",
        RetryClass.Later);

    /// <summary>No TLS.</summary>
    public static readonly ErrorCode Tls = new(
        "redis.tls",
        "The TLS connection to Redis could not be made.",
        "See whether the port of REDIS_URL is the one of tls-port in redis.conf, and whether both sides speak TLS 1.2 or 1.3.");

    /// <summary>Files of certificates.</summary>
    public static readonly ErrorCode TlsFiles = new(
        "redis.tls.files",
        "A file of certificates for Redis cannot be used as it is set.",
        "Correct topics.ca_file, topics.certificate_file and topics.key_file: PEM files that the program's account may read.");

    /// <summary>Another's certificate.</summary>
    public static readonly ErrorCode TlsName = new(
        "redis.tls.name",
        "The certificate of Redis was made for another name than that of REDIS_URL.",
        "Write in REDIS_URL a name that stands in the certificate, or have one made that holds this name as a subject alternative name.");

    /// <summary>Out of its time.</summary>
    public static readonly ErrorCode TlsExpired = new(
        "redis.tls.expired",
        "The certificate of Redis, or one that it was signed with, does not count yet or any more.",
        "Renew it and restart Redis, or CONFIG SET tls-cert-file; if its times look right, set this machine's clock.");

    /// <summary>Signed by a stranger.</summary>
    public static readonly ErrorCode TlsUntrusted = new(
        "redis.tls.untrusted",
        "The certificate of Redis was signed by nobody whom this program trusts.",
        "Set topics.ca_file to the certificate of the authority that signed it.");

    /// <summary>Our certificate is refused or missing.</summary>
    public static readonly ErrorCode TlsClient = new(
        "redis.tls.client",
        "Redis wants a certificate of its clients, and does not accept ours.",
        "Set topics.certificate_file and topics.key_file to a certificate that counts now and is signed by an authority of tls-ca-cert-file in redis.conf.");

    /// <summary>User or password are wrong or missing.</summary>
    public static readonly ErrorCode Login = new(
        "redis.login",
        "Redis does not accept the user and password of REDIS_URL, or wants some.",
        "Correct user and password in REDIS_URL; 'ACL LIST' in redis-cli shows the users.");

    /// <summary>The user may not do this.</summary>
    public static readonly ErrorCode Permission = new(
        "redis.permission",
        "The user of REDIS_URL may not run a command or reach a key that topics need.",
        "Grant it in redis-cli: ACL SETUSER name ~beamtime:* &beamtime:* +@all -@admin -@dangerous +info +config|get.");

    /// <summary>It has just started.</summary>
    public static readonly ErrorCode Loading = new(
        "redis.loading", "Redis has just started and still loads its data.", "Wait.", RetryClass.Later);

    /// <summary>It is a replica.</summary>
    public static readonly ErrorCode ReadOnly = new(
        "redis.read_only",
        "This Redis is a replica, or stopped accepting writes because it cannot save.",
        "Point REDIS_URL at the primary; 'INFO replication' and 'INFO persistence' in redis-cli tell which it is.",
        RetryClass.Later);

    /// <summary>No memory.</summary>
    public static readonly ErrorCode Full = new(
        "redis.full",
        "Redis has used the memory that it may use and refuses new messages.",
        "Raise maxmemory in Redis, or look for the consumer that is away: the log keeps what it has not acknowledged.",
        RetryClass.Later);

    /// <summary>A script runs.</summary>
    public static readonly ErrorCode Busy = new(
        "redis.busy", "Redis runs a script that somebody else has started.", "Wait, or end it with SCRIPT KILL.", RetryClass.Later);

    /// <summary>Any other refusal.</summary>
    public static readonly ErrorCode Command = new(
        "redis.command",
        "Redis refused a command.",
        "Its words stand in the message; see whether somebody else writes keys that begin with 'beamtime:'.");

    /// <summary>Not a reply.</summary>
    public static readonly ErrorCode Protocol = new(
        "redis.protocol",
        "What came is no reply of Redis, or larger than a reply may be.",
        "See whether REDIS_URL names Redis and not another server.");

    /// <summary>Too old.</summary>
    public static readonly ErrorCode Version = new(
        "redis.version", "Redis is older than 6.2.", "Install Redis 6.2 or later.");

    /// <summary>It may throw keys away.</summary>
    public static readonly ErrorCode Policy = new(
        "redis.policy",
        "Redis may throw keys away when its memory is full.",
        "Set maxmemory-policy to noeviction in redis.conf, or by CONFIG SET and CONFIG REWRITE.");

    /// <summary>What a reply says went wrong.</summary>
    /// <param name="error">An error reply.</param>
    public static FaultException Of(RespValue error)
    {
        var says = error.ToString();
        var code = says.Split(' ', 2)[0] switch
        {
            "NOAUTH" or "WRONGPASS" => Login,
            "NOPERM" => Permission,
            "LOADING" => Loading,
            "READONLY" or "MISCONF" or "MASTERDOWN" or "NOREPLICAS" => ReadOnly,
            "OOM" => Full,
            "BUSY" => Busy,
            _ => Command,
        };
        return code.Fault($"Redis says: {says}");
    }

    /// <summary>The reply, or a fault when it is an error.</summary>
    /// <param name="reply">The reply.</param>
    public static RespValue OrThrow(this RespValue reply) => reply.Kind == RespKind.Error ? throw Of(reply) : reply;

    /// <summary>Whether this fault is of Redis or the way to it, so that the same may go well later.</summary>
    /// <param name="fault">A fault.</param>
    public static bool IsOfRedis(this FaultException fault) => fault.Reason.Code.StartsWith("redis.", StringComparison.Ordinal);
}
