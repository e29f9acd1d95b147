using System.Diagnostics.Metrics;

namespace Beamtime.Core.Jobs;

/// <summary>The queue's counters, under the meter <c>Beamtime.Jobs</c>; each is tagged with the kind, and what waits with its queue.</summary>
internal sealed class JobMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string Name = "Beamtime.Jobs";

    private readonly Meter _meter;
    private readonly Counter<long> _claimed;
    private readonly Counter<long> _completed;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _rescued;
    private readonly Counter<long> _retried;
    private readonly Counter<long> _buried;
    private readonly Histogram<double> _duration;
    private volatile (WorkQueueRecord Queue, double OldestSeconds)[] _queues = [];

    /// <summary>Opens the meter.</summary>
    public JobMetrics()
    {
        _meter = new Meter(Name);
        _claimed = _meter.CreateCounter<long>("beamtime.jobs.claimed", "{job}", "Jobs claimed by a worker.");
        _completed = _meter.CreateCounter<long>("beamtime.jobs.completed", "{job}", "Jobs whose result was accepted.");
        _failed = _meter.CreateCounter<long>("beamtime.jobs.failed", "{attempt}", "Attempts that failed; tagged with the code.");
        _lost = _meter.CreateCounter<long>("beamtime.jobs.lost", "{attempt}", "Attempts whose hold was lost.");
        _rescued = _meter.CreateCounter<long>("beamtime.jobs.rescued", "{job}", "Jobs taken back from a silent worker.");
        _retried = _meter.CreateCounter<long>("beamtime.jobs.retried", "{job}", "Jobs given back to be tried again after a failure.");
        _buried = _meter.CreateCounter<long>("beamtime.jobs.buried", "{job}", "Jobs given up by their worker.");
        _meter.CreateObservableGauge("beamtime.jobs.waiting", () => Each(q => q.Queue.Waiting), "{job}", "Jobs that wait, by queue.");
        _meter.CreateObservableGauge("beamtime.jobs.running", () => Each(q => q.Queue.Running), "{job}", "Jobs that run, by queue.");
        _meter.CreateObservableGauge("beamtime.jobs.dead", () => Each(q => q.Queue.Dead), "{job}", "Dead jobs that are kept, by queue.");
        _meter.CreateObservableGauge("beamtime.jobs.oldest", () => Each(q => q.OldestSeconds), "s", "How long the first due job waits, by queue.");
        _duration = _meter.CreateHistogram<double>("beamtime.jobs.duration", "s", "Time from claim to the handler's end.");
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

    /// <summary>A job was given back to be tried again.</summary>
    /// <param name="kind">Its kind.</param>
    public void Retried(string kind) => _retried.Add(1, Kind(kind));

    /// <summary>A job was given up.</summary>
    /// <param name="kind">Its kind.</param>
    public void Buried(string kind) => _buried.Add(1, Kind(kind));

    /// <summary>The queues were looked at.</summary>
    /// <param name="queues">What waits and runs in them.</param>
    /// <param name="now">The present.</param>
    public void Saw(IReadOnlyList<WorkQueueRecord> queues, DateTimeOffset now) =>
        _queues = [.. queues.Select(q => (q, q.OldestDueAt is { } at ? Math.Max(0, (now - at).TotalSeconds) : 0))];

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<T>> Each<T>(Func<(WorkQueueRecord Queue, double OldestSeconds), T> figure)
        where T : struct =>
        _queues.Select(q => new Measurement<T>(figure(q), new KeyValuePair<string, object?>("queue", q.Queue.Name)));

    private static KeyValuePair<string, object?> Kind(string kind) => new("kind", kind);
}
