using System.Diagnostics.Metrics;
using Beamtime.Core.Database;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Jobs;

/// <summary>What becomes of jobs; each is labelled with the kind.</summary>
internal sealed class JobMetrics : IDisposable
{
    private const string Waiting = """
        select queue, kind, count(*), count(*) filter (where run_at <= clock.now),
            coalesce(extract(epoch from clock.now - min(run_at) filter (where run_at <= clock.now)), 0)::float8
        from jobs, (select lease_clock() as now) as clock
        where state = 'Available'
        group by queue, kind, clock.now
        """;

    private const string Running = "select queue, kind, count(*) from jobs where state = 'Running' group by queue, kind";

    private readonly AreaMeter _meter = new("Jobs");
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _completed;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _retried;
    private readonly Counter<long> _dead;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _rescued;
    private readonly Histogram<double> _duration;
    private readonly Gauge<double> _depth;
    private readonly Gauge<double> _due;
    private readonly Gauge<double> _oldest;
    private readonly Gauge<double> _running;

    /// <summary>Opens the meter.</summary>
    public JobMetrics()
    {
        _claimed = _meter.Counter("claimed", "{job}", "Jobs claimed by a worker of this process.", "kind");
        _completed = _meter.Counter("completed", "{job}", "Jobs whose result was accepted.", "kind");
        _failed = _meter.Counter("failed", "{attempt}", "Attempts that failed, by the code of the failure; most are tried again.", "kind", "code");
        _retried = _meter.Counter("retried", "{job}", "Jobs given back after a failure, to be tried again.", "kind");
        _dead = _meter.Counter("dead", "{job}", "Jobs given up: a person has to look at them.", "kind", "code");
        _lost = _meter.Counter("lost", "{attempt}", "Attempts whose hold was lost; their results were refused.", "kind");
        _rescued = _meter.Counter("rescued", "{job}", "Jobs taken back from a silent worker.");
        _duration = _meter.Histogram("duration", "s", "Time from claim to the handler's end.", AreaMeter.LongSeconds, "kind");
        _depth = _meter.Sampled("waiting", "{job}", "Jobs that wait in the database, those not due yet included.", "queue", "kind");
        _due = _meter.Sampled("due", "{job}", "Jobs that are due and wait for a worker.", "queue", "kind");
        _oldest = _meter.Sampled("oldest.age", "s", "Time for which the oldest due job has been waiting.", "queue", "kind");
        _running = _meter.Sampled("running", "{job}", "Jobs that some worker holds.", "queue", "kind");
    }

    /// <summary>A job was claimed.</summary>
    /// <param name="kind">Its kind.</param>
    public void Claimed(string kind) => _claimed.Add(1, Kind(kind));

    /// <summary>A job's result was accepted.</summary>
    /// <param name="kind">Its kind.</param>
    public void Completed(string kind) => _completed.Add(1, Kind(kind));

    /// <summary>An attempt failed.</summary>
    /// <param name="kind">The job's kind.</param>
    /// <param name="code">Why.</param>
    public void Failed(string kind, string code) => _failed.Add(1, Kind(kind), new("code", code));

    /// <summary>A job was given back to be tried again.</summary>
    /// <param name="kind">Its kind.</param>
    public void Retried(string kind) => _retried.Add(1, Kind(kind));

    /// <summary>A job was given up.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="code">Why its last attempt failed.</param>
    public void Buried(string kind, string code) => _dead.Add(1, Kind(kind), new("code", code));

    /// <summary>An attempt's hold was lost.</summary>
    /// <param name="kind">The job's kind.</param>
    public void Lost(string kind) => _lost.Add(1, Kind(kind));

    /// <summary>Jobs were taken back from silent workers.</summary>
    /// <param name="count">How many.</param>
    public void Rescued(int count) => _rescued.Add(count);

    /// <summary>A handler ended.</summary>
    /// <param name="kind">The job's kind.</param>
    /// <param name="duration">Time from its start.</param>
    public void Ran(string kind, TimeSpan duration) => _duration.Record(duration.TotalSeconds, Kind(kind));

    /// <summary>Counts what waits and runs, in all processes.</summary>
    /// <param name="database">The database.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task SampleAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        await using (var ask = database.Source.CreateCommand(Waiting))
        await using (var reader = await ask.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                var (queue, kind) = (Queue(reader.GetString(0)), Kind(reader.GetString(1)));
                _depth.Record(reader.GetInt64(2), queue, kind);
                _due.Record(reader.GetInt64(3), queue, kind);
                _oldest.Record(reader.GetDouble(4), queue, kind);
            }
        }

        await using (var ask = database.Source.CreateCommand(Running))
        await using (var reader = await ask.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel))
            {
                _running.Record(reader.GetInt64(2), Queue(reader.GetString(0)), Kind(reader.GetString(1)));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Kind(string kind) => new("kind", kind);

    private static KeyValuePair<string, object?> Queue(string queue) => new("queue", queue);
}
