using Microsoft.Extensions.Logging;

namespace Beamtime.Core.Jobs;

internal sealed partial class JobWorker
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Id} failed in attempt {Attempt} of {MaxAttempts}")]
    private partial void LogFailed(string kind, JobId id, int attempt, int maxAttempts, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Kind} {Id} is no longer held under fence {Fence}; what it wrote was refused")]
    private partial void LogLost(string kind, JobId id, long fence);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Running} handlers did not end within {Grace}; their jobs are left to their leases")]
    private partial void LogLeft(int running, TimeSpan grace);
}
