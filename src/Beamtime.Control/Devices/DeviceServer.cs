using System.Diagnostics;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>
/// Carries out instructions on the devices of the roster: operations of a phase in parallel, phases one after the
/// other. Readings of a point go to the readings topic; a reading that does not come in time is a gap there.
/// </summary>
internal sealed partial class DeviceServer(
    DeviceRoster roster,
    DeviceTopics topics,
    OwnerEpoch owner,
    DeviceOptions options,
    TimeProvider time,
    ILogger<DeviceServer> logger)
{
    private readonly InstructionMemory _memory = new();
    private readonly AsynchronousRecorder _asynchronous = new(topics.AsynchronousIndices, options, time, logger);
    private readonly HashSet<string> _staged = new(StringComparer.Ordinal);
    private readonly DeviceFlights _flights = new(roster, time);
    private Func<Instruction, CancellationToken, ValueTask<InstructionDone>>? _carryOut;
    private volatile bool _isInUse;

    /// <summary>This device server; another one after each start.</summary>
    public Guid Id { get; } = Guid.CreateVersion7(time.GetUtcNow());

    /// <summary>Runs all mailboxes, answers instructions and stops until cancelled, and watches for the owner.</summary>
    /// <param name="cancel">Ends the server; devices are not stopped by it.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        List<Task> loops = [.. roster.Usable.Select(d => d.Mailbox.RunAsync(cancel))];
        loops.Add(topics.Instructions.ServeAsync(ExecuteAsync, cancel));
        loops.Add(topics.Stops.ServeAsync(
            async (stop, _) => new StopDone(await StopAsync(stop.Devices)), cancel));
        loops.Add(WatchOwnerAsync(cancel));
        await Task.WhenAny(loops).Unwrap();
    }

    /// <summary>Stops devices past their mailboxes; one that fails does not keep the others from stopping.</summary>
    /// <param name="names">Device names; null for every device that is not read only.</param>
    /// <returns>What failed.</returns>
    public async Task<IReadOnlyList<Reason>> StopAsync(IReadOnlyCollection<string>? names)
    {
        var stopping = roster.Usable
            .Where(d => names?.Contains(d.Name) ?? !d.Entry.ReadOnly)
            .Select(StopOneAsync);
        Reason[] failed = [.. (await Task.WhenAll(stopping)).OfType<Reason>()];
        _flights.Drop(names);
        return failed;
    }

    private async Task<Reason?> StopOneAsync(ConfiguredDevice device)
    {
        using var limit = new CancellationTokenSource(options.StopDeadline, time);
        try
        {
            await device.Mailbox.StopAsync(limit.Token).AsTask().WaitAsync(limit.Token);
            return null;
        }
        catch (Exception error)
        {
            var reason = error is FaultException fault
                ? fault.Reason
                : DeviceErrors.Fault.Because($"{device.Name} did not stop: {error.Message}");
            LogStopFailed(logger, device.Name, reason.Message);
            return reason;
        }
    }

    // Nobody goes on with what an owner that died set in motion: the devices stop, and are released from its scan.
    private async Task WatchOwnerAsync(CancellationToken cancel)
    {
        var signal = new TopicSignal();
        using var beats = topics.Owner.SubscribeLossy(signal);
        var batch = new OwnerBeat[16];
        var heardAt = time.GetTimestamp();
        var wasInUse = false;
        await using var timer = time.CreateTimer(
            static s => ((TopicSignal)s!).Set(), signal, options.BeatInterval, options.BeatInterval);
        while (true)
        {
            await signal.WaitAsync(cancel);
            // An owner that has only just begun has its time as well.
            if (beats.Read(batch) > 0 || (_isInUse && !wasInUse))
            {
                heardAt = time.GetTimestamp();
            }

            wasInUse = _isInUse;
            if (_isInUse && time.GetElapsedTime(heardAt) > options.OwnerLimit)
            {
                _isInUse = false;
                LogOwnerLost(logger, options.OwnerLimit.TotalSeconds);
                await StopAsync(names: null);
                await ReleaseAsync();
            }
        }
    }

    private async Task ReleaseAsync()
    {
        string[] staged;
        lock (_staged)
        {
            staged = [.. _staged];
            _staged.Clear();
        }

        foreach (var name in staged)
        {
            try
            {
                var unstage = Command(new Operation(0, OperationKind.Unstage, name), null, default);
                await unstage.Device.Mailbox.PostAsync(unstage, CancellationToken.None);
                await unstage.Task;
            }
            catch (FaultException fault)
            {
                LogAlsoFailed(logger, name, fault.Reason.Message);
            }
        }
    }

    private ValueTask<InstructionDone> ExecuteAsync(Instruction instruction, CancellationToken cancel)
    {
        if (instruction.Server is { } addressed && addressed != Id)
        {
            throw DeviceErrors.ServerRestarted.Fault("The instruction is for a device server that has ended.");
        }

        Admit(instruction);
        return instruction.Id is null
            ? CarryOutAsync(instruction, cancel)
            : _memory.OnceAsync(instruction, _carryOut ??= CarryOutAsync, cancel);
    }

    private void Admit(Instruction instruction)
    {
        if (instruction.OwnerEpoch > 0)
        {
            owner.Accept(instruction.OwnerEpoch);
        }

        foreach (ref readonly var operation in instruction.Operations.AsSpan())
        {
            if (operation.Kind is OperationKind.Read or OperationKind.ReadConfiguration or OperationKind.Wait)
            {
                continue;
            }

            if (instruction.OwnerEpoch <= 0)
            {
                throw DeviceErrors.OwnerMissing.Fault("An instruction without an owner may only read.");
            }

            _isInUse = true;
            if (operation.Kind is OperationKind.Stage or OperationKind.Unstage)
            {
                Note(operation);
            }
        }
    }

    private void Note(in Operation staging)
    {
        lock (_staged)
        {
            _ = staging.Kind == OperationKind.Stage ? _staged.Add(staging.Device) : _staged.Remove(staging.Device);
        }
    }

    private async ValueTask<InstructionDone> CarryOutAsync(Instruction instruction, CancellationToken cancel)
    {
        var operations = instruction.Operations;
        InstructionDone? done = null;
        for (var from = 0; from < operations.Length;)
        {
            var to = from + 1;
            while (to < operations.Length && operations[to].Phase == operations[from].Phase)
            {
                to++;
            }

            var phase = operations.AsMemory(from, to - from);
            switch (operations[from].Kind)
            {
                case OperationKind.Wait:
                    var wait = Task.Delay(TimeSpan.FromSeconds(operations[from].Value.AsDouble()), time, cancel);
                    done = phase.Length > 1 ? await RunPhaseAsync(instruction, phase[1..], done, cancel) : done;
                    await wait;
                    break;
                case OperationKind.Read when instruction.Point >= 0:
                    await ReadPointAsync(instruction, phase, cancel);
                    break;
                case OperationKind.Publish:
                    await PublishPointAsync(instruction, instruction.Point, instruction.Own, [], cancel);
                    await topics.Readings.SafeAsync(cancel);
                    break;
                case OperationKind.Collect:
                    done = await CollectAsync(instruction, phase, cancel);
                    break;
                default:
                    done = await RunPhaseAsync(instruction, phase, done, cancel);
                    await _flights.NoteAsync(instruction, phase, cancel);
                    break;
            }

            from = to;
        }

        return done ?? InstructionDone.Nothing;
    }

    private async ValueTask<InstructionDone?> RunPhaseAsync(
        Instruction instruction, ReadOnlyMemory<Operation> phase, InstructionDone? done, CancellationToken cancel)
    {
        if (phase.Length == 1 && phase.Span[0].Kind is OperationKind.Set or OperationKind.Trigger)
        {
            var only = Command(phase.Span[0], instruction, default);
            await only.Device.Mailbox.PostAsync(only, cancel);
            await only.Task;
            return done;
        }

        var commands = new DeviceCommand[phase.Length];
        for (var i = 0; i < commands.Length; i++)
        {
            var operation = phase.Span[i];
            var row = operation.Kind switch
            {
                OperationKind.Read => new Reading[roster.Find(operation.Device).ReadSignals.Count],
                OperationKind.ReadConfiguration => new Reading[roster.Find(operation.Device).ConfigurationSignals.Count],
                _ => [],
            };
            commands[i] = Command(operation, instruction, row);
            await commands[i].Device.Mailbox.PostAsync(commands[i], cancel);
        }

        await AllAsync(commands, instruction.AllowsGaps, cancel);
        return Answered(commands, done);
    }

    private static InstructionDone? Answered(DeviceCommand[] commands, InstructionDone? done)
    {
        foreach (var command in commands.Where(c => c.Kind == OperationKind.Read && !c.HasGap))
        {
            command.Device.Remember(command.Row.ToArray(), 0);
        }

        var rows = commands
            .Where(c => c.Kind is OperationKind.Read or OperationKind.ReadConfiguration)
            .ToDictionary(c => c.Device.Name, c => c.Row.ToArray());
        var files = commands.Where(c => c.Files.Count > 0).ToDictionary(c => c.Device.Name, c => c.Files);
        var asynchronous = commands.Where(c => c.AsynchronousFile is { Signals.Count: > 0 })
            .ToDictionary(c => c.Device.Name, c => c.AsynchronousFile!);
        if (rows.Count == 0 && files.Count == 0 && asynchronous.Count == 0)
        {
            return done;
        }

        return new InstructionDone(
            rows.Count > 0 ? rows : done?.Rows ?? InstructionDone.Nothing.Rows,
            files.Count > 0 ? files : done?.Files ?? InstructionDone.Nothing.Files)
        {
            Asynchronous = asynchronous.Count > 0 ? asynchronous : done?.Asynchronous,
        };
    }

    // Waits for all before it fails with the first fault, so that nothing of the phase is still under way afterwards;
    // an answer has room for one, further ones go to the log.
    private async ValueTask AllAsync(DeviceCommand[] commands, bool allowsGaps, CancellationToken cancel)
    {
        FaultException? first = null;
        foreach (var command in commands)
        {
            try
            {
                await command.Task;
            }
            catch (FaultException fault)
            {
                if (command.Kind is OperationKind.Read or OperationKind.ReadConfiguration
                    && await ReadAnywayAsync(command, fault, allowsGaps, cancel))
                {
                    continue;
                }

                if (first is null)
                {
                    first = fault;
                }
                else
                {
                    LogAlsoFailed(logger, command.Device.Name, fault.Reason.Message);
                }
            }
        }

        if (first is not null)
        {
            throw first;
        }
    }

    // A late driver may still write into the row it was given: what comes in its place stands in another one.
    private async ValueTask<bool> ReadAnywayAsync(
        DeviceCommand command, FaultException fault, bool allowsGaps, CancellationToken cancel)
    {
        var row = new Reading[command.Row.Length];
        if (await RecoverAsync(command.Device, fault, row, cancel, command.Kind) is null)
        {
            command.Replace(row);
            return true;
        }

        if (allowsGaps)
        {
            command.LeaveGap();
        }

        return allowsGaps;
    }

    private async ValueTask ReadPointAsync(
        Instruction instruction, ReadOnlyMemory<Operation> phase, CancellationToken cancel)
    {
        var width = instruction.Own.Length;
        foreach (var operation in phase.Span)
        {
            width += roster.Find(operation.Device).ReadSignals.Count;
        }

        var row = new Reading[width];
        var commands = new DeviceCommand[phase.Length];
        var offset = 0;
        for (var i = 0; i < commands.Length; i++)
        {
            var device = roster.Find(phase.Span[i].Device);
            commands[i] = Command(phase.Span[i], instruction, row.AsMemory(offset, device.ReadSignals.Count));
            offset += device.ReadSignals.Count;
            await device.Mailbox.PostAsync(commands[i], cancel);
        }

        instruction.Own.CopyTo(row, offset);
        List<(ConfiguredDevice Device, FaultException Fault, int Offset)>? failed = null;
        offset = 0;
        foreach (var command in commands)
        {
            try
            {
                await command.Task;
                command.Device.Remember(row, offset);
            }
            catch (FaultException fault)
            {
                (failed ??= []).Add((command.Device, fault, offset));
            }

            offset += command.Device.ReadSignals.Count;
        }

        List<Reason>? gaps = null;
        FaultException? fatal = null;
        if (failed is not null)
        {
            // A late driver may still write into its span of the abandoned row: the published row is another one, copied
            // once all others have written theirs.
            row = [.. row];
            foreach (var (device, fault, at) in failed)
            {
                if (await RecoverAsync(device, fault, row.AsMemory(at, device.ReadSignals.Count), cancel) is { } gap)
                {
                    (gaps ??= []).Add(gap.Reason);
                    fatal ??= gap.IsFatal ? fault : null;
                }
            }
        }

        await PublishPointAsync(instruction, instruction.Point, row, gaps ?? (IReadOnlyList<Reason>)[], cancel);
        // The answer says that the point is taken: its readings must not die with this process.
        await topics.Readings.SafeAsync(cancel);
        if (fatal is not null)
        {
            throw fatal;
        }
    }

    private ValueTask PublishPointAsync(
        Instruction instruction, int point, Reading[] row, IReadOnlyList<Reason> gaps, CancellationToken cancel) =>
        topics.Readings.PublishAsync(
            new PointReadings
            {
                Scan = instruction.Scan ?? throw new UnreachableException("A point belongs to a scan."),
                Point = point,
                Row = row,
                At = time.GetUtcNow(),
                Gaps = gaps,
            },
            cancel);

    private async ValueTask<InstructionDone> CollectAsync(
        Instruction instruction, ReadOnlyMemory<Operation> phase, CancellationToken cancel)
    {
        var flown = await _flights.CollectAsync(
            (instruction, phase),
            (read, row) => Command(read, instruction, row),
            commands => AllAsync(commands, allowsGaps: true, cancel),
            (point, row, gaps) => PublishPointAsync(instruction, point, row, gaps, cancel),
            cancel);
        await topics.Readings.SafeAsync(cancel);
        return InstructionDone.Nothing with { Flown = flown.OrThrow() };
    }

    // A reading that failed: read once more, take the last one, or leave a gap.
    private async ValueTask<(Reason Reason, bool IsFatal)?> RecoverAsync(
        ConfiguredDevice device, FaultException fault, Memory<Reading> row, CancellationToken cancel, OperationKind kind = OperationKind.Read)
    {
        LogReadFailed(logger, device.Name, fault.Reason.Message);
        row.Span.Clear();
        var isLate = fault.Reason.Code == DeviceErrors.Deadline.Code;
        if (device.Entry.OnFailure == OnFailure.Buffer && kind == OperationKind.Read && device.Last is { Length: > 0 } last)
        {
            LogBuffered(logger, device.Name, last.Span[0].Timestamp);
            last.CopyTo(row);
            return null;
        }

        if (device.Entry.OnFailure == OnFailure.Retry && !isLate)
        {
            var again = new Reading[row.Length];
            var command = Command(new Operation(0, kind, device.Name), null, again);
            await device.Mailbox.PostAsync(command, cancel);
            try
            {
                await command.Task;
                again.CopyTo(row);
                if (kind == OperationKind.Read)
                {
                    device.Remember(again, 0);
                }

                return null;
            }
            catch (FaultException second)
            {
                return (second.Reason, true);
            }
        }

        var isFatal = !isLate || device.CountMissing() > options.MissingReadingsAllowed;
        return (fault.Reason, isFatal);
    }

    private DeviceCommand Command(in Operation operation, Instruction? instruction, Memory<Reading> row)
    {
        var device = roster.Find(operation.Device);
        var signal = operation.Kind == OperationKind.Set ? device.Find(operation.Signal) : null;
        if (operation.Kind == OperationKind.Set && !device.MaySet(signal, operation.Value))
        {
            throw new FaultException(device.RefusalsToSet(operation.Signal, operation.Value).First());
        }

        return new DeviceCommand(device, operation.Kind, row)
        {
            Signal = device.DriverSignal(signal),
            Value = operation.Value,
            Setup = instruction?.Setup,
            Asynchronous = operation.Kind is OperationKind.Stage or OperationKind.Unstage ? _asynchronous : null,
            Flight = instruction?.Flight,
            Allowed = operation.Kind switch
            {
                OperationKind.Set => options.SetDeadline,
                OperationKind.Read or OperationKind.ReadConfiguration => options.ReadDeadline,
                OperationKind.Trigger => options.TriggerDeadline + TimeSpan.FromSeconds(instruction!.ExposureSeconds),
                _ => options.StageDeadline,
            },
        };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reading {Device} failed: {Message}")]
    private static partial void LogReadFailed(ILogger logger, string device, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last reading of {Device}, of {At:O}, stands in for the one that failed")]
    private static partial void LogBuffered(ILogger logger, string device, DateTimeOffset at);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} failed as well: {Message}")]
    private static partial void LogAlsoFailed(ILogger logger, string device, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "The scan server was not heard for {Seconds} s: the devices are stopped")]
    private static partial void LogOwnerLost(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Stopping {Device} failed: {Message}")]
    private static partial void LogStopFailed(ILogger logger, string device, string message);
}
