using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Beamtime.Core.Telemetry;
using Beamtime.Roles;
using Beamtime.Tests.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Roles;

/// <summary>Spans as a collector receives them.</summary>
public sealed class TraceExportTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Path, string? Key, byte[] Body)> _received = new();
    private WebApplication _collector = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Address => _collector.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [] });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        _collector = builder.Build();
        _collector.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, Cancel);
            _received.Enqueue((context.Request.Path, context.Request.Headers["x-key"], body.ToArray()));
        });
        await _collector.StartAsync(Cancel);
    }

    public async ValueTask DisposeAsync() => await _collector.DisposeAsync();

    [Fact]
    public void A_span_reaches_the_collector_with_its_parent_its_tags_and_who_speaks()
    {
        const string Caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        using (new TraceExport(
            new TelemetryOptions { OtlpEndpoint = Address, OtlpHeaders = "x-key=secret" }, new LogOrigin("api,worker", "2-bm")))
        {
            Activity.Current = null;
            using var outer = Tracing.Begin("GET /api/v2/scans", ActivityKind.Server, Caller);
            Assert.NotNull(outer);
            outer.SetTag("http.route", "/api/v2/scans");
            using var inner = Tracing.Begin("step copy");
            inner.Fail(new InvalidOperationException("it broke"));
        }

        var received = Assert.Single(_received);
        Assert.Equal(("/v1/traces", "secret"), (received.Path, received.Key));
        var resources = Assert.Single(new Protobuf(received.Body).Messages(1));
        var attributes = Attributes(Assert.Single(resources.Messages(1)), 1);
        Assert.Equal("beamtime", attributes["service.name"]);
        Assert.Equal("api,worker", attributes["beamtime.roles"]);
        Assert.Equal("2-bm", attributes["beamtime.beamline"]);
        var spans = resources.Messages(2).SelectMany(scope => scope.Messages(2))
            .Where(s => s.Hex(1) == "0af7651916cd43dd8448eb211c80319c").ToDictionary(s => s.Text(5));
        Assert.Equal("b7ad6b7169203331", spans["GET /api/v2/scans"].Hex(4));
        Assert.Equal(2UL, spans["GET /api/v2/scans"].Number(6));
        Assert.Equal("/api/v2/scans", Attributes(spans["GET /api/v2/scans"], 9)["http.route"]);
        Assert.Equal(spans["GET /api/v2/scans"].Hex(2), spans["step copy"].Hex(4));
        var status = Assert.Single(spans["step copy"].Messages(15));
        Assert.Equal((2UL, "it broke"), (status.Number(3), status.Text(2)));
    }

    [Fact]
    public void Without_an_address_nothing_is_sent()
    {
        using (var off = new TraceExport(new TelemetryOptions(), new LogOrigin("api", "2-bm")))
        {
            Assert.False(off.IsOn);
        }

        Assert.Empty(_received);
    }

    [Fact]
    public void A_share_of_zero_traces_nothing_that_no_caller_traces()
    {
        using (new TraceExport(new TelemetryOptions { OtlpEndpoint = Address, TraceShare = 0 }, new LogOrigin("api", "2-bm")))
        {
            Activity.Current = null;
            using var span = Tracing.Begin("only.this.test");
        }

        Assert.DoesNotContain(
            _received.SelectMany(r => new Protobuf(r.Body).Messages(1)).SelectMany(r => r.Messages(2)).SelectMany(s => s.Messages(2)),
            s => s.Text(5) == "only.this.test");
    }

    private static Dictionary<string, string> Attributes(Protobuf message, int field) =>
        message.Messages(field).ToDictionary(a => a.Text(1), a => a.Messages(2).First().Text(1));
}
