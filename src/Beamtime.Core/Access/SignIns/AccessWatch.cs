using Beamtime.Core.Database;
using Npgsql;

namespace Beamtime.Core.Access.SignIns;

/// <summary>Hears of changed users, and forgets sign-ins that ended long ago.</summary>
/// <param name="callers">What is known of users.</param>
/// <param name="store">The sign-ins.</param>
/// <param name="options">How long they are kept.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessWatch(CallerDirectory callers, SignInStore store, AccessOptions options, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Watches until cancelled.</summary>
    /// <param name="cancel">Ends it.</param>
    public Task RunAsync(CancellationToken cancel) => Task.WhenAll(callers.RunAsync(cancel), PruneAsync(cancel));

    private async Task PruneAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var now = time.GetUtcNow();
                await store.PruneAsync(now - options.KeepSignIns, now - SignInBrake.Memory, cancel);
            }
            catch (NpgsqlException outage) when (outage.IsOutage())
            {
                // Next time.
            }

            await Task.Delay(Interval, time, cancel);
        }
    }
}
