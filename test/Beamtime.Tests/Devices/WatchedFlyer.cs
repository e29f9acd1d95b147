using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Beamtime.Sdk.Devices;

namespace Beamtime.Tests.Devices;

/// <summary>A flyer that gives what the test gives it, and tells what was asked of it.</summary>
internal sealed class WatchedFlyer(DeviceConfiguration configuration) : IDevice, IFlyer, IHoldable, IStoppable, IStaged
{
    private readonly ConcurrentQueue<string> _calls = new();
    private readonly string _name = configuration.Name;
    private Channel<FlownReadings> _given = Channel.CreateUnbounded<FlownReadings>();
    private TaskCompletionSource<FlightParameters> _flight = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<Signal> Signals { get; } = [new Signal { Name = configuration.Name, Kind = SignalKind.Hinted }];

    public IReadOnlyList<string> Calls => [.. _calls];

    public bool IsStaged { get; private set; }

    /// <summary>What it was kicked off with, as soon as it is.</summary>
    public Task<FlightParameters> KickedOffAsync() => _flight.Task;

    public void Give(int index, params double[] values) => _given.Writer.TryWrite(
        new FlownReadings(index, [.. values.Select(v => new Reading(Value.Of(v), default))]));

    public void End(Exception? error = null) => _given.Writer.TryComplete(error);

    public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

    public ValueTask ReadAsync(bool isConfiguration, Memory<Reading> row, CancellationToken cancel)
    {
        if (!isConfiguration)
        {
            row.Span[0] = new Reading(Value.Of(-1.0), default);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask KickoffAsync(FlightParameters flight, CancellationToken cancel)
    {
        _calls.Enqueue("kickoff");
        _flight.TrySetResult(flight);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<FlownReadings> CollectAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var readings in _given.Reader.ReadAllAsync(cancel))
        {
            yield return readings;
        }

        _calls.Enqueue($"{_name} over");
    }

    public ValueTask HoldAsync(CancellationToken cancel) => CallAsync("hold");

    public ValueTask ResumeAsync(CancellationToken cancel) => CallAsync("resume");

    public ValueTask StopAsync(CancellationToken cancel) => CallAsync("stop");

    public ValueTask<IReadOnlyList<FrameFile>> StageAsync(ScanSetup scan, CancellationToken cancel)
    {
        (_given, _flight, IsStaged) = (
            Channel.CreateUnbounded<FlownReadings>(),
            new TaskCompletionSource<FlightParameters>(TaskCreationOptions.RunContinuationsAsynchronously),
            true);
        _calls.Enqueue("stage");
        return ValueTask.FromResult<IReadOnlyList<FrameFile>>([]);
    }

    public ValueTask UnstageAsync(CancellationToken cancel)
    {
        IsStaged = false;
        return CallAsync("unstage");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask CallAsync(string call)
    {
        _calls.Enqueue(call);
        return ValueTask.CompletedTask;
    }
}
