using Beamtime.Core.Database;

namespace Beamtime.Tests.Support;

/// <summary>Keeps the program out of one test's database for a while, as a server does that stops and starts.</summary>
internal static class DatabaseOutages
{
    /// <summary>Ends the program's connections and admits no new ones until the outage is disposed.</summary>
    public static async Task<IAsyncDisposable> BeginOutageAsync(this BeamtimeDatabase database, CancellationToken cancel)
    {
        await LimitAsync(database, 0, cancel);
        await using var end = database.Owner.CreateCommand(
            """
            select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity
            where datname = current_database() and usename <> current_user
            """);
        await end.ExecuteNonQueryAsync(cancel);
        return new Outage(database);
    }

    private static async Task LimitAsync(BeamtimeDatabase database, int connections, CancellationToken cancel)
    {
        await using var limit = database.Owner.CreateCommand(
            $"do $$ begin execute format('alter database %I connection limit {connections}', current_database()); end $$");
        await limit.ExecuteNonQueryAsync(cancel);
    }

    private sealed class Outage(BeamtimeDatabase database) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await LimitAsync(database, -1, CancellationToken.None);
    }
}
