using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Tomography;

/// <summary>Runs a scan's code on simulated devices, and writes down what it did.</summary>
internal sealed class RehearsedScan(DeviceBench bench, ScanPlan plan, string camera) : ScanContext
{
    private readonly double[] _at = [.. plan.Motors.Select(_ => double.NaN)];

    public override Guid Id { get; } = Guid.CreateVersion7(bench.Clock.GetUtcNow());

    public override ScanPlan Plan => plan;

    public override int PointsTaken => Points.Count;

    public override TimeProvider Time => bench.Clock;

    /// <summary>Own values and the camera's frame index and mean, a row a point.</summary>
    public List<(long FrameType, double Theta, long Frame, double Mean)> Points { get; } = [];

    /// <summary>Everything the scan asked for, in order.</summary>
    public List<string> Journal { get; } = [];

    /// <summary>What happens after a point, by how many were taken.</summary>
    public Func<int, Task> AfterPoint { get; set; } = _ => Task.CompletedTask;

    public override async ValueTask TakePointAsync(
        ReadOnlyMemory<double> positions, ReadOnlyMemory<Value> own, CancellationToken cancel)
    {
        for (var axis = 0; axis < positions.Length; axis++)
        {
            if (positions.Span[axis] != _at[axis])
            {
                _at[axis] = positions.Span[axis];
                await bench.Device(plan.Motors[axis]).Set(plan.Motors[axis], _at[axis]).Soon();
            }
        }

        var trigger = ((ITriggered)bench.Device(camera)).TriggerAsync(cancel).AsTask();
        bench.Clock.Advance(TimeSpan.FromSeconds(plan.ExposureSeconds));
        await trigger.Soon();
        var device = bench.Device(camera);
        Points.Add((
            own.Span[0].AsInteger(),
            own.Span[1].AsDouble(),
            device.Read($"{camera}_frame").AsInteger(),
            device.Read($"{camera}_mean").AsDouble()));
        await AfterPoint(Points.Count);
    }

    public override async ValueTask SetAsync(
        IReadOnlyList<(string Device, Value Target)> targets, CancellationToken cancel)
    {
        foreach (var (name, target) in targets)
        {
            var parts = name.Split('.', 2);
            Journal.Add($"{name}={target}");
            await bench.Device(parts[0]).Set(parts[^1], target.AsDouble()).Soon();
            var axis = plan.Motors.Index().Where(motor => motor.Item == name).Select(motor => motor.Index);
            foreach (var i in axis)
            {
                _at[i] = target.AsDouble();
            }
        }
    }

    public override ValueTask<Value> ReadAsync(string device, CancellationToken cancel)
    {
        var hinted = bench.Device(device).Signals.First(signal => signal.Kind == SignalKind.Hinted);
        return ValueTask.FromResult(bench.Device(device).Read(hinted.Name));
    }

    public override bool IsHeld => false;

    public override int TimesHeld => 0;

    public override ValueTask StopAsync(IReadOnlyList<string> devices, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask CheckpointAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    public override ValueTask<StartedAction> StartAsync(
        IReadOnlyList<(string Device, Value Target)> targets, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask TriggerAsync(CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask ReadPointAsync(ReadOnlyMemory<Value> own, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask<IReadOnlyDictionary<string, Reading[]>> ReadManuallyAsync(
        IReadOnlyList<string> devices, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask PublishPointAsync(
        IReadOnlyDictionary<string, Reading[]> readings, ReadOnlyMemory<Value> own, CancellationToken cancel) =>
        throw Unrehearsed();

    public override ValueTask<Value> CallAsync(
        string device, string method, IReadOnlyList<Value> arguments, CancellationToken cancel) => throw Unrehearsed();

    public override IAsyncEnumerable<Reading> FollowAsync(string device, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask<int> FlyAsync(Flight flight, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask<ScanStep?> NextStepAsync(TimeSpan idle, CancellationToken cancel) => throw Unrehearsed();

    public override void EndStep(ScanStep step, IReadOnlyList<Beamtime.Sdk.Errors.Reason> reasons) => throw Unrehearsed();

    public override ValueTask StageAsync(string? device, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask PreScanAsync(CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask CompleteAsync(string? device, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask UnstageAsync(string? device, CancellationToken cancel) => throw Unrehearsed();

    public override ValueTask WaitAsync(TimeSpan pause, CancellationToken cancel) => throw Unrehearsed();

    public override void Report(ScanReport report) => Journal.Add($"# {report.Kind}");

    public override void Note(string name, string value) => Journal.Add($"# {name}={value}");

    public override void Warn(Beamtime.Sdk.Errors.Reason warning) => Journal.Add($"# {warning.Code}");

    private static InvalidOperationException Unrehearsed() => new("No tomography scan asks for this.");

    public override void Report(string phase) => Journal.Add($"# {phase}");
}
