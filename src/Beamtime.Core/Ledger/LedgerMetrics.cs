using System.Diagnostics.Metrics;
using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Ledger;

/// <summary>How much is recorded, and how far behind its readers are.</summary>
internal static class LedgerMetrics
{
    private static readonly AreaMeter Meter = new("Ledger");

    /// <summary>Entries appended.</summary>
    public static readonly Counter<long> Entries = Meter.Counter(
        "entries", "{entry}", "Entries appended, those of rolled back transactions included.", "kind");

    /// <summary>Time of an append.</summary>
    public static readonly Histogram<double> AppendDuration = Meter.Histogram(
        "append.duration", "s", "Time of the statement that appends entries and writes their record.", AreaMeter.ShortSeconds);

    /// <summary>Batches that a subscription's handler failed on.</summary>
    public static readonly Counter<long> HandlerFailures = Meter.Counter(
        "subscription.failures", "{failure}", "Failures of a subscription's handler; the same entries are handed to it again.", "subscription");

    /// <summary>How far behind subscriptions are.</summary>
    public static readonly Gauge<double> Lag = Meter.Sampled(
        "subscription.lag", "s", "Age of the oldest entry that a subscription has not passed; 0 when it has passed all.", "subscription");

    /// <summary>Finds how far behind each subscription is.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task SampleAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        await using var ask = database.Source.CreateCommand(
            """
            select c.name, coalesce(extract(epoch from clock_timestamp() - (
                select e.at from entries e where (e.epoch, e.tx, e.position) > (c.epoch, c.tx, c.position)
                order by e.epoch, e.tx, e.position limit 1)), 0)::float8
            from cursors c
            """);
        await using var reader = await ask.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            Lag.Record(Math.Max(0, reader.GetDouble(1)), new KeyValuePair<string, object?>("subscription", reader.GetString(0)));
        }
    }
}
