using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using Beamtime.Control.Devices;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Scans;
using Beamtime.Core.Access;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Points;

/// <summary>A column of live points.</summary>
/// <param name="Device">The device.</param>
/// <param name="Signal">The signal.</param>
/// <param name="Unit">Unit symbol.</param>
/// <param name="Index">Index in a point's values.</param>
internal sealed record LiveColumn(string Device, string Signal, string? Unit, int Index);

/// <summary>How far a device of a running scan is.</summary>
/// <param name="Device">The device.</param>
/// <param name="Value">What is done.</param>
/// <param name="Most">What there is to do, in the same unit.</param>
/// <param name="IsDone">Whether it has ended.</param>
internal sealed record LiveProgress(string Device, double Value, double Most, bool IsDone);

/// <summary>What a viewer of live points is told.</summary>
internal sealed record LiveEvent
{
    /// <summary>The scan's number; 0 in the first event, which only says that the viewer is subscribed.</summary>
    public required int Scan { get; init; }

    /// <summary>The hinted columns, at the opening.</summary>
    public IReadOnlyList<LiveColumn>? Columns { get; init; }

    /// <summary>Points planned, at the opening.</summary>
    public int? PlannedPoints { get; init; }

    /// <summary>The point's id.</summary>
    public int? Point { get; init; }

    /// <summary>Values of the hinted columns; null for a gap or a value that is not a number.</summary>
    public IReadOnlyList<double?>? Values { get; init; }

    /// <summary>How far a device of the scan is, as it tells itself.</summary>
    public LiveProgress? Progress { get; init; }

    /// <summary>How the scan ended, at the end.</summary>
    public string? End { get; init; }

    /// <summary>Why it ended early, at the end.</summary>
    public IReadOnlyList<string>? Reasons { get; init; }
}

/// <summary>JSON of live points.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LiveEvent))]
internal sealed partial class PointJson : JsonSerializerContext;

