using System.Diagnostics;
using System.Threading.Channels;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// Starts the commands of one device in the order they were posted; each completes on its own and is acknowledged.
/// A stop passes the mailbox: it cancels what waits and what is under way, then tells the device.
/// </summary>
internal sealed class DeviceMailbox : IDisposable
{
    private readonly ConfiguredDevice _device;
    private readonly Channel<DeviceCommand> _commands;
    private readonly DeadlineWatch _deadlines;
    private readonly Lock _gate = new();
    private CancellationTokenSource _underWay = new();
    private int _stopCount;

    /// <summary>An empty mailbox.</summary>
    /// <param name="device">Whose it is.</param>
    /// <param name="capacity">Commands that may wait; posting waits when it is full.</param>
    /// <param name="deadlines">Ends overdue commands.</param>
    public DeviceMailbox(ConfiguredDevice device, int capacity, DeadlineWatch deadlines)
    {
        _device = device;
        _deadlines = deadlines;
        _commands = Channel.CreateBounded<DeviceCommand>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
    }

    /// <summary>Posts a command; its task ends when the device has completed it.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancel">Ends the wait for a place in the mailbox.</param>
    /// <exception cref="OperationCanceledException">Cancelled before; nothing is then posted.</exception>
    public ValueTask PostAsync(DeviceCommand command, CancellationToken cancel)
    {
        // Who gives up cancels first and stops then: a command posted late finds one or the other, never neither.
        command.StopCount = Volatile.Read(ref _stopCount);
        cancel.ThrowIfCancellationRequested();
        return _commands.Writer.TryWrite(command) ? ValueTask.CompletedTask : _commands.Writer.WriteAsync(command, cancel);
    }

    /// <summary>Runs the device's commands until cancelled. Never throws for a device's fault: that is the command's.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (await _commands.Reader.WaitToReadAsync(cancel))
        {
            while (_commands.Reader.TryRead(out var command))
            {
                Start(command);
            }
        }
    }

    /// <summary>Cancels what waits and what is under way, then stops the device.</summary>
    /// <param name="cancel">Fires at the stop's own deadline.</param>
    public async ValueTask StopAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _stopCount);
        try
        {
            CancelUnderWay();
        }
        finally
        {
            if (_device.Device is IStoppable stoppable)
            {
                await stoppable.StopAsync(cancel);
            }
        }
    }

    /// <summary>Cancels everything that the device has started and not completed.</summary>
    public void CancelUnderWay()
    {
        CancellationTokenSource old;
        lock (_gate)
        {
            old = _underWay;
            _underWay = new CancellationTokenSource();
        }

        // Not disposed: commands under way still hold its token.
        old.Cancel();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _commands.Writer.TryComplete();
        CancelUnderWay();
    }

    private void Start(DeviceCommand command)
    {
        if (command.Task.IsCompleted)
        {
            return;
        }

        // The token first: a stop that comes after the look at the count has this very token to cancel.
        CancellationToken underWay;
        lock (_gate)
        {
            underWay = _underWay.Token;
        }

        if (command.StopCount != Volatile.Read(ref _stopCount))
        {
            command.TrySetException(DeviceErrors.Stopped.Fault($"{_device.Name} was stopped before {command.Kind} began."));
            return;
        }

        ValueTask started;
        try
        {
            started = StartEffectAsync(command, underWay);
        }
        catch (Exception error)
        {
            command.TrySetException(Named(error, command));
            return;
        }

        if (started.IsCompletedSuccessfully)
        {
            started.GetAwaiter().GetResult();
            command.TrySetResult();
            return;
        }

        _deadlines.Add(command, command.Allowed);
        _ = FinishAsync(command, started);
    }

    // Never throws: what happens becomes the command's acknowledgement.
    private async Task FinishAsync(DeviceCommand command, ValueTask started)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            await started;
            command.TrySetResult();
        }
        catch (Exception error)
        {
            command.TrySetException(Named(error, command));
        }
        finally
        {
            _deadlines.Remove(command);
            DeviceMetrics.CommandDuration.Record(
                Stopwatch.GetElapsedTime(begun).TotalSeconds, DeviceMetrics.KindOf(command.Kind));
        }
    }

    private ValueTask StartEffectAsync(DeviceCommand command, CancellationToken cancel) => (command.Kind, _device.Device) switch
    {
        (OperationKind.Set, ISettable device) => device.SetAsync(command.Signal!, command.Value, cancel),
        (OperationKind.Read, var device) => device.ReadAsync(configuration: false, command.Row, cancel),
        (OperationKind.ReadConfiguration, var device) => device.ReadAsync(configuration: true, command.Row, cancel),
        (OperationKind.Trigger, ITriggered device) => device.TriggerAsync(cancel),
        (OperationKind.Stage, IStaged device) => StageAsync(command, device, cancel),
        (OperationKind.PreScan, IPreScan device) => device.PreScanAsync(cancel),
        (OperationKind.Complete, ICompleting device) => device.CompleteAsync(cancel),
        (OperationKind.Unstage, IAsynchronous device) => UnstageAsync(command, device, cancel),
        (OperationKind.Unstage, IStaged device) => device.UnstageAsync(cancel),
        (OperationKind.Call, ICallable device) => CallAsync(command, device, cancel),
        (OperationKind.Kickoff, IFlyer device) => device.KickoffAsync(command.Flight!.Parameters, cancel),
        (OperationKind.Collect, IFlyer device) => CollectAsync(command, device, cancel),
        (OperationKind.Hold, IHoldable device) => device.HoldAsync(cancel),
        (OperationKind.Resume, IHoldable device) => device.ResumeAsync(cancel),
        (OperationKind.Wait, _) => throw new UnreachableException("Waiting is not a device's business."),
        _ => throw DeviceErrors.Unable.Fault($"{_device.Name} cannot {command.Kind.ToString().ToLowerInvariant()}."),
    };

    private static async ValueTask StageAsync(DeviceCommand command, IStaged device, CancellationToken cancel)
    {
        if (device is IAsynchronous asynchronous && command.Asynchronous is { } recorder)
        {
            command.AsynchronousFile = await recorder.BeginAsync(command.Device.Name, asynchronous, command.Setup!);
        }

        command.Files = await device.StageAsync(command.Setup!, cancel);
    }

    // What it gave is closed also when releasing it fails.
    private static async ValueTask UnstageAsync(DeviceCommand command, IAsynchronous device, CancellationToken cancel)
    {
        try
        {
            await device.UnstageAsync(cancel);
        }
        finally
        {
            if (command.Asynchronous is { } recorder)
            {
                await recorder.EndAsync(command.Device.Name);
            }
        }
    }

    private static async ValueTask CollectAsync(DeviceCommand command, IFlyer device, CancellationToken cancel)
    {
        await foreach (var flown in device.CollectAsync(cancel))
        {
            await command.Take!(flown, cancel);
        }
    }

    private static async ValueTask CallAsync(DeviceCommand command, ICallable device, CancellationToken cancel)
    {
        var given = await device.CallAsync(command.Method!, command.Arguments, cancel);
        command.Row.Span[0] = new Reading(given, default);
    }

    private FaultException Named(Exception error, DeviceCommand command)
    {
        var named = error switch
        {
            FaultException fault => fault,
            OperationCanceledException => DeviceErrors.Stopped.Fault($"{_device.Name} was stopped during {command.Kind}."),
            _ => DeviceErrors.Fault.Fault($"{_device.Name}: {command.Kind} failed: {error.Message}", error),
        };
        DeviceMetrics.CountFailure(_device.Name, named.Reason.Code);
        return named;
    }
}
