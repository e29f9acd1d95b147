using System.Text.Json;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Devices;

/// <summary>
/// Reads, sets and stops devices for people and procedures, outside of scans, from any process: readings and stops go to
/// the device server, settings to the scan server, which knows who uses a device.
/// </summary>
internal sealed class DeviceDesk(
    DeviceBook book, DeviceLink link, DeviceTopics topics, DeviceOptions options, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>All devices with their last readings.</summary>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<DeviceAnswer>> ListAsync(CancellationToken cancel)
    {
        var uses = await UsesAsync(cancel);
        return
        [
            .. book.Usable.Select(d => DeviceAnswer.Of(d, d.Last, default, uses))
                .Concat(book.Unusable.Select(u => DeviceAnswer.Of(u, uses)))
                .OrderBy(d => d.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>Reads a device now, configuration signals included.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<DeviceAnswer>> ReadAsync(string name, CancellationToken cancel)
    {
        if (book.Find(name) is not Accepted<KnownDevice>(var device))
        {
            return book.Unusable.FirstOrDefault(u => u.Name == name) is { } unusable
                ? new Accepted<DeviceAnswer>(DeviceAnswer.Of(unusable, await UsesAsync(cancel)))
                : new Refused<DeviceAnswer>(((Refused<KnownDevice>)book.Find(name)).Reasons);
        }

        return new Accepted<DeviceAnswer>(await ReadAsync(device, cancel));
    }

    /// <summary>The present value of a signal.</summary>
    /// <param name="address"><c>device</c> for its main signal, or <c>device.signal</c>.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Reading> ReadSignalAsync(string address, CancellationToken cancel)
    {
        var (name, signal) = DeviceBook.Split(address);
        var device = book.Find(name).OrThrow();
        if (device.Find(signal) is not { Kind: not SignalKind.Omitted } found)
        {
            throw new RefusedException(DeviceErrors.Unable.Because($"{address} cannot be read."));
        }

        var kind = found.IsRead ? OperationKind.Read : OperationKind.ReadConfiguration;
        var signals = found.IsRead ? device.ReadSignals : device.ConfigurationSignals;
        var done = await link.AskAsync([new(0, kind, device.Name)], options.ReadDeadline, cancel);
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
        await RequireOwnerAsync(cancel);
        try
        {
            return new Accepted<DeviceAnswer>(await topics.Sets.AskAsync(
                new SetRequest(name, signal, target), options.SetDeadline + (options.ReadDeadline * 2) + Patience, cancel));
        }
        catch (RefusedException refused)
        {
            return new Refused<DeviceAnswer>(refused.Reasons);
        }
    }

    /// <summary>Stops a device, whoever uses it.</summary>
    /// <param name="name">The device's name.</param>
    /// <returns>What failed.</returns>
    public async Task<Outcome<IReadOnlyList<Reason>>> StopAsync(string name)
    {
        if (book.Find(name) is Refused<KnownDevice> refused)
        {
            return new Refused<IReadOnlyList<Reason>>(refused.Reasons);
        }

        var failed = await link.StopAsync([name]);
        try
        {
            // At once: whoever stops a device sets it next, also where its driver still holds on to what was stopped.
            await topics.Sets.AskAsync(new SetRequest(name, null, Value.Missing), Patience, CancellationToken.None);
        }
        catch (FaultException)
        {
            // A scan server that does not answer holds no device: it starts with none in use.
        }

        return new Accepted<IReadOnlyList<Reason>>(failed);
    }

    /// <summary>Reads a usable device with its configuration.</summary>
    /// <param name="device">The device.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<DeviceAnswer> ReadAsync(KnownDevice device, CancellationToken cancel)
    {
        var read = await link.AskAsync([new(0, OperationKind.Read, device.Name)], options.ReadDeadline, cancel);
        var configuration = device.ConfigurationSignals.Count == 0
            ? InstructionDone.Nothing
            : await link.AskAsync([new(0, OperationKind.ReadConfiguration, device.Name)], options.ReadDeadline, cancel);
        return DeviceAnswer.Of(
            device, read.Rows[device.Name], configuration.Rows.GetValueOrDefault(device.Name), await UsesAsync(cancel));
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

    private async ValueTask<IReadOnlyDictionary<string, int>> UsesAsync(CancellationToken cancel) =>
        (await topics.Owner.LastAsync(cancel))?.Message.Uses ?? new Dictionary<string, int>();

    // A setting may take minutes: whether there is somebody to take it is known at once.
    private async ValueTask RequireOwnerAsync(CancellationToken cancel)
    {
        if (await topics.Owner.LastAsync(cancel) is not { } beat || time.GetUtcNow() - beat.PublishedAt > options.OwnerLimit)
        {
            throw TopicErrors.RoleUnreachable.Fault("The scan server, which sets devices, is not heard.");
        }
    }
}
