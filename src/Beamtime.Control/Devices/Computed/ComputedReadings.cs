using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices.Computed;

/// <summary>
/// Calculates the computed devices of one phase from the readings of the same phase; inputs that are not among them are read
/// beside. One that is calculated from another is calculated after it.
/// </summary>
internal sealed class ComputedReadings(DeviceRoster roster)
{
    private readonly List<DeviceCommand> _computed = [];
    private readonly List<DeviceCommand> _further = [];
    private readonly Dictionary<string, ReadOnlyMemory<Reading>> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Reading> _results = new(StringComparer.Ordinal);

    /// <summary>Adds a reading of a computed device.</summary>
    /// <param name="command">The reading.</param>
    public void Add(DeviceCommand command) => _computed.Add(command);

    /// <summary>The devices that must be read beside those of the phase.</summary>
    /// <param name="commands">The readings of the phase.</param>
    public IReadOnlyList<ConfiguredDevice> Further(IEnumerable<DeviceCommand> commands)
    {
        var among = commands.Where(c => c.Kind == OperationKind.Read).Select(c => c.Device.Name).ToHashSet(StringComparer.Ordinal);
        List<ConfiguredDevice> further = [];
        var waiting = new Queue<ConfiguredDevice>(_computed.Select(c => c.Device));
        while (waiting.TryDequeue(out var device))
        {
            foreach (var name in ((ComputedSignal)device.Device).Formula.Inputs.Select(i => DeviceBook.Split(i).Device))
            {
                if (!roster.Page.Usable.TryGetValue(name, out var input))
                {
                    continue;
                }

                if (input.Device is ComputedSignal)
                {
                    waiting.Enqueue(input);
                }
                else if (among.Add(name))
                {
                    further.Add(input);
                }
            }
        }

        return further;
    }

    /// <summary>Takes a reading that is made beside the phase.</summary>
    /// <param name="command">The reading.</param>
    public DeviceCommand Read(DeviceCommand command)
    {
        _further.Add(command);
        return command;
    }

    /// <summary>Waits for the readings beside the phase; what fails is missing.</summary>
    public async Task ReadAsync()
    {
        foreach (var command in _further)
        {
            try
            {
                await command.Task;
                _known[command.Device.Name] = command.Row;
            }
            catch (FaultException)
            {
                // The mailbox has counted it; what is calculated from it is missing.
            }
        }
    }

    /// <summary>Takes the readings of a device of the phase.</summary>
    /// <param name="command">Its command.</param>
    /// <param name="row">Its readings as they stand, gaps included.</param>
    public void Know(DeviceCommand command, Memory<Reading> row)
    {
        if (command.Device.Device is ComputedSignal)
        {
            command.Replace(row);
        }
        else
        {
            _known[command.Device.Name] = row;
        }
    }

    /// <summary>Calculates.</summary>
    public void Evaluate()
    {
        foreach (var command in _computed)
        {
            command.Row.Span[0] = ResultOf(command.Device);
            command.Device.Remember([command.Row.Span[0]], 0);
        }
    }

    private Reading ResultOf(ConfiguredDevice device)
    {
        if (_results.TryGetValue(device.Name, out var known))
        {
            return known;
        }

        var computed = (ComputedSignal)device.Device;
        var inputs = new Reading[computed.Formula.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var (name, signal) = DeviceBook.Split(computed.Formula.Inputs[i]);
            if (!roster.Page.Usable.TryGetValue(name, out var input))
            {
                continue;
            }

            if (input.Device is ComputedSignal)
            {
                inputs[i] = ResultOf(input);
            }
            else if (_known.TryGetValue(name, out var row) && input.Find(signal) is { } found)
            {
                inputs[i] = row.Span[input.ReadSignals.Index().First(s => s.Item.Name == found.Name).Index];
            }
        }

        return _results[device.Name] = computed.Evaluate(inputs);
    }
}
