using System.Text.Json;
using Beamtime.Core.Settings;
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

    /// <summary>One signal with its value.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="signal">The signal.</param>
    /// <param name="isCached">True for the last reading where there is one, without asking the device.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<SignalAnswer> ReadSignalAsync(string name, string signal, bool isCached, CancellationToken cancel)
    {
        var device = book.Find(name).OrThrow();
        var found = device.Find(signal) ?? throw new RefusedException(DeviceErrors.Unable.Because(
            $"{name} has no signal '{signal}'{NearestName.Question(signal, device.Signals.Select(s => DeviceSettings.ShortName(name, s)))}"));
        var place = device.ReadSignals.Index().FirstOrDefault(s => s.Item == found, (Index: -1, Item: found)).Index;
        return SignalAnswer.Of(
            found,
            isCached && place >= 0 && device.Last is { Length: > 0 } last ? last.Span[place] : await ReadSignalAsync($"{name}.{found.Name}", cancel));
    }

    /// <summary>A device with its last readings, without asking it.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<DeviceAnswer> LastAsync(string name, CancellationToken cancel)
    {
        var device = book.Find(name).OrThrow();
        return DeviceAnswer.Of(device, device.Last, default, await UsesAsync(cancel));
    }

    /// <summary>What a device is.</summary>
    /// <param name="name">The device's name.</param>
    public Outcome<DeviceDescriptor> Describe(string name) => book.Find(name) switch
    {
        Accepted<KnownDevice>(var device) => new Accepted<DeviceDescriptor>(DeviceDescriptor.Of(device)),
        Refused<KnownDevice>(var reasons) => new Refused<DeviceDescriptor>(reasons),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Calls a method of a device: one that changes nothing at once, any other by who owns the devices.</summary>
    /// <param name="name">The device's name.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="request">The arguments.</param>
    /// <param name="maySet">Whether who asks may change devices.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<DeviceCallAnswer> CallAsync(
        string name, string method, DeviceCallRequest request, Func<bool> maySet, CancellationToken cancel)
    {
        var device = book.Find(name).OrThrow();
        List<Reason> reasons = [.. device.RefusalsToCall(method)];
        if (device.Method(method) is not { } declared)
        {
            throw new RefusedException(reasons);
        }

        if (declared.IsMutating && !maySet())
        {
            throw new RefusedException(Beamtime.Core.Access.AccessErrors.Denied.Because(
                $"{name}.{method} changes the device, which needs the permission devices.set"));
        }

        List<Value> positional = [];
        Dictionary<string, Value> named = new(StringComparer.Ordinal);
        foreach (var given in request.Arguments ?? [])
        {
            positional.Add(Take(given));
        }

        foreach (var (parameter, given) in request.Named ?? new Dictionary<string, JsonElement>())
        {
            named[parameter] = Take(given);
        }

        IReadOnlyList<Value> arguments = [];
        switch (MethodArguments.Of(name, declared, positional, named))
        {
            case Accepted<IReadOnlyList<Value>>(var fitted):
                arguments = fitted;
                break;
            case Refused<IReadOnlyList<Value>>(var refused):
                reasons.AddRange(refused);
                break;
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var value = await CallAsync(device, declared, [.. arguments], cancel);
        return new DeviceCallAnswer(name, method, value.IsMissing ? null : SignalAnswer.Json(value), declared.Unit);

        Value Take(JsonElement given)
        {
            switch (ValueOf(given))
            {
                case Accepted<Value>(var taken):
                    return taken;
                case Refused<Value>(var refused):
                    reasons.AddRange(refused);
                    break;
            }

            return Value.Missing;
        }
    }

    private async Task<Value> CallAsync(KnownDevice device, DeviceMethod method, Value[] arguments, CancellationToken cancel)
    {
        if (method.IsMutating)
        {
            await RequireOwnerAsync(cancel);
            return (await topics.Calls.AskAsync(
                new CallRequest(device.Name, method.Name, arguments), options.SetDeadline + Patience + Patience, cancel)).Value;
        }

        var done = await link.AskAsync(
            [new(0, OperationKind.Call, device.Name, method.Name)], options.SetDeadline, cancel, arguments: arguments);
        return done.Rows[device.Name][0].Value;
    }

    /// <summary>Stops devices past whatever waits for them, whoever uses them.</summary>
    /// <param name="request">Which.</param>
    /// <returns>What was stopped and what failed; every unknown name is refused before anything stops.</returns>
    public async Task<DeviceStopAnswer> StopAsync(DeviceStopRequest request)
    {
        List<Reason> reasons = [.. (request.Devices ?? []).SelectMany(d => book.Find(d) is Refused<KnownDevice> refused ? refused.Reasons : [])];
        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        var used = request.Owned ? (await UsesAsync(CancellationToken.None)).Keys.ToHashSet(StringComparer.Ordinal) : null;
        List<string> devices =
        [
            .. (request.Devices ?? [.. book.Usable.Where(d => !d.Description.ReadOnly).Select(d => d.Name)])
                .Where(d => used?.Contains(d) != false),
        ];
        if (devices.Count == 0 && book.Server is not null)
        {
            return new DeviceStopAnswer([], []);
        }

        // Also where nothing is known of the devices: all shall stop.
        var failed = await link.StopAsync(request is { Devices: null, Owned: false } ? null : devices);
        try
        {
            await Task.WhenAll(devices.Select(d => topics.Sets.AskAsync(
                new SetRequest(d, null, Value.Missing), Patience, CancellationToken.None).AsTask()));
        }
        catch (FaultException)
        {
            // A scan server that does not answer holds no device: it starts with none in use.
        }

        return new DeviceStopAnswer(devices, failed);
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
