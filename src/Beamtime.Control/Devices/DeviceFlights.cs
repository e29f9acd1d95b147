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
    public async ValueTask NoteAsync(Instruction instruction, ReadOnlyMemory<Operation> phase, CancellationToken cancel)
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
    /// <param name="instruction">The instruction.</param>
    /// <param name="phase">Flyers, and the devices whose readings make the rows.</param>
    /// <param name="readOthers">Reads devices that are no flyers.</param>
    /// <param name="publish">Publishes a point with its gaps.</param>
    /// <param name="safe">Waits until what was published outlives this process.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="FaultException">A flyer failed; what was complete is published.</exception>
    public async ValueTask<Flown> CollectAsync(
        Instruction instruction,
        ReadOnlyMemory<Operation> phase,
        Func<ConfiguredDevice[], ValueTask<IReadOnlyDictionary<ConfiguredDevice, Reading[]>>> readOthers,
        Func<int, Reading[], IReadOnlyList<Reason>, ValueTask> publish,
        Func<Task> safe,
        CancellationToken cancel)
    {
        var scan = instruction.Scan ?? Guid.Empty;
        var flight = _flights.GetValueOrDefault(scan) ?? throw DeviceErrors.Fault.Fault("There is no flight to collect from.");
        var columns = phase.ToArray().Where(o => o.Kind == OperationKind.Read).Select(o => roster[o.Device]).ToArray();
        await flight.WaitAsync(cancel);
        var ready = flight.Take(instruction.EndsFlight);
        if (ready.Count > 0)
        {
            var others = await readOthers([.. columns.Where(c => !flight.Has(c))]);
            foreach (var point in ready)
            {
                await publish(instruction.FirstPoint + point.Index, flight.RowOf(point, columns, others), point.Gaps);
            }

            await safe();
        }

        if (flight.Flown.IsOver || flight.Fault is not null)
        {
            _flights.TryRemove(scan, out _);
        }

        return flight.Fault is { } fault ? throw fault : flight.Flown;
    }
}
