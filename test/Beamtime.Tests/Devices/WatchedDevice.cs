using System.Collections.Concurrent;
using Beamtime.Sdk.Devices;

namespace Beamtime.Tests.Devices;

/// <summary>A device that tells what was asked of it and completes each call only when the test lets it.</summary>
internal sealed class WatchedDevice : IDevice, ISettable, ITriggered, IStaged, IPreScan, ICompleting, IStoppable
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _begun = new();
    private readonly ConcurrentQueue<string> _calls = new();
    private double _value;

    public WatchedDevice(DeviceConfiguration configuration)
    {
        Name = configuration.Name;
        foreach (var operation in configuration.Text("hold", "", "operations that end when the test says so").Split(' '))
        {
            Hold(operation);
        }

        Signals =
        [
            new Signal { Name = $"{Name}_state", Type = SignalType.Text },
            new Signal
            {
                Name = Name, Kind = SignalKind.Hinted, IsSettable = true, Unit = "mm",
                Limits = configuration.Range("limits", "limits, mm"),
            },
            new Signal { Name = $"{Name}_gain", Kind = SignalKind.Config, IsSettable = true },
        ];
    }

    public string Name { get; }

    public IReadOnlyList<Signal> Signals { get; }

    /// <summary>What was called, in order; an operation that was cancelled as <c>operation!</c>.</summary>
    public IReadOnlyList<string> Calls => [.. _calls];

    public bool IsStaged { get; private set; }

    public bool ThrowsInCancellation { get; set; }

    public double Value => Volatile.Read(ref _value);

    public void Hold(string operation) =>
        _held[operation] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release(string operation)
    {
        if (_held.TryRemove(operation, out var held))
        {
            held.TrySetResult();
        }
    }

    /// <summary>Ends when the operation has begun for the first time.</summary>
    public Task BegunAsync(string operation) => FirstOf(operation).Task;

    public ValueTask ConnectAsync(CancellationToken cancel) => CallAsync("connect", cancel);

    public async ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
    {
        await CallAsync(configuration ? "configuration" : "read", cancel);
        if (configuration)
        {
            row.Span[0] = new Reading(Sdk.Devices.Value.Of(1.0), default);
            return;
        }

        row.Span[0] = new Reading(Sdk.Devices.Value.Of("well"), default);
        row.Span[1] = new Reading(Sdk.Devices.Value.Of(Value), default);
    }

    public async ValueTask SetAsync(Signal signal, Value value, CancellationToken cancel)
    {
        await CallAsync($"set {value}", cancel);
        Volatile.Write(ref _value, value.AsDouble());
    }

    public ValueTask TriggerAsync(CancellationToken cancel) => CallAsync("trigger", cancel);

    public async ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        IsStaged = true;
        await CallAsync("stage", cancel);
        return [];
    }

    public async ValueTask UnstageAsync(CancellationToken cancel)
    {
        await CallAsync("unstage", cancel);
        IsStaged = false;
    }

    public ValueTask PreScanAsync(CancellationToken cancel) => CallAsync("prescan", cancel);

    public ValueTask CompleteAsync(CancellationToken cancel) => CallAsync("complete", cancel);

    public ValueTask StopAsync(CancellationToken cancel) => CallAsync("stop", cancel);

    public ValueTask DisposeAsync()
    {
        _calls.Enqueue("dispose");
        return ValueTask.CompletedTask;
    }

    private TaskCompletionSource FirstOf(string operation) =>
        _begun.GetOrAdd(operation, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private async ValueTask CallAsync(string call, CancellationToken cancel)
    {
        var operation = call.Split(' ')[0];
        _calls.Enqueue(call);
        if (!_held.TryGetValue(call, out var held) && !_held.TryGetValue(operation, out held))
        {
            FirstOf(operation).TrySetResult();
            return;
        }

        _ = cancel.Register(() =>
        {
            if (ThrowsInCancellation)
            {
                throw new InvalidOperationException("The driver stumbles over its cancellation.");
            }
        });
        FirstOf(operation).TrySetResult();
        try
        {
            await held.Task.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            _calls.Enqueue(call + "!");
            throw;
        }
    }
}
