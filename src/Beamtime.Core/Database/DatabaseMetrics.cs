using System.Diagnostics.Metrics;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Database;

/// <summary>How the database fares.</summary>
internal static class DatabaseMetrics
{
    private const string Driver = "Npgsql";
    private static readonly AreaMeter Meter = new("Database");

    /// <summary>Statements that found the database out of reach.</summary>
    public static readonly Counter<long> Outages = Meter.Counter(
        "outages", "{statement}", "Statements that failed because the database was out of reach, stopping or out of resources.");

    /// <summary>Starts of the private cluster's server.</summary>
    public static readonly Counter<long> Starts = Meter.Counter(
        "cluster.starts", "{start}", "Starts of the private cluster's server; every one after the first followed a crash.");

    /// <summary>Whether it answers.</summary>
    public static readonly Gauge<double> Up = Meter.Sampled("up", "{boolean}", "1 when the database answers, else 0.");

    /// <summary>How fast it answers.</summary>
    public static readonly Gauge<double> RoundTrip = Meter.Sampled("round.trip", "s", "Time of one empty statement.");

    /// <summary>What the driver measures, under our names.</summary>
    public static IReadOnlyList<BorrowedMetric> Borrowed { get; } =
    [
        new(Driver, "db.client.connection.count", new MetricDeclaration
        {
            Instrument = "beamtime.database.connections",
            Kind = MetricKind.Gauge,
            Unit = "{connection}",
            Help = "Connections of this process by pool and state: used or idle.",
            Labels = ["pool", "state"],
            Tags = ["db.client.connection.pool.name", "db.client.connection.state"],
            IsSampled = true,
        }),
        new(Driver, "db.client.connection.max", new MetricDeclaration
        {
            Instrument = "beamtime.database.connection.limit",
            Kind = MetricKind.Gauge,
            Unit = "{connection}",
            Help = "Connections that a pool may open.",
            Labels = ["pool"],
            Tags = ["db.client.connection.pool.name"],
            IsSampled = true,
        }),
        new(Driver, "db.client.connection.npgsql.pending_requests", new MetricDeclaration
        {
            Instrument = "beamtime.database.connection.waiting",
            Kind = MetricKind.Gauge,
            Unit = "{request}",
            Help = "Who waits for a connection of a pool.",
            Labels = ["pool"],
            Tags = ["db.client.connection.pool.name"],
            IsSum = true,
        }),
        new(Driver, "db.client.connection.npgsql.timeouts", new MetricDeclaration
        {
            Instrument = "beamtime.database.connection.timeouts",
            Kind = MetricKind.Counter,
            Unit = "{timeout}",
            Help = "Times nobody gave back a connection soon enough.",
            Labels = ["pool"],
            Tags = ["db.client.connection.pool.name"],
            IsSum = true,
        }),
    ];

    /// <summary>Asks the database whether it answers, and how fast.</summary>
    /// <param name="database">The database.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task SampleAsync(BeamtimeDatabase database, TimeProvider time, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        try
        {
            await using var ask = database.Source.CreateCommand("select 1");
            await ask.ExecuteScalarAsync(cancel);
            RoundTrip.Record(time.GetElapsedTime(begun).TotalSeconds);
            Up.Record(1);
        }
        catch
        {
            Up.Record(0);
            throw;
        }
    }
}
