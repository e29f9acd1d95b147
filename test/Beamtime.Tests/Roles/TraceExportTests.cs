using System.Diagnostics;
using Beamtime.Core.Telemetry;
using Beamtime.Roles;
using Beamtime.Tests.Support;
using Beamtime.Tests.Telemetry;

namespace Beamtime.Tests.Roles;

/// <summary>Spans as a collector receives them.</summary>
public sealed class TraceExportTests : IAsyncLifetime
{
    private TraceCollector _collector = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _collector = await TraceCollector.StartAsync(Cancel);

    public async ValueTask DisposeAsync() => await _collector.DisposeAsync();

    [Theory]
    [InlineData("http/protobuf", "/v1/traces")]
    [InlineData("grpc", TraceCollector.GrpcMethod)]
    public void A_span_reaches_the_collector_with_its_parent_its_tags_and_who_speaks(string protocol, string path)
    {
        const string Caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        using (new TraceExport(
            new TelemetryOptions
            {
                OtlpEndpoint = protocol == "grpc" ? _collector.GrpcAddress : _collector.HttpAddress,
                OtlpProtocol = protocol,
                OtlpHeaders = "x-key=secret",
            },
            new LogOrigin("api,worker", "2-bm")))
        {
            Activity.Current = null;
            using var outer = Tracing.Begin("GET /api/v2/scans", ActivityKind.Server, Caller);
            Assert.NotNull(outer);
            outer.SetTag("http.route", "/api/v2/scans");
            using var inner = Tracing.Begin("step copy");
            inner.Fail(new InvalidOperationException("it broke"));
        }

        var received = Assert.Single(_collector.Received);
        Assert.Equal((path, "secret"), (received.Path, received.Key));
        var resources = Assert.Single(new Protobuf(received.Body).Messages(1));
        var attributes = TraceCollector.Attributes(Assert.Single(resources.Messages(1)), 1);
        Assert.Equal("beamtime", attributes["service.name"]);
        Assert.Equal("api,worker", attributes["beamtime.roles"]);
        Assert.Equal("2-bm", attributes["beamtime.beamline"]);
        var spans = resources.Messages(2).SelectMany(scope => scope.Messages(2))
            .Where(s => s.Hex(1) == "0af7651916cd43dd8448eb211c80319c").ToDictionary(s => s.Text(5));
        Assert.Equal("b7ad6b7169203331", spans["GET /api/v2/scans"].Hex(4));
        Assert.Equal(2UL, spans["GET /api/v2/scans"].Number(6));
        Assert.Equal("/api/v2/scans", TraceCollector.Attributes(spans["GET /api/v2/scans"], 9)["http.route"]);
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

        Assert.Empty(_collector.Received);
    }

    [Fact]
    public void A_share_of_zero_traces_nothing_that_no_caller_traces()
    {
        using (new TraceExport(new TelemetryOptions { OtlpEndpoint = _collector.HttpAddress, TraceShare = 0 }, new LogOrigin("api", "2-bm")))
        {
            Activity.Current = null;
            using var span = Tracing.Begin("only.this.test");
        }

        Assert.DoesNotContain(_collector.Spans, s => s.Name == "only.this.test");
    }
}
