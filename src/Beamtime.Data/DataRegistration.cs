using System.Globalization;
using Beamtime.Core.Database;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Compute;
using Beamtime.Data.Datasets;
using Beamtime.Data.Flows;
using Beamtime.Data.Storage;
using Beamtime.Data.Transfers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Data;

/// <summary>Registers this half of the program with the host.</summary>
internal static class DataRegistration
{
    /// <summary>
    /// Adds what moves and processes data. The host must also have the database, ledger, jobs, workflows, the
    /// clock and <see cref="ComputeOptions"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="storages">The storages, opened.</param>
    public static IServiceCollection AddData(this IServiceCollection services, StorageSet storages) =>
        services.AddSingleton(storages).AddWorker().AddDatasets().AddTransfers().AddCompute().AddFlows();

    /// <summary>Has a worker do the jobs of this half; before the worker starts, and once.</summary>
    /// <param name="handlers">The worker's kinds.</param>
    /// <param name="services">The host's services.</param>
    public static JobHandlers AddData(this JobHandlers handlers, IServiceProvider services) =>
        handlers.AddCompute(services).AddFlows(services);

    /// <summary>The loops, in the order in which they start; the database must be migrated before.</summary>
    /// <param name="services">The host's services.</param>
    public static IReadOnlyList<(string Name, Func<CancellationToken, Task> Run)> DataLoops(this IServiceProvider services) =>
    [
        ("job worker", services.GetRequiredService<JobWorker>().RunAsync),
        ("recording intake", services.GetRequiredService<LedgerSubscription>().RunAsync),
        ("workflow sweeper", services.GetRequiredService<WorkflowSweeper>().RunAsync),
    ];

    private static IServiceCollection AddWorker(this IServiceCollection services) => services.AddSingleton(s => new JobWorker(
        s.GetRequiredService<BeamtimeDatabase>(),
        s.GetRequiredService<JobHandlers>().AddData(s),
        new JobWorkerOptions
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}-{Environment.ProcessId}"),
            Retention = s.GetRequiredService<JobOptions>(),
            Queues = s.GetRequiredService<JobOptions>().Queues,
            Pools = s.GetRequiredService<JobOptions>().Pools,
            Labels = s.GetRequiredService<JobOptions>().Labels,
            Concurrency = s.GetRequiredService<JobOptions>().Concurrency,
            // Only jitter is drawn from it: what matters is that two programs differ.
            Seed = HashCode.Combine(Environment.ProcessId, s.GetRequiredService<TimeProvider>().GetTimestamp()),
        },
        s.GetRequiredService<JobMetrics>(),
        s.GetRequiredService<TimeProvider>(),
        s.GetRequiredService<ILoggerFactory>()));

    /// <summary>Adds the routes of this half.</summary>
    /// <param name="routes">The routes of this version.</param>
    public static IEndpointRouteBuilder MapData(this IEndpointRouteBuilder routes) => routes.MapDatasets().MapFlows();
}
