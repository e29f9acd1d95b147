using Beamtime.Sdk.Errors;

namespace Beamtime.Roles;

/// <summary>What can keep the program from starting.</summary>
internal static class RoleErrors
{
    /// <summary>The port is taken.</summary>
    public static readonly ErrorCode PortTaken = new(
        "api.port.taken",
        "Another program listens on the port.",
        "Stop the other program or choose another port with --port.");

    /// <summary>A name is no role.</summary>
    public static readonly ErrorCode Unknown = new(
        "role.unknown",
        "A role that is named does not exist.",
        "Name roles as the message lists them, with commas between them.");

    /// <summary>Roles that speak to each other are apart.</summary>
    public static readonly ErrorCode RedisNeeded = new(
        "role.redis.needed",
        "The roles that take scans are in different processes, which speak to each other over Redis.",
        "Set REDIS_URL for all of them, or run them in one process with beamtime up.");

    /// <summary>Roles apart share a server's database.</summary>
    public static readonly ErrorCode DatabaseNeeded = new(
        "role.database.needed",
        "Roles in several processes share one database, and a private cluster belongs to one process.",
        "Set DATABASE_URL for all of them, or run them in one process with beamtime up.");

    /// <summary>An address that is none.</summary>
    public static readonly ErrorCode AddressInvalid = new(
        "api.address.invalid",
        "An address to listen on, or of a proxy, is not an IP address.",
        "Write one such as 127.0.0.1, 10.1.2.3, 0.0.0.0 or ::.");

    /// <summary>Passwords would cross the network in clear.</summary>
    public static readonly ErrorCode ListenUnsafe = new(
        "api.listen.unsafe",
        "The program would serve other machines without TLS, so that passwords and tokens could be read on the way.",
        "Set api.tls_certificate and api.tls_key, or api.proxies to the proxy that ends TLS.");

    /// <summary>A certificate that cannot be used.</summary>
    public static readonly ErrorCode TlsUnusable = new(
        "api.tls.unusable",
        "The certificate or its key cannot be read, or they do not belong together.",
        "Give both as PEM files that the program's account can read.");

    /// <summary>Another program runs the beamline.</summary>
    public static readonly ErrorCode BeamlineTaken = new(
        "scans.beamline.taken",
        "Another program runs this beamline, or the same role of it, on the same database.",
        "Stop the other program, or give this one another name with scans.beamline or another database.");
}