/// <summary>Points while they are taken, thinned for viewers: a viewer that is slow misses points, never the scan.</summary>
internal static class PointApi
{
    private const int MostPerRead = 64;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the stream of live points.</summary>
        public IEndpointRouteBuilder MapPoints()
        {
            routes.MapGet("/points/live", Live).RequirePermission("scans.read")
                .WithSummary("Server-sent events: openings, thinned points, progress of devices and ends of the beamline's scans");
            routes.MapGet("/points/asynchronous", Asynchronous).RequirePermission("scans.read")
                .WithSummary("Server-sent events: how far the asynchronous signals of running scans are in their files");
            return routes;
        }
    }

    private static IResult Asynchronous(DeviceTopics topics, TimeProvider time, CancellationToken cancel) =>
        TypedResults.ServerSentEvents(IndicesAsync(topics, time, cancel));

    // The newest of each signal: who is slow misses older ones, which it tells too.
    private static async IAsyncEnumerable<SseItem<AsynchronousIndex>> IndicesAsync(
        DeviceTopics topics, TimeProvider time, [EnumeratorCancellation] CancellationToken cancel)
    {
        var signal = new TopicSignal();
        using var subscription = topics.AsynchronousIndices.SubscribeLossy(signal);
        var batch = new AsynchronousIndex[256];
        yield return new SseItem<AsynchronousIndex>(new AsynchronousIndex(Guid.Empty, "", "", 0, [], time.GetUtcNow()), "subscribed");
        while (!cancel.IsCancellationRequested)
        {
            var count = subscription.Read(batch);
            foreach (var newest in batch.Take(count).GroupBy(i => (i.Scan, i.Device, i.Signal)).Select(g => g.Last()).ToArray())
            {
                yield return new SseItem<AsynchronousIndex>(newest);
            }

            if (count == 0)
            {
                await signal.WaitAsync(cancel);
            }

            await Task.Delay(Interval, time, cancel);
        }
    }

    private static IResult Live(
        PointTopics topics, DeviceTopics devices, TimeProvider time, CancellationToken cancel) =>
        TypedResults.ServerSentEvents(EventsAsync(topics, devices.Progress, time, cancel));

    /// <summary>What one viewer is told, beginning with the openings of the scans that run.</summary>
    /// <param name="topics">Openings, points and ends, and the scans that run.</param>
    /// <param name="progress">How far devices are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Ends the stream.</param>
    internal static async IAsyncEnumerable<SseItem<LiveEvent>> EventsAsync(
        PointTopics topics,
        Topic<DeviceProgressed> progress,
        TimeProvider time,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var signal = new TopicSignal();
        using var subscription = topics.Points.SubscribeLossy(signal);
        using var advances = progress.SubscribeLossy(signal);
        Dictionary<Guid, (int Number, int[] Indices)> open = [];
        Dictionary<string, int> users = new(StringComparer.Ordinal);
        var batch = new ScanDocument[4096];
        var advanced = new DeviceProgressed[256];
        // Without a first event the answer's head would wait for the next scan.
        yield return new SseItem<LiveEvent>(new LiveEvent { Scan = 0 }, "subscribed");
        // At first, and whenever this viewer was so slow that it may have missed an opening.
        var skipped = -1L;
        while (!cancel.IsCancellationRequested)
        {
            var count = subscription.Read(batch);
            if (skipped != subscription.Skipped)
            {
                skipped = subscription.Skipped;
                foreach (var opened in (await topics.Open.LastAsync(cancel))?.Message.Scans ?? [])
                {
                    if (Told(opened, open, users, isKept: true) is { } told)
                    {
                        yield return new SseItem<LiveEvent>(told);
                    }
                }
            }

            var stride = Math.Max(1, count / MostPerRead);
            for (var i = 0; i < count; i++)
            {
                if (Told(batch[i], open, users, isKept: i % stride == 0 || i == count - 1) is { } told)
                {
                    yield return new SseItem<LiveEvent>(told);
                }
            }

            // The newest of each device that a running scan has.
            var further = advances.Read(advanced);
            foreach (var (newest, number) in advanced.Take(further).GroupBy(a => a.Device).Select(g => g.Last())
                .Where(a => users.ContainsKey(a.Device)).Select(a => (a, users[a.Device])).ToArray())
            {
                yield return new SseItem<LiveEvent>(new LiveEvent
                {
                    Scan = number, Progress = new LiveProgress(newest.Device, newest.Value, newest.Most, newest.IsDone),
                });
            }

            if (count == 0 && further == 0)
            {
                await signal.WaitAsync(cancel);
            }

            await Task.Delay(Interval, time, cancel);
        }
    }

    private static LiveEvent? Told(
        ScanDocument document, Dictionary<Guid, (int Number, int[] Indices)> open, Dictionary<string, int> users, bool isKept)
    {
        switch (document)
        {
            case ScanOpened opened when !open.ContainsKey(opened.Scan):
                LiveColumn[] columns =
                [
                    .. opened.Columns.SelectMany(c => c.Signals
                        .Select((s, i) => (Signal: s, Index: c.Offset + i))
                        .Where(s => s.Signal.Kind == SignalKind.Hinted)
                        .Select(s => new LiveColumn(c.Device, s.Signal.Name, s.Signal.Unit, s.Index))),
                ];
                open[opened.Scan] = (opened.Number, [.. columns.Select(c => c.Index)]);
                foreach (var device in opened.ReadoutGroups.Values.SelectMany(g => g).Concat(opened.Motors))
                {
                    users[device] = opened.Number;
                }

                return new LiveEvent { Scan = opened.Number, Columns = columns, PlannedPoints = opened.PlannedPoints };
            case Point point when isKept && open.TryGetValue(point.Scan, out var scan):
                return new LiveEvent
                {
                    Scan = scan.Number,
                    Point = point.Id,
                    Values = [.. scan.Indices.Select(i => NumberOf(point.Row[i].Value))],
                };
            case ScanClosed closed when open.Remove(closed.Scan, out var ended):
                foreach (var device in users.Where(u => u.Value == ended.Number).Select(u => u.Key).ToArray())
                {
                    users.Remove(device);
                }

                return new LiveEvent
                {
                    Scan = ended.Number,
                    End = closed.End.ToString(),
                    Reasons = [.. closed.Reasons.Select(r => r.Message)],
                };
            default:
                return null;
        }
    }

    private static double? NumberOf(Value value) =>
        value.Type is SignalType.Float or SignalType.Integer or SignalType.Boolean
            ? value.AsDouble()
            : null;
}
