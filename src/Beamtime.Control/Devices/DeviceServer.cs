using System.Diagnostics;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Control.Devices.Computed;
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
    private readonly DeviceCommandMaker _commands = new(
        roster, new AsynchronousRecorder(topics.AsynchronousIndices, options, time, logger), options);
    private readonly StagedDevices _staged = new();
    private readonly DeviceFlights _flights = new(roster, time);
    private Func<Instruction, CancellationToken, ValueTask<InstructionDone>>? _carryOut;
    private volatile bool _isInUse;
    private volatile bool _isEnding;

    private ReadingRecovery Recovery => new(_commands, options, logger);

    /// <summary>This device server; another one after each start.</summary>
    public Guid Id { get; } = Guid.CreateVersion7(time.GetUtcNow());

    /// <summary>Runs all mailboxes, answers instructions and stops until cancelled, and watches for the owner.</summary>
    /// <param name="cancel">Ends the server; devices are not stopped by it.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var ending = cancel.UnsafeRegister(static server => ((DeviceServer)server!)._isEnding = true, this);
        List<Task> loops = [new MailboxTender(roster).RunAsync(cancel)];
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
        foreach (var name in _staged.TakeAll())
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
            if (operation.Kind is OperationKind.Read or OperationKind.ReadConfiguration or OperationKind.Wait
                || (operation.Kind == OperationKind.Call && roster.Find(operation.Device).Method(operation.Signal) is not { IsMutating: true }))
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
                _staged.Note(operation);
            }
        }
    }

    private async ValueTask<InstructionDone> CarryOutAsync(Instruction instruction, CancellationToken cancel)
    {
        var operations = instruction.Operations;
        InstructionDone? done = null;
        try
        {
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
        }
        catch (Exception error) when (_isEnding)
        {
            // This server's end took the devices away: none is to blame, and a successor does it anew.
            throw DeviceErrors.ServerRestarted.Fault($"The device server ended while it carried out an instruction: {error.Message}");
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
        ComputedReadings? computed = null;
        for (var i = 0; i < commands.Length; i++)
        {
            var operation = phase.Span[i];
            var row = operation.Kind switch
            {
                OperationKind.Read => new Reading[roster.Find(operation.Device).ReadSignals.Count],
                OperationKind.Call => new Reading[1],
                OperationKind.ReadConfiguration => new Reading[roster.Find(operation.Device).ConfigurationSignals.Count],
                _ => [],
            };
            commands[i] = Command(operation, instruction, row);
            if (operation.Kind == OperationKind.Read && commands[i].Device.Device is ComputedSignal)
            {
                computed ??= new ComputedReadings(roster);
                computed.Add(commands[i]);
                commands[i].TrySetResult();
                continue;
            }

            await commands[i].Device.Mailbox.PostAsync(commands[i], cancel);
        }

        if (computed is not null)
        {
            await ReadInputsAsync(computed, commands, cancel);
        }

        await AllAsync(commands, instruction.AllowsGaps, cancel);
        foreach (var command in computed is null ? [] : commands.Where(c => c.Kind == OperationKind.Read))
        {
            computed!.Know(command, command.Row);
        }

        computed?.Evaluate();
        return Answered(commands, done);
    }

    private static InstructionDone? Answered(DeviceCommand[] commands, InstructionDone? done)
    {
        foreach (var command in commands.Where(c => c.Kind == OperationKind.Read && !c.HasGap))
        {
            command.Device.Remember(command.Row.ToArray(), 0);
        }

        var rows = commands
            .Where(c => c.Kind is OperationKind.Read or OperationKind.ReadConfiguration or OperationKind.Call)
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

    private async ValueTask ReadInputsAsync(ComputedReadings computed, DeviceCommand[] commands, CancellationToken cancel)
    {
        foreach (var input in computed.Further(commands))
        {
            var read = Command(new Operation(0, OperationKind.Read, input.Name), null, new Reading[input.ReadSignals.Count]);
            await input.Mailbox.PostAsync(computed.Read(read), cancel);
        }

        await computed.ReadAsync();
    }

    // A late driver may still write into the row it was given: what comes in its place stands in another one.
    private async ValueTask<bool> ReadAnywayAsync(
        DeviceCommand command, FaultException fault, bool allowsGaps, CancellationToken cancel)
    {
        var row = new Reading[command.Row.Length];
        if (await Recovery.RecoverAsync(command.Device, command.Kind, fault, row, cancel) is null)
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
        ComputedReadings? computed = null;
        var offset = 0;
        for (var i = 0; i < commands.Length; i++)
        {
            var device = roster.Find(phase.Span[i].Device);
            commands[i] = Command(phase.Span[i], instruction, row.AsMemory(offset, device.ReadSignals.Count));
            offset += device.ReadSignals.Count;
            if (device.Device is ComputedSignal)
            {
                computed ??= new ComputedReadings(roster);
                computed.Add(commands[i]);
                commands[i].TrySetResult();
                continue;
            }

            await device.Mailbox.PostAsync(commands[i], cancel);
        }

        if (computed is not null)
        {
            await ReadInputsAsync(computed, commands, cancel);
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
                if (await Recovery.RecoverAsync(device, OperationKind.Read, fault, row.AsMemory(at, device.ReadSignals.Count), cancel) is { } gap)
                {
                    (gaps ??= []).Add(gap.Reason);
                    fatal ??= gap.IsFatal ? fault : null;
                }
            }
        }

        if (computed is not null)
        {
            offset = 0;
            foreach (var command in commands)
            {
                computed.Know(command, row.AsMemory(offset, command.Device.ReadSignals.Count));
                offset += command.Device.ReadSignals.Count;
            }

            computed.Evaluate();
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

    private DeviceCommand Command(in Operation operation, Instruction? instruction, Memory<Reading> row) =>
        _commands.Make(operation, instruction, row);
}
