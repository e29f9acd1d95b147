using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>What happens when a reading fails: it is read once more, the last one stands in, or it stays missing.</summary>
/// <param name="commands">Makes the further command.</param>
/// <param name="options">How many readings may be missing.</param>
/// <param name="logger">Takes what failed.</param>
internal sealed partial class ReadingRecovery(DeviceCommandMaker commands, DeviceOptions options, ILogger logger)
{
    /// <summary>Reads once more or takes the last reading, as the device's onFailure says.</summary>
    /// <param name="device">The device.</param>
    /// <param name="kind">Which readings.</param>
    /// <param name="fault">What failed.</param>
    /// <param name="row">Takes the readings.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Null where there are readings now; else why not, and whether the scan must end.</returns>
    public async ValueTask<(Reason Reason, bool IsFatal)?> RecoverAsync(
        ConfiguredDevice device, OperationKind kind, FaultException fault, Memory<Reading> row, CancellationToken cancel)
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
            var command = commands.Make(new Operation(0, kind, device.Name), null, again);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Reading {Device} failed: {Message}")]
    private static partial void LogReadFailed(ILogger logger, string device, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last reading of {Device}, of {At:O}, stands in for the one that failed")]
    private static partial void LogBuffered(ILogger logger, string device, DateTimeOffset at);
}
