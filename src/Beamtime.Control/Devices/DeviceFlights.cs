using System.Collections.Concurrent;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>The flights of a device server, by scan: begun by kicking off, ended when all is collected, on a stop, or when released.</summary>
internal sealed class DeviceFlights(DeviceRoster roster, TimeProvider time)
{
    private readonly ConcurrentDictionary<Guid, FlightJoin> _flights = new();

    /// <summary>
    /// Notes what was kicked off or released. A flyer is listened to from then on, with or without anybody collecting.
    /// </summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="phase">Its operations that were carried out.</param>
    /// <param name="cancel">Ends the wait for a flyer's mailbox.</param>
    public ValueTask NoteAsync(Instruction instruction, ReadOnlyMemory<Operation> phase, CancellationToken cancel) =>
        phase.Span[0].Kind is OperationKind.Kickoff or OperationKind.Unstage
            ? NoteFlightsAsync(instruction, phase, cancel)
            : ValueTask.CompletedTask;

    private async ValueTask NoteFlightsAsync(
        Instruction instruction, ReadOnlyMemory<Operation> phase, CancellationToken cancel)
    {
        foreach (var operation in phase.ToArray())
        {
            if (operation.Kind == OperationKind.Kickoff)
            {
                var flight = _flights.GetOrAdd(instruction.Scan!.Value, _ => new FlightJoin(instruction.Flight!, time));
                await flight.FollowAsync(roster[operation.Device], cancel);
            }
            else if (operation.Kind == OperationKind.Unstage && instruction.Scan is { } scan)
            {
                _flights.TryRemove(scan, out _);
            }
        }
    }

    /// <summary>Drops the flights of devices that were stopped.</summary>
    /// <param name="names">The devices; null for all.</param>
    public void Drop(IReadOnlyCollection<string>? names)
    {
        foreach (var (scan, flight) in _flights)
        {
            if (names is null || names.Any(n => roster.Has(n) && flight.Has(roster[n])))
            {
                _flights.TryRemove(scan, out _);
            }
        }
    }

    /// <summary>
    /// Makes points of what flyers have given since the last time, with one fresh reading of the other devices for all of them.
    /// </summary>
    /// <param name="asked">The instruction, and its flyers with the devices whose readings make the rows.</param>
    /// <param name="command">Makes the command of a reading.</param>
    /// <param name="all">Waits for commands; what fails leaves a gap.</param>
    /// <param name="publish">Publishes a point with its gaps.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>How far the flight is; what was complete is published also where a flyer has failed.</returns>
    public async ValueTask<FlightProgress> CollectAsync(
        (Instruction Instruction, ReadOnlyMemory<Operation> Phase) asked,
        Func<Operation, Memory<Reading>, DeviceCommand> command,
        Func<DeviceCommand[], ValueTask> all,
        Func<int, Reading[], IReadOnlyList<Reason>, ValueTask> publish,
        CancellationToken cancel)
    {
        var (instruction, phase) = asked;
        var scan = instruction.Scan ?? Guid.Empty;
        var flight = _flights.GetValueOrDefault(scan) ?? throw DeviceErrors.Fault.Fault("There is no flight to collect from.");
        var columns = phase.ToArray().Where(o => o.Kind == OperationKind.Read).Select(o => roster[o.Device]).ToArray();
        await flight.WaitAsync(cancel);
        var ready = flight.Take(instruction.EndsFlight);
        if (ready.Count > 0)
        {
            var others = await ReadAsync(
                [.. columns.Where(c => !flight.Has(c)).Select(d => command(
                    new Operation(0, OperationKind.Read, d.Name), new Reading[d.ReadSignals.Count]))],
                all,
                cancel);
            foreach (var point in ready)
            {
                await publish(instruction.FirstPoint + point.Index, flight.RowOf(point, columns, others), point.Gaps);
            }
        }

        if (flight.Flown.IsOver || flight.Fault is not null)
        {
            _flights.TryRemove(scan, out _);
        }

        return new FlightProgress(flight.Flown, flight.Fault);
    }

    private static async ValueTask<IReadOnlyDictionary<ConfiguredDevice, Reading[]>> ReadAsync(
        DeviceCommand[] commands, Func<DeviceCommand[], ValueTask> all, CancellationToken cancel)
    {
        foreach (var command in commands)
        {
            await command.Device.Mailbox.PostAsync(command, cancel);
        }

        await all(commands);
        foreach (var command in commands.Where(c => !c.HasGap))
        {
            command.Device.Remember(command.Row.ToArray(), 0);
        }

        return commands.ToDictionary(c => c.Device, c => c.Row.ToArray());
    }
}

/// <summary>How far a flight is, or why it has failed.</summary>
/// <param name="Flown">How far it is.</param>
/// <param name="Fault">Why it has failed; null while it has not.</param>
internal sealed record FlightProgress(Flown Flown, FaultException? Fault)
{
    /// <summary>How far it is.</summary>
    /// <exception cref="FaultException">It has failed.</exception>
    public Flown OrThrow() => Fault is null ? Flown : throw Fault;
}
