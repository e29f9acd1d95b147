using Npgsql;

namespace Beamtime.Core.Database;

/// <summary>Tells an outage, after which the same statement may succeed, from a bug in the statement.</summary>
internal static class DatabaseOutage
{
    /// <summary>The pause before the statement is tried again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Whether the database was unreachable, stopping, out of resources or in conflict; counted if so.</summary>
    /// <param name="exception">What the driver threw.</param>
    public static bool IsOutage(this NpgsqlException exception)
    {
        // Class 57P is an operator's intervention (stop, crash of a sibling, start-up); 08 a lost connection.
        var isOutage = exception.IsTransient || exception is PostgresException { SqlState: ['5', '7', 'P', ..] or ['0', '8', ..] };
        if (isOutage)
        {
            DatabaseMetrics.Outages.Add(1);
        }

        return isOutage;
    }
}
