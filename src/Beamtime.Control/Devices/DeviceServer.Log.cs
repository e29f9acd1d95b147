using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Devices;

/// <summary>What the device server says in the log.</summary>
internal sealed partial class DeviceServer
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Reading {Device} failed: {Message}")]
    private static partial void LogReadFailed(ILogger logger, string device, string message);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The last reading of {Device}, of {At:O}, stands in for the one that failed")]
    private static partial void LogBuffered(ILogger logger, string device, DateTimeOffset at);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Device} failed as well: {Message}")]
    private static partial void LogAlsoFailed(ILogger logger, string device, string message);

    [LoggerMessage(Level = LogLevel.Error, Message = "The scan server was not heard for {Seconds} s: the devices are stopped")]
    private static partial void LogOwnerLost(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Error, Message = "Stopping {Device} failed: {Message}")]
    private static partial void LogStopFailed(ILogger logger, string device, string message);
}
