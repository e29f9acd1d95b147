using System.Threading.Channels;
using Beamtime.Core.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Jobs;

/// <summary>
/// Completes jobs together: whatever has finished while one statement was on its way goes into the next. Bounded;
/// when it is full, finished handlers wait and the worker claims no more.
/// </summary>
/// <param name="leases">The worker's SQL.</param>
/// <param name="capacity">Finished jobs that may wait.</param>
/// <param name="settled">Told of each job whether its result was accepted; must not throw.</param>
/// <param name="time">The clock of the pause in an outage.</param>
/// <param name="logger">Where outages are told.</param>
internal sealed partial class JobCompletions(
    JobLeases leases, int capacity, Action<ClaimedJob, bool> settled, TimeProvider time, ILogger logger)
{
    private const int Batch = 200;

    private readonly Channel<ClaimedJob> _finished = Channel.CreateBounded<ClaimedJob>(
        new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    /// <summary>Adds a job whose handler has finished.</summary>
    /// <param name="job">The job under its fence.</param>
    /// <param name="cancel">Ends the wait for room.</param>
    public ValueTask AddAsync(ClaimedJob job, CancellationToken cancel) => _finished.Writer.WriteAsync(job, cancel);

    /// <summary>No more will be added: the loop ends once all are written.</summary>
    public void Close() => _finished.Writer.Complete();

    /// <summary>Writes completions until closed.</summary>
    /// <param name="cancel">Gives up what is not yet written; their leases run out.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        var batch = new List<ClaimedJob>(Batch);
        while (await _finished.Reader.WaitToReadAsync(cancel))
        {
            while (batch.Count < Batch && _finished.Reader.TryRead(out var job))
            {
                batch.Add(job);
            }

            await WriteAsync(batch, cancel);
            batch.Clear();
        }
    }

    private async Task WriteAsync(List<ClaimedJob> batch, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var accepted = (await leases.CompleteAsync(batch, cancel)).ToHashSet();
                foreach (var job in batch)
                {
                    // Not accepted now may mean accepted before an outage swallowed the answer.
                    settled(job, accepted.Contains(job.Id)
                        || await leases.StateAsync(job, cancel) == JobState.Succeeded);
                }

                return;
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                LogOutage(batch.Count, outage);
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} finished jobs wait for the database")]
    private partial void LogOutage(int count, Exception outage);
}
