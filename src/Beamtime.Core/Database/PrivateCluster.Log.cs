using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Database;

internal sealed partial class PrivateCluster
{
    [LoggerMessage(Level = LogLevel.Information, Message = "The database in {Folder} is ready, process {Pid}")]
    private partial void Ready(string folder, int pid);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database server, process {Pid}, ended unasked with {Code}; starting it again")]
    private partial void Ended(int pid, int code);

    [LoggerMessage(Level = LogLevel.Error, Message = "The database server could not be started again; the next try comes in {Seconds} s")]
    private partial void NotRestarted(Exception error, double seconds);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The disk of {Folder} is full: the reserve was given up; free space now")]
    private partial void DiskFull(string folder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reserve in {Folder} could not be taken again")]
    private partial void NoReserve(Exception error, string folder);
}
