using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Users;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Beamtime.Roles;

/// <summary>
/// Where REST is listened for. Other machines are served only where somebody can sign in, and where nobody between can
/// read: over TLS, or behind a proxy that ends it.
/// </summary>
internal sealed class ApiDoor
{
    private readonly ApiOptions _options;
    private readonly List<IPAddress> _proxies = [];
    private readonly ApiCertificate? _certificate;

    /// <summary>Reads the settings.</summary>
    /// <param name="options">The settings.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="RefusedException">Every mistake in them.</exception>
    public ApiDoor(ApiOptions options, TimeProvider time)
    {
        _options = options;
        List<Reason> reasons = [];
        Address = AddressOf("api.listen", options.Listen, reasons);
        foreach (var proxy in options.Proxies)
        {
            _proxies.Add(AddressOf("api.proxies", proxy, reasons));
        }

        _certificate = Certificate(reasons, time);
        if (!IsLoopback && _certificate is null && reasons.Count == 0 && _proxies.Count == 0)
        {
            reasons.Add(RoleErrors.ListenUnsafe.Because($"api.listen is {Address}, and neither api.tls_certificate nor api.proxies is set"));
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }
    }

    /// <summary>The address that is listened on.</summary>
    public IPAddress Address { get; }

    /// <summary>True where this machine alone is served.</summary>
    public bool IsLoopback => IPAddress.IsLoopback(Address) && _proxies.Count == 0;

    /// <summary>When the certificate ends; null without TLS.</summary>
    public DateTimeOffset? CertificateEnds => _certificate?.Ends;

    /// <summary>Which requests come in.</summary>
    public Edge Edge => new(!IsLoopback, _options.Hosts);

    /// <summary>Demands that nobody else listens there; who comes afterwards is found out when it is listened on.</summary>
    /// <exception cref="RefusedException"><c>api.port.taken</c>.</exception>
    public void RequireFree()
    {
        using var probe = new TcpListener(Address, _options.Port);
        try
        {
            probe.Start();
        }
        catch (SocketException taken)
        {
            throw new RefusedException(RoleErrors.PortTaken.Because($"{Address}:{_options.Port}: {taken.Message}"));
        }
    }

    /// <summary>Demands that somebody can sign in from another machine, where others are served.</summary>
    /// <param name="users">The users.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException"><c>access.users.missing</c>.</exception>
    public async Task RequireUsersAsync(UserStore users, CancellationToken cancel)
    {
        if (!IsLoopback && !await users.HasAnyAsync(cancel))
        {
            throw new RefusedException(AccessErrors.NoUsers.Because($"api.listen is {Address}, and no user has a password or a key"));
        }
    }

    /// <summary>Listens.</summary>
    /// <param name="server">The server.</param>
    public void Listen(KestrelServerOptions server) => server.Listen(Address, _options.Port, endpoint =>
    {
        if (_certificate is { } certificate)
        {
            var log = server.ApplicationServices.GetRequiredService<ILogger<ApiCertificate>>();
            endpoint.UseHttps(https =>
            {
                // The one that counts when a client connects, with its chain.
                https.ServerCertificateSelector = (_, _) => certificate.Current(log).TargetCertificate;
                https.OnAuthenticate = (_, tls) =>
                {
                    tls.ServerCertificateSelectionCallback = null;
                    tls.ServerCertificateContext = certificate.Current(log);
                };
            });
        }
    });

    /// <summary>Believes what the proxies say of the client; stands before all else.</summary>
    /// <param name="app">The pipeline.</param>
    public void UseProxies(IApplicationBuilder app)
    {
        if (_proxies.Count > 0)
        {
            ForwardedHeadersOptions forwarded = new()
            {
                ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
            };
            forwarded.KnownIPNetworks.Clear();
            forwarded.KnownProxies.Clear();
            foreach (var proxy in _proxies)
            {
                forwarded.KnownProxies.Add(proxy);
            }

            app.UseForwardedHeaders(forwarded);
        }
    }

    private ApiCertificate? Certificate(List<Reason> reasons, TimeProvider time)
    {
        if (_options is { TlsCertificate: null, TlsKey: null })
        {
            return null;
        }

        if (_options is not { TlsCertificate: { } certificate, TlsKey: { } key })
        {
            reasons.Add(RoleErrors.TlsUnusable.Because("api.tls_certificate and api.tls_key belong together, one is set"));
            return null;
        }

        try
        {
            return new ApiCertificate(certificate, key, time);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            reasons.Add(RoleErrors.TlsUnusable.Because($"{certificate}, {key}: {error.Message}"));
            return null;
        }
    }

    private static IPAddress AddressOf(string key, string text, List<Reason> reasons)
    {
        if (IPAddress.TryParse(text == "localhost" ? "127.0.0.1" : text, out var address))
        {
            return address;
        }

        reasons.Add(RoleErrors.AddressInvalid.Because($"{key}: '{text}' is no address"));
        return IPAddress.Loopback;
    }
}
