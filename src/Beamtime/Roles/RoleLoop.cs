namespace Beamtime.Roles;

/// <summary>One loop of a role as a hosted service. A loop that fails stops the program: a bug is not lived with.</summary>
/// <param name="name">What runs, for the log.</param>
/// <param name="run">The loop; runs until cancelled.</param>
/// <param name="failure">Remembers that a loop failed.</param>
/// <param name="logger">Takes the failure.</param>
internal sealed partial class RoleLoop(string name, Func<CancellationToken, Task> run, HostFailure failure, ILogger<RoleLoop> logger)
    : BackgroundService
{
    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            await run(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to end.
        }
        catch (Exception error)
        {
            failure.HasFailed = true;
            LogFailed(logger, error, name);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Name} failed; the program stops")]
    private static partial void LogFailed(ILogger logger, Exception error, string name);
}

/// <summary>Whether a loop failed.</summary>
internal sealed class HostFailure
{
    private volatile bool _hasFailed;

    /// <summary>True once a loop failed.</summary>
    public bool HasFailed
    {
        get => _hasFailed;
        set => _hasFailed = value;
    }
}
