using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>Numbers that only rise, one for each process that publishes between processes.</summary>
/// <param name="source">Connections to the database.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Takes outages.</param>
internal sealed partial class TopicEpochs(NpgsqlDataSource source, TimeProvider time, ILogger<TopicEpochs> log)
{
    /// <summary>The next number; waits while the database is away.</summary>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<long> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                await using var command = source.CreateCommand("select next_topic_epoch()");
                return (long)(await command.ExecuteScalarAsync(cancel))!;
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                LogOutage(outage);
                await Task.Delay(DatabaseOutage.Pause, time, cancel);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Topics wait for the database, for a number of their own")]
    private partial void LogOutage(Exception outage);
}
