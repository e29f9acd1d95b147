using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Beamtime.Core.Settings;

namespace Beamtime.Roles;

/// <summary>Settings of the REST interface.</summary>
[SettingsSection("api")]
internal sealed record ApiOptions
{
    /// <summary>The port that is used when none is set.</summary>
    public const int UsualPort = 8750;

    /// <summary>Port.</summary>
    [Description("Port; 0 takes a free one, and so does a process without the role api where none is set.")]
    [Range(0, 65535)]
    public int Port { get; init; } = UsualPort;

    /// <summary>Address that is listened on.</summary>
    [Description("Address to listen on; another than the loopback's needs users, and TLS or a proxy before it. 0.0.0.0 and :: are all.")]
    public string Listen { get; init; } = "127.0.0.1";

    /// <summary>Names of the server.</summary>
    [Description("Names and addresses by which clients and pages address the server, besides localhost.")]
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Proxies before the server.</summary>
    [Description("Addresses of the proxies before the server that end TLS; what they say of the client's address is believed.")]
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>The certificate.</summary>
    [Description("File of the server's certificate with its chain, PEM; needs tls_key.")]
    public string? TlsCertificate { get; init; }

    /// <summary>The certificate's key.</summary>
    [Description("File of the certificate's private key, PEM; belongs to the account of the program, with mode 0600.")]
    public string? TlsKey { get; init; }
}
