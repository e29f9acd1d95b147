using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Telemetry;

/// <summary>
/// Takes all samples when a page of metrics is wanted: side by side, within a deadline, and not more often than once in a
/// shortest interval, however many ask. A sample that fails leaves its gauges out and is counted.
/// </summary>
/// <param name="collector">Where the gauges are shown.</param>
/// <param name="samples">What to sample.</param>
/// <param name="options">The bounds.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Takes failures.</param>
internal sealed partial class MetricSampling(
    MetricCollector collector, IEnumerable<MetricSample> samples, TelemetryOptions options, TimeProvider time,
    ILogger<MetricSampling> log) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private readonly MetricSample[] _samples = [.. samples];
    private long? _takenAt;

    /// <summary>Samples, unless that was done just now, and gives the page.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<string> PageAsync(CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            if (_takenAt is not { } last || time.GetElapsedTime(last) >= options.SampleInterval)
            {
                var begun = time.GetTimestamp();
                collector.BeginRound();
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                deadline.CancelAfter(options.SampleDeadline);
                await Task.WhenAll(_samples.Select(s => TakeAsync(s, deadline.Token)));
                cancel.ThrowIfCancellationRequested();
                TelemetryMetrics.SampleDuration.Record(time.GetElapsedTime(begun).TotalSeconds);
                _takenAt = time.GetTimestamp();
            }

            return MetricsText.Write(collector.Families);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    // A page without some gauges is worth more than none: whatever a sample throws is counted here and told.
    private async Task TakeAsync(MetricSample sample, CancellationToken cancel)
    {
        try
        {
            await sample.TakeAsync(cancel).WaitAsync(cancel);
        }
        catch (Exception error)
        {
            TelemetryMetrics.SampleFailures.Add(1, new KeyValuePair<string, object?>("sample", sample.Name));
            LogFailed(error, sample.Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The metrics of {Sample} could not be sampled")]
    private partial void LogFailed(Exception error, string sample);
}
