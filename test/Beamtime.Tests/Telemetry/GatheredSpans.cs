using System.Collections.Concurrent;
using System.Diagnostics;
using Beamtime.Core.Telemetry;

namespace Beamtime.Tests.Telemetry;

/// <summary>Gathers the spans of one trace while other tests of this process make theirs.</summary>
internal sealed class GatheredSpans : IDisposable
{
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();

    /// <param name="isEvery">True for the spans of every trace.</param>
    public GatheredSpans(bool isEvery = false)
    {
        TraceId = ActivityTraceId.CreateRandom();
        Root = ActivitySpanId.CreateRandom();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Tracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => isEvery || options.TraceId == TraceId
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (isEvery || span.TraceId == TraceId)
                {
                    _ended.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public ActivityTraceId TraceId { get; }

    public ActivitySpanId Root { get; }

    /// <summary>What a caller with a trace of its own sends along.</summary>
    public string TraceParent => $"00-{TraceId}-{Root}-01";

    public IReadOnlyList<Activity> Ended => [.. _ended];

    public async Task<Activity> WaitForAsync(Func<Activity, bool> which, CancellationToken cancel)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (Ended.FirstOrDefault(which) is { } found)
            {
                return found;
            }

            Assert.True(
                TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), string.Join(", ", Ended.Select(s => s.DisplayName)));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, cancel);
        }
    }

    public void Dispose() => _listener.Dispose();
}
