using System.Net;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Http;

namespace Beamtime.Core.Access;

/// <summary>
/// Which requests come in at all: from this machine alone or also from others, under which names of the server. A page of
/// another site, which a browser would let send requests here, does not come in.
/// </summary>
/// <param name="IsPublic">True where other machines are served.</param>
/// <param name="Hosts">Names and addresses of the server besides those of this machine.</param>
internal sealed record Edge(bool IsPublic, IReadOnlyList<string> Hosts)
{
    /// <summary>This machine alone.</summary>
    public static Edge Loopback { get; } = new(IsPublic: false, []);

    /// <summary>Demands that a request may come in.</summary>
    /// <param name="context">The request.</param>
    /// <exception cref="RefusedException">From another machine, for another host, or from a page of another site.</exception>
    public void Require(HttpContext context)
    {
        // Without an address the request came over a socket file or from within this process.
        if (!IsPublic && context.Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address))
        {
            throw new RefusedException(AccessErrors.Remote.Because($"the request came from {address}"));
        }

        string host = context.Request.Host.Host;
        if (!IsOurs(host))
        {
            throw new RefusedException(AccessErrors.Origin.Because($"the request is for the host '{host}'"));
        }

        string? origin = context.Request.Headers.Origin;
        if (origin is not null && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? page) && IsOurs(page.Host)))
        {
            throw new RefusedException(AccessErrors.Origin.Because($"the request was sent by a page of '{origin}'"));
        }
    }

    private bool IsOurs(string host) =>
        host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address))
        || Hosts.Any(h => h.Equals(host, StringComparison.OrdinalIgnoreCase));
}
