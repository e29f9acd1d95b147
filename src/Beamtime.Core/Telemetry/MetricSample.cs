namespace Beamtime.Core.Telemetry;

/// <summary>Finds out the values of some sampled gauges, for one page of metrics.</summary>
/// <param name="Name">What is sampled, for the counter of failures and the log.</param>
/// <param name="TakeAsync">Sets the gauges; short, and at most once at a time.</param>
internal sealed record MetricSample(string Name, Func<CancellationToken, Task> TakeAsync);
