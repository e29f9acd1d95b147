using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>What the device server says in the log.</summary>
internal sealed partial class DeviceServer
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} failed as well: {Message}")]
    private static partial void LogAlsoFailed(ILogger logger, string device, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "The scan server was not heard for {Seconds} s: the devices are stopped")]
    private static partial void LogOwnerLost(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Stopping {Device} failed: {Message}")]
    private static partial void LogStopFailed(ILogger logger, string device, string message);
}
