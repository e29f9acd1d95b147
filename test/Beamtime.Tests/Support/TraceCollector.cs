using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using Beamtime.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Support;

/// <summary>What came to a collector in one request.</summary>
/// <param name="Path">Where it was sent.</param>
/// <param name="Key">The header <c>x-key</c>.</param>
/// <param name="Body">An <c>ExportTraceServiceRequest</c>.</param>
internal sealed record ReceivedTraces(string Path, string? Key, byte[] Body);

/// <summary>A span as it arrived.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Trace">Its trace, hexadecimal.</param>
/// <param name="Id">Itself, hexadecimal.</param>
/// <param name="Parent">The one above it; empty for a root.</param>
/// <param name="Roles">The roles of the process that sent it.</param>
internal sealed record ReceivedSpan(string Name, string Trace, string Id, string Parent, string Roles);

/// <summary>Receives traces by OTLP as a collector does: over HTTP/1.1 as protobuf, and over HTTP/2 as gRPC.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    /// <summary>The method of the protocol's service.</summary>
    public const string GrpcMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    private const int GrpcHeader = 5;
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<ReceivedTraces> _received = new();

    private TraceCollector()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.Listen(IPAddress.Loopback, 0, http => http.Protocols = HttpProtocols.Http1);
            server.Listen(IPAddress.Loopback, 0, grpc => grpc.Protocols = HttpProtocols.Http2);
        });
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    /// <summary>Address for <c>http/protobuf</c>.</summary>
    public string HttpAddress => Addresses[0];

    /// <summary>Address for <c>grpc</c>.</summary>
    public string GrpcAddress => Addresses[1];

    /// <summary>All that came, oldest first.</summary>
    public IReadOnlyList<ReceivedTraces> Received => [.. _received];

    /// <summary>All spans that came.</summary>
    public IReadOnlyList<ReceivedSpan> Spans => [.. Received.SelectMany(r => new Protobuf(r.Body).Messages(1)).SelectMany(SpansOf)];

    private IReadOnlyList<string> Addresses =>
        [.. _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public static async Task<TraceCollector> StartAsync(CancellationToken cancel)
    {
        var collector = new TraceCollector();
        await collector._app.StartAsync(cancel);
        return collector;
    }

    /// <summary>Attributes of a message, those that are texts.</summary>
    public static Dictionary<string, string> Attributes(Protobuf message, int field) =>
        message.Messages(field).ToDictionary(a => a.Text(1), a => a.Messages(2).First().Text(1));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static IEnumerable<ReceivedSpan> SpansOf(Protobuf resource)
    {
        var roles = Attributes(resource.Messages(1).First(), 1).GetValueOrDefault("beamtime.roles", "");
        return resource.Messages(2).SelectMany(scope => scope.Messages(2))
            .Select(s => new ReceivedSpan(s.Text(5), s.Hex(1), s.Hex(2), s.Hex(4), roles));
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.ToArray();
        if (context.Request.ContentType == "application/grpc")
        {
            // One message: a byte that says whether it is compressed, four of its length, the message.
            Assert.Equal(0, bytes[0]);
            Assert.Equal(bytes.Length - GrpcHeader, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1)));
            bytes = bytes[GrpcHeader..];
            context.Response.ContentType = "application/grpc";
            context.Response.AppendTrailer("grpc-status", "0");
            await context.Response.Body.WriteAsync(new byte[GrpcHeader], context.RequestAborted);
        }

        _received.Enqueue(new ReceivedTraces(context.Request.Path, context.Request.Headers["x-key"], bytes));
    }
}
