using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>How a loop gets through an outage of the database: it says so, waits a moment and asks again.</summary>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes each outage.</param>
internal sealed partial class DatabasePatience(TimeProvider time, ILogger logger)
{
    /// <summary>Asks until the database answers.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="ask">The question; may have been carried out although its answer was lost.</param>
    /// <param name="cancel">Gives up between two attempts.</param>
    public async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> ask, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                await WaitAsync(outage, cancel);
            }
        }
    }

    /// <summary>Asks once; what is given instead during an outage comes after a pause.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="ask">The question.</param>
    /// <param name="otherwise">The answer during an outage.</param>
    /// <param name="cancel">Gives up; an outage is then told by the cancellation alone.</param>
    public async Task<T> UnlessOutageAsync<T>(Func<Task<T>> ask, T otherwise, CancellationToken cancel)
    {
        try
        {
            return await ask();
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            await WaitAsync(outage, cancel);
            return otherwise;
        }
    }

    /// <summary>Says that the database is away and waits a moment.</summary>
    /// <param name="outage">What was thrown.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task WaitAsync(NpgsqlException outage, CancellationToken cancel)
    {
        LogOutage(outage);
        return Task.Delay(DatabaseOutage.Pause, time, cancel);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waits for the database")]
    private partial void LogOutage(Exception outage);
}
