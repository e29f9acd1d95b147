using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>
/// Changes the devices of a device server while it runs, one change at a time. What is wrong with a configuration is found
/// before anything is touched; a change that fails or is cancelled halfway is taken back.
/// </summary>
internal sealed partial class RosterEditor(
    DeviceRoster roster, DeviceFactory factory, DeviceTopics topics, DeviceOptions options, TimeProvider time, ILogger<RosterEditor> logger)
    : IDisposable
{
    private readonly DeviceConnector _connector = new(options, time, logger);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile CancellationTokenSource? _underWay;

    /// <summary>Answers changes until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public Task RunAsync(CancellationToken cancel) => topics.Edits.ServeAsync(
        async (edit, _) =>
        {
            if (!edit.IsCancel)
            {
                return await EditAsync(edit, cancel);
            }

            return await CancelAsync();
        },
        cancel);

    /// <summary>Brings the devices to a configuration.</summary>
    /// <param name="edit">The configuration.</param>
    /// <param name="cancel">Takes the change back.</param>
    /// <exception cref="RefusedException">Mistakes in it, or in a strict change what failed: nothing has changed.</exception>
    public async Task<RosterEdited> EditAsync(RosterEdit edit, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            using var underWay = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            _underWay = underWay;
            return await ChangeAsync(edit, underWay.Token);
        }
        finally
        {
            _underWay = null;
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<RosterEdited> CancelAsync()
    {
        if (_underWay is { } underWay)
        {
            await underWay.CancelAsync();
        }

        return new RosterEdited(roster.Page.Revision, []);
    }

    private async Task<RosterEdited> ChangeAsync(RosterEdit edit, CancellationToken cancel)
    {
        var former = roster.Page;
        if (edit.Revision == former.Revision)
        {
            return new RosterEdited(edit.Revision, []);
        }

        var plan = RosterPlan.Of(
            [.. former.Entries], edit.Entries, name => former.Usable.GetValueOrDefault(name)?.Device, edit.Retry);
        if (plan.IsEmpty)
        {
            roster.Turn(former with { Revision = edit.Revision });
            return new RosterEdited(edit.Revision, []);
        }

        var made = plan.Made.Select(e => e.Name).ToHashSet(StringComparer.Ordinal);
        await using var constructed = new ConstructedDevices(await factory.ConstructAsync(
            plan.Made, name => made.Contains(name) ? null : former.Usable.GetValueOrDefault(name)?.Device));
        Refuse([.. plan.Live.SelectMany(l => RefusalsOf(l, former.Usable[l.Entry.Name]))]);
        var total = plan.Names.Distinct().Count();
        var done = 0;
        await TellAsync("", isUsable: true, isOver: false);
        Dictionary<string, ConfiguredDevice> ready = new(StringComparer.Ordinal);
        List<FailedDevice> failed = [];
        List<(LiveChange Change, IReadOnlyDictionary<string, object?> Former)> begun = [];
        HashSet<string> retired = [.. plan.Removed, .. made];
        var hasRetired = false;
        try
        {
            foreach (var change in plan.Live)
            {
                var device = former.Usable[change.Entry.Name];
                begun.Add((change, await change.FormerAsync(device, cancel)));
                var limits = await SetAsync(change.Values, change.Entry, device, cancel);
                ready[change.Entry.Name] = device.As(change.Entry, limits);
                await TellAsync(change.Entry.Name, isUsable: true, isOver: false);
            }

            foreach (var entry in plan.Noted)
            {
                ready[entry.Name] = former.Usable[entry.Name].As(entry, null);
            }

            hasRetired = true;
            roster.Turn(Without(former, retired));
            await RetireAsync(former, retired);
            foreach (var device in constructed.Take())
            {
                var (connected, reason) = await _connector.ConnectAsync(device, Find, cancel);
                if (connected is not null)
                {
                    ready[device.Entry.Name] = connected;
                }
                else
                {
                    failed.Add(new FailedDevice(device.Entry.Name, reason!));
                }

                await TellAsync(device.Entry.Name, connected is not null, isOver: false);
                cancel.ThrowIfCancellationRequested();
            }

            var serious = failed.Where(f => edit.Entries.First(e => e.Name == f.Device).Enabled).ToList();
            if (edit.IsStrict && serious.Count > 0)
            {
                throw new RefusedException([.. serious.Select(f => f.Reason)]);
            }

            roster.Turn(PageOf(edit, former, ready, failed));
            LogChanged(edit.Revision, done, failed.Count);
            return new RosterEdited(edit.Revision, serious);
        }
        catch (Exception error) when (error is RefusedException or FaultException or OperationCanceledException)
        {
            LogTakenBack(edit.Revision, error.Message);
            List<Reason> reasons = error switch
            {
                RefusedException refused => [.. refused.Reasons],
                FaultException fault => [fault.Reason],
                _ => [DeviceErrors.ChangeCancelled.Because("The change of the devices was cancelled.")],
            };
            reasons.AddRange(await TakeBackAsync(former, ready, retired, begun, hasRetired));
            throw new RefusedException(reasons);
        }
        finally
        {
            await TellAsync("", isUsable: true, isOver: true);
        }

        ConfiguredDevice? Find(string name) =>
            ready.GetValueOrDefault(name) ?? (retired.Contains(name) ? null : former.Usable.GetValueOrDefault(name));

        async Task TellAsync(string device, bool isUsable, bool isOver) => await topics.Editing.PublishAsync(
            new RosterProgress(edit.Revision, device, device.Length > 0 ? ++done : done, total, isUsable, isOver), CancellationToken.None);
    }

    private static void Refuse(List<Reason> reasons)
    {
        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }
    }

    private static IEnumerable<Reason> RefusalsOf(LiveChange change, ConfiguredDevice device)
    {
        List<Reason> mistakes = [];
        foreach (var (key, raw) in change.Values)
        {
            switch (key)
            {
                case DeviceSettings.Limits:
                    DeviceSettings.LimitsOf(device.Name, raw, mistakes);
                    break;
                case DeviceSettings.Labels:
                    break;
                case var _ when raw is string text && device.Find(key) is { } signal && DeviceSettings.ValueOf(signal, text) is { } target:
                    mistakes.AddRange(device.RefusalsToSet(key, target).Where(r => r.Code != DeviceErrors.ReadOnly.Code));
                    break;
                default:
                    mistakes.Add(DeviceErrors.ConfigurationInvalid.Because($"{device.Name}: deviceConfig.{key} does not fit the signal."));
                    break;
            }
        }

        return mistakes;
    }

    private async Task<(double Low, double High)?> SetAsync(
        IReadOnlyDictionary<string, object?> values, DeviceEntry entry, ConfiguredDevice device, CancellationToken cancel)
    {
        try
        {
            var limits = await DeviceSettings.ApplyAsync(entry, device.Device, values, time, cancel);
            if (limits is var (low, high) && device.Device is ILimited limited && device.Hinted is { } main)
            {
                await limited.SetLimitsAsync(device.DriverSignal(main)!, low, high, cancel);
            }

            return limits;
        }
        catch (Exception error) when (error is not RefusedException && !cancel.IsCancellationRequested)
        {
            // The edge to a driver's code.
            throw DeviceErrors.Fault.Fault($"{device.Name} did not take its settings: {error.Message}", error);
        }
    }

    // Who asks for one of them meanwhile is told that it is being changed.
    private static RosterPage Without(RosterPage page, HashSet<string> retired) => page with
    {
        Usable = page.Usable.Where(d => !retired.Contains(d.Key)).ToDictionary(StringComparer.Ordinal),
        Unusable = page.Unusable.Concat(page.Usable.Where(d => retired.Contains(d.Key)).Select(d => KeyValuePair.Create(
            d.Key, new UnusableDevice(d.Value.Entry, DeviceErrors.Changing.Because($"{d.Key} is being changed."))))).ToDictionary(StringComparer.Ordinal),
    };

    private async Task RetireAsync(RosterPage page, HashSet<string> names)
    {
        foreach (var device in page.Usable.Values.Where(d => names.Contains(d.Name)).Reverse())
        {
            await RetireAsync(device);
        }
    }

    private async Task RetireAsync(ConfiguredDevice device)
    {
        using var limit = new CancellationTokenSource(options.StopDeadline, time);
        try
        {
            await device.Mailbox.StopAsync(limit.Token).AsTask().WaitAsync(limit.Token);
        }
        catch (Exception error)
        {
            LogStopFailed(device.Name, error.Message);
        }

        device.Mailbox.Dispose();
        await device.Device.DisposeAsync();
    }

    private static RosterPage PageOf(
        RosterEdit edit, RosterPage former, Dictionary<string, ConfiguredDevice> ready, List<FailedDevice> failed)
    {
        Dictionary<string, ConfiguredDevice> usable = new(StringComparer.Ordinal);
        Dictionary<string, UnusableDevice> unusable = new(StringComparer.Ordinal);
        foreach (var entry in edit.Entries)
        {
            if (failed.Find(f => f.Device == entry.Name) is { } failure)
            {
                unusable[entry.Name] = new UnusableDevice(entry, failure.Reason);
            }
            else if (ready.TryGetValue(entry.Name, out var device) || former.Usable.TryGetValue(entry.Name, out device))
            {
                usable[entry.Name] = device;
            }
            else
            {
                unusable[entry.Name] = former.Unusable[entry.Name] with { Entry = entry };
            }
        }

        return new RosterPage(usable, unusable, edit.Revision);
    }

    // What was connected before is constructed and connected anew; where that fails the device is out, and it is said so.
    private async Task<IReadOnlyList<Reason>> TakeBackAsync(
        RosterPage former,
        Dictionary<string, ConfiguredDevice> ready,
        HashSet<string> retired,
        List<(LiveChange Change, IReadOnlyDictionary<string, object?> Former)> begun,
        bool hasRetired)
    {
        List<Reason> reasons = [];
        foreach (var (change, values) in begun)
        {
            try
            {
                await SetAsync(values, change.Old, former.Usable[change.Old.Name], CancellationToken.None);
            }
            catch (Exception error)
            {
                reasons.Add(DeviceErrors.NotTakenBack.Because($"{change.Old.Name}: its former settings could not be set: {error.Message}"));
            }
        }

        if (!hasRetired)
        {
            return reasons;
        }

        foreach (var device in ready.Values.Where(d => retired.Contains(d.Name)).Reverse())
        {
            await RetireAsync(device);
        }

        Dictionary<string, ConfiguredDevice> usable = new(StringComparer.Ordinal);
        var unusable = former.Unusable.ToDictionary(StringComparer.Ordinal);
        var again = (await factory.ConstructAsync(
                former.Usable.Values.Where(d => retired.Contains(d.Name)).Select(d => d.Entry),
                name => retired.Contains(name) ? null : former.Usable.GetValueOrDefault(name)?.Device))
            .ToDictionary(c => c.Entry.Name, StringComparer.Ordinal);
        foreach (var (name, device) in former.Usable)
        {
            if (!again.TryGetValue(name, out var constructed))
            {
                usable[name] = device;
                continue;
            }

            var (connected, reason) = await _connector.ConnectAsync(constructed, usable.GetValueOrDefault, CancellationToken.None);
            if (connected is not null)
            {
                usable[name] = connected;
            }
            else
            {
                unusable[name] = new UnusableDevice(constructed.Entry, reason!);
                reasons.Add(DeviceErrors.NotTakenBack.Because($"{name} did not come back: {reason!.Message}"));
            }
        }

        roster.Turn(former with { Usable = usable, Unusable = unusable });
        return reasons;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Device configuration {Revision} is in force: {Changed} devices changed, {Failed} of them failed")]
    private partial void LogChanged(int revision, int changed, int failed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device configuration {Revision} is taken back: {Message}")]
    private partial void LogTakenBack(int revision, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} did not stop before it was changed: {Message}")]
    private partial void LogStopFailed(string device, string message);
}
