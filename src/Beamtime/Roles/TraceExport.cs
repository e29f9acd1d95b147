using System.Globalization;
using Beamtime.Core.Telemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Beamtime.Roles;

/// <summary>Sends the program's spans by OTLP, where an address is set. Ended, it sends what it still has.</summary>
internal sealed class TraceExport : IDisposable
{
    private const string TracesPath = "v1/traces";
    private readonly TracerProvider? _provider;

    /// <summary>Begins to send, if an address is set.</summary>
    /// <param name="options">Where to, how, and which share.</param>
    /// <param name="origin">Which program speaks.</param>
    public TraceExport(TelemetryOptions options, LogOrigin origin)
    {
        if (options.OtlpEndpoint is not { Length: > 0 } endpoint)
        {
            return;
        }

        var resource = ResourceBuilder.CreateDefault()
            .AddService(
                "beamtime",
                serviceVersion: StatusApi.Version,
                serviceInstanceId: string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}"))
            .AddAttributes([new("beamtime.roles", origin.Roles), new("beamtime.beamline", origin.Beamline)]);
        _provider = OpenTelemetry.Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceShare)))
            .AddSource(Tracing.SourceName)
            .AddOtlpExporter(exporter => Set(exporter, options, new Uri(endpoint)))
            .Build();
    }

    /// <summary>True when spans are sent.</summary>
    public bool IsOn => _provider is not null;

    /// <inheritdoc/>
    public void Dispose() => _provider?.Dispose();

    private static void Set(OtlpExporterOptions exporter, TelemetryOptions options, Uri endpoint)
    {
        var isGrpc = options.OtlpProtocol == "grpc";
        exporter.Protocol = isGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        // The address is that of the collector; over HTTP each kind of signal has a path of its own below it.
        exporter.Endpoint = isGrpc || endpoint.AbsolutePath.EndsWith(TracesPath, StringComparison.Ordinal)
            ? endpoint
            : new Uri(new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/"), TracesPath);
        exporter.Headers = options.OtlpHeaders ?? "";
    }
}
