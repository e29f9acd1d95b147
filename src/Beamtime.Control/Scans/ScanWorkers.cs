using Beamtime.Core.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Scans;

/// <summary>
/// The workers of the beamline, one a queue. Before the first: takes over the devices, and ends or holds what a program
/// that died left running.
/// </summary>
internal sealed partial class ScanWorkers(ScanRoom room, TimeProvider time, ILoggerFactory logs)
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private readonly ILogger _logger = logs.CreateLogger<ScanWorkers>();
    private readonly Dictionary<ScanQueue, Task> _workers = [];

    /// <summary>Runs the scans of all queues until cancelled.</summary>
    /// <param name="cancel">Ends the workers; running scans are interrupted, their devices stopped and released.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>device.owner.stale</c>: a newer scan server has taken over.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        // Whichever ends first, by the stop or by a bug, ends the other.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var (scans, endings) = (RunQueuesAsync(stop.Token), room.Endings.RunAsync(stop.Token));
        await Task.WhenAny(scans, endings);
        await stop.CancelAsync();
        await Task.WhenAll(scans, endings);
    }

    private async Task RunQueuesAsync(CancellationToken cancel)
    {
        var left = new LeftScans(room, time, _logger);
        await left.AwaitDevicesAsync(cancel);
        await room.Endings.CaughtUpAsync(cancel);
        await ThroughOutagesAsync(room.Queues.LoadAsync, cancel);
        // Above what the devices have seen: a database that was restored or made anew begins lower.
        await ThroughOutagesAsync(
            async _ => room.Link.Own(
                await room.Store.RaiseEpochAsync(room.Options.Beamline, room.Link.Watch.OwnerEpoch, cancel)),
            cancel);
        foreach (var queue in room.Queues.All)
        {
            await ThroughOutagesAsync(async c => await left.EndAsync(queue.Name, c), cancel);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            await RunWorkersAsync(stop.Token);
        }
        finally
        {
            // One that fails, or is replaced, takes the others along; each puts its devices down.
            await stop.CancelAsync();
            await Task.WhenAll(_workers.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunWorkersAsync(CancellationToken cancel)
    {
        while (true)
        {
            var appeared = room.Queues.Appeared;
            foreach (var queue in room.Queues.All.Where(q => !_workers.ContainsKey(q)))
            {
                _workers.Add(queue, new ScanWorker(room, queue, time, logs.CreateLogger<ScanWorker>()).RunAsync(cancel));
            }

            await Task.WhenAny([appeared.WaitAsync(cancel), .. _workers.Values]);
            cancel.ThrowIfCancellationRequested();
            foreach (var (queue, worker) in _workers.Where(w => w.Value.IsCompleted).ToList())
            {
                // Its queue is gone; or it failed, and says so here.
                await worker;
                _workers.Remove(queue);
            }
        }
    }

    private async Task ThroughOutagesAsync(Func<CancellationToken, ValueTask> work, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await work(cancel);
                return;
            }
            catch (NpgsqlException outage) when (outage.IsOutage() && !cancel.IsCancellationRequested)
            {
                LogWaits(_logger, outage);
                await Task.Delay(RetryDelay, time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The scan queues could not be read; trying again")]
    private static partial void LogWaits(ILogger logger, Exception error);
}
