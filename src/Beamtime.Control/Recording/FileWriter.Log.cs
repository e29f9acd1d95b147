using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Recording;

/// <summary>What the file writer says in the log.</summary>
internal sealed partial class FileWriter
{
    [LoggerMessage(Level = LogLevel.Error, Message = "Recording of scan {Scan}: {Code}, {Text}")]
    private partial void Faulted(Guid scan, string code, string text);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Recording {Prefix} goes on at point {Point} in a further live file")]
    private partial void GoesOn(string prefix, int point);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The recording of scan {Scan} is not finished; it is tried again")]
    private partial void NotFinished(Exception error, Guid scan);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The recording of scan {Scan} cannot be finished; its live file is kept")]
    private partial void Broken(Exception error, Guid scan);

    [LoggerMessage(Level = LogLevel.Error, Message = "A notice about scan {Scan} could not be delivered: its reader is a whole log behind")]
    private partial void NotTold(Guid scan);
}
