using System.Text;
using Beamtime.Core.Access;
using Beamtime.Core.Telemetry;

namespace Beamtime.Roles;

/// <summary>The page of metrics, for Prometheus and whoever reads its form.</summary>
internal static class MetricsApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the page, where Prometheus looks for it and below the other routes; collecting and tracing begin now.</summary>
        public IEndpointRouteBuilder MapMetrics()
        {
            routes.ServiceProvider.GetRequiredService<MetricCollector>();
            routes.ServiceProvider.GetRequiredService<TraceExport>();
            foreach (var path in new[] { "/metrics", "/api/v2/metrics" })
            {
                routes.MapGet(path, WriteAsync).RequirePermission("metrics.read")
                    .WithSummary("All metrics of this process in Prometheus' text form")
                    .Produces<string>(StatusCodes.Status200OK, "text/plain");
            }

            return routes;
        }
    }

    private static async Task<IResult> WriteAsync(MetricSampling sampling, CancellationToken cancel) =>
        TypedResults.Text(Encoding.UTF8.GetBytes(await sampling.PageAsync(cancel)), MetricsText.MediaType);
}
