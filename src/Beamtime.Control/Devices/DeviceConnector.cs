using Beamtime.Control.Devices.Computed;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>Connects constructed devices, one after the other.</summary>
/// <param name="options">Settings of devices.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes what failed.</param>
internal sealed partial class DeviceConnector(DeviceOptions options, TimeProvider time, ILogger logger)
{
    private readonly DeadlineWatch _deadlines = new(time);

    /// <summary>Connects a device, applies its settings and reads it for the first time; disposed of where that fails.</summary>
    /// <param name="constructed">The device.</param>
    /// <param name="find">Finds another device that can be used.</param>
    /// <param name="cancel">Gives up; the device is disposed of then as well.</param>
    /// <returns>The device, or why it cannot be used.</returns>
    public async Task<(ConfiguredDevice? Device, Reason? Unusable)> ConnectAsync(
        ConstructedDevice constructed, Func<string, ConfiguredDevice?> find, CancellationToken cancel)
    {
        var entry = constructed.Entry;
        if (constructed.Device is not { } device)
        {
            return (null, Failed(entry, constructed.Unusable!));
        }

        using var limit = new CancellationTokenSource(entry.ConnectionTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            if (entry.Needs.FirstOrDefault(n => find(n) is null) is { } missing)
            {
                throw new FaultException(DeviceFactory.NeedOf(entry, missing));
            }

            await device.ConnectAsync(both.Token).AsTask().WaitAsync(both.Token);
            var duplicate = device.Signals.GroupBy(s => s.Name).FirstOrDefault(g => g.Count() > 1);
            if (duplicate is not null)
            {
                throw DeviceErrors.ConnectFailed.Fault($"{entry.Name} has two signals named {duplicate.Key}.");
            }

            (device as ComputedSignal)?.Bind(find);
            var limits = await DeviceSettings.ApplyAsync(entry, device, constructed.Further, time, both.Token);
            var configured = new ConfiguredDevice(entry, device, limits, options.MailboxCapacity, _deadlines);
            var first = new Reading[configured.ReadSignals.Count];
            await device.ReadAsync(configuration: false, first, both.Token).AsTask().WaitAsync(both.Token);
            configured.Remember(first, 0);
            return (configured, null);
        }
        catch (Exception error)
        {
            await device.DisposeAsync();
            return cancel.IsCancellationRequested
                ? throw new OperationCanceledException(cancel)
                : (null, Failed(entry, DeviceFactory.ReasonOf(error, entry)));
        }
    }

    private Reason Failed(DeviceEntry entry, Reason reason)
    {
        if (entry.Enabled)
        {
            LogConnectFailed(entry.Name, reason.Code, reason.Message);
        }

        return reason;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Device {Device} is disabled: {Code}: {Message}")]
    private partial void LogConnectFailed(string device, string code, string message);
}
