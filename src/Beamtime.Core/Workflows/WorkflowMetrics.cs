using System.Diagnostics.Metrics;
using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Workflows;

/// <summary>What becomes of workflows and their steps.</summary>
internal static class WorkflowMetrics
{
    private static readonly AreaMeter Meter = new("Workflows");

    /// <summary>Runs of steps by how they ended.</summary>
    public static readonly Counter<long> Steps = Meter.Counter(
        "steps", "{step}", "Steps that were run, by outcome: finished, failed or postponed; remembered ones are not run.", "outcome");

    /// <summary>Workflows by state.</summary>
    public static readonly Gauge<double> Live = Meter.Sampled(
        "live", "{workflow}", "Workflows that have not ended, in all processes.", "kind", "state");

    /// <summary>A step was run.</summary>
    /// <param name="outcome">How it ended.</param>
    public static void Count(string outcome) => Steps.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <summary>Counts what has not ended.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task SampleAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        await using var ask = database.Source.CreateCommand(
            "select kind, state, count(*) from workflows where finished_at is null group by kind, state");
        await using var reader = await ask.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            Live.Record(
                reader.GetInt64(2),
                new KeyValuePair<string, object?>("kind", reader.GetString(0)),
                new KeyValuePair<string, object?>("state", reader.GetString(1)));
        }
    }
}
