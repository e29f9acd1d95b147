using System.Text.Json;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>Reads, sets and stops devices for people and procedures, outside of scans.</summary>
internal sealed class DeviceDesk(
    DeviceRoster roster,
    DeviceServer server,
    RequestTopic<Instruction, InstructionDone> instructions,
    OwnerEpoch owner,
    DeviceLocks locks,
    DeviceOptions options)
{
    /// <summary>All devices with their last readings.</summary>
    public IEnumerable<DeviceAnswer> List() => roster.Usable.Select(d => Answer(d, null, null))
        .Concat(roster.Unusable.Select(u => Answer(u.Entry, false, [], u.Reason)))
        .OrderBy(d => d.Name, StringComparer.Ordinal);

    /// <summary>Reads a device now, configuration signals included.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<DeviceAnswer>> ReadAsync(string name, CancellationToken cancel)
    {
        if (roster.Find(name) is not Accepted<ConfiguredDevice>(var device))
        {
            return roster.Unusable.FirstOrDefault(u => u.Entry.Name == name) is { } unusable
                ? new Accepted<DeviceAnswer>(Answer(unusable.Entry, false, [], unusable.Reason))
                : new Refused<DeviceAnswer>(((Refused<ConfiguredDevice>)roster.Find(name)).Reasons);
        }

        var read = await InstructAsync([new(0, OperationKind.Read, name)], options.ReadDeadline, cancel);
        var configuration = device.ConfigurationSignals.Count == 0
            ? InstructionDone.Nothing
            : await InstructAsync([new(0, OperationKind.ReadConfiguration, name)], options.ReadDeadline, cancel);
        return new Accepted<DeviceAnswer>(
            Answer(device, read.Rows[name], configuration.Rows.GetValueOrDefault(name)));
    }

    /// <summary>The present value of a signal.</summary>
    /// <param name="address"><c>device</c> for its main signal, or <c>device.signal</c>.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Reading> ReadSignalAsync(string address, CancellationToken cancel)
    {
        var device = roster.Find(address.Split('.')[0]).OrThrow();
        var signal = address.Split('.', 2) is [_, var dotted] ? dotted : null;
        if (device.Find(signal) is not { Kind: not SignalKind.Omitted } found)
        {
            throw new RefusedException(DeviceErrors.Unable.Because($"{address} cannot be read."));
        }

        var kind = found.IsRead ? OperationKind.Read : OperationKind.ReadConfiguration;
        var signals = found.IsRead ? device.ReadSignals : device.ConfigurationSignals;
        var done = await InstructAsync([new(0, kind, device.Name)], options.ReadDeadline, cancel);
        return done.Rows[device.Name][signals.Index().First(s => s.Item == found).Index];
    }

    /// <summary>Sets a signal and waits until it is there; nobody else sets the device meanwhile, and scans wait.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="signal">The signal; null for the main one.</param>
    /// <param name="target">The target in the signal's unit.</param>
    /// <param name="cancel">Gives up waiting; the device goes on, and is in use until it is there or stopped.</param>
    public async Task<Outcome<DeviceAnswer>> SetAsync(
        string name, string? signal, Value target, CancellationToken cancel)
    {
        if (roster.Find(name) is not Accepted<ConfiguredDevice>(var device))
        {
            return new Refused<DeviceAnswer>(((Refused<ConfiguredDevice>)roster.Find(name)).Reasons);
        }

        List<Reason> reasons = [.. device.RefusalsToSet(signal, target)];
        var isTaken = locks.TryTakeForSet(name, out var use);
        if (!isTaken)
        {
            reasons.Add(DeviceErrors.Busy.Because($"{name} is {use}."));
        }

        if (reasons.Count > 0)
        {
            if (isTaken)
            {
                locks.Release(use);
            }

            return new Refused<DeviceAnswer>(reasons);
        }

        await SetTakenAsync(new(0, OperationKind.Set, name, signal, target), use).WaitAsync(cancel);
        return await ReadAsync(name, cancel);
    }

    private async Task SetTakenAsync(Operation set, DeviceUse use)
    {
        try
        {
            await InstructAsync([set], options.SetDeadline, CancellationToken.None);
        }
        finally
        {
            locks.Release(use);
        }
    }

    /// <summary>Stops a device, whoever uses it.</summary>
    /// <param name="name">The device's name.</param>
    /// <returns>What failed.</returns>
    public async Task<Outcome<IReadOnlyList<Reason>>> StopAsync(string name)
    {
        if (roster.Find(name) is Refused<ConfiguredDevice> refused)
        {
            return new Refused<IReadOnlyList<Reason>>(refused.Reasons);
        }

        var failed = await server.StopAsync([name]);
        // At once: whoever stops a device sets it next, also where its driver still holds on to what was stopped.
        locks.ReleaseStopped(name);
        return new Accepted<IReadOnlyList<Reason>>(failed);
    }

    /// <summary>A value from JSON, or the reason why it is none.</summary>
    /// <param name="json">A number, true, false or a text.</param>
    public static Outcome<Value> ValueOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Number => new Accepted<Value>(Value.Of(json.GetDouble())),
        JsonValueKind.True or JsonValueKind.False => new Accepted<Value>(Value.Of(json.GetBoolean())),
        JsonValueKind.String => new Accepted<Value>(Value.Of(json.GetString()!)),
        _ => new Refused<Value>([DeviceErrors.ValueInvalid.Because($"{json.GetRawText()} is neither a number, true, false nor a text.")]),
    };

    private ValueTask<InstructionDone> InstructAsync(Operation[] operations, TimeSpan allowed, CancellationToken cancel) =>
        instructions.AskAsync(
            new Instruction { OwnerEpoch = owner.Highest, Operations = operations },
            allowed + TimeSpan.FromSeconds(10),
            cancel);

    private DeviceAnswer Answer(ConfiguredDevice device, Reading[]? read, Reading[]? configuration)
    {
        var last = read ?? device.Last;
        List<SignalAnswer> signals = [];
        foreach (var signal in device.Device.Signals)
        {
            var (row, among) = signal.IsRead
                ? (last, device.ReadSignals)
                : (configuration ?? ReadOnlyMemory<Reading>.Empty, device.ConfigurationSignals);
            var index = among.Index().FirstOrDefault(s => s.Item == signal, (Index: -1, Item: signal)).Index;
            signals.Add(SignalAnswer.Of(signal, index >= 0 && index < row.Length ? row.Span[index] : null));
        }

        return Answer(device.Entry, true, signals, null);
    }

    private DeviceAnswer Answer(DeviceEntry entry, bool isUsable, IReadOnlyList<SignalAnswer> signals, Reason? reason) => new(
        entry.Name,
        entry.DeviceClass,
        isUsable,
        entry.ReadoutPriority,
        entry.ReadOnly,
        entry.Description,
        entry.DeviceTags,
        locks.OwnerOf(entry.Name),
        signals,
        reason);
}
