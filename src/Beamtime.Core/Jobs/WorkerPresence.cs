using Beamtime.Core.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Jobs;

/// <summary>Tells every so often that a worker lives, until its last handler has ended; one that is killed falls silent.</summary>
/// <param name="register">The rows of all workers.</param>
/// <param name="worker">What this one says of itself.</param>
/// <param name="running">Jobs that it runs just now.</param>
/// <param name="every">How often.</param>
/// <param name="time">The clock of the pauses.</param>
/// <param name="logger">Hears of outages.</param>
internal sealed partial class WorkerPresence(
    WorkerRegister register, WorkerRow worker, Func<int> running, TimeSpan every, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);

    /// <summary>Tells until cancelled, then takes the worker out.</summary>
    /// <param name="cancel">Set once nothing runs any more.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                try
                {
                    await register.BeatAsync(worker, running(), cancel);
                }
                catch (NpgsqlException outage) when (outage.IsOutage() && !cancel.IsCancellationRequested)
                {
                    LogOutage(outage);
                }

                await Task.Delay(every, time, cancel);
            }
        }
        finally
        {
            await LeaveAsync();
        }
    }

    private async Task LeaveAsync()
    {
        using var deadline = new CancellationTokenSource(LeaveLimit, time);
        try
        {
            await register.LeaveAsync(worker.Id, deadline.Token);
        }
        catch (Exception outage) when (outage is OperationCanceledException or NpgsqlException)
        {
            // After a while its row says that it is lost.
            LogOutage(outage);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The worker's presence waits for the database")]
    private partial void LogOutage(Exception outage);
}
