using Beamtime.Core.Telemetry;

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
        var beat = failure.Loops.Begin("", name);
        beat.Enter();
        try
        {
            await run(stoppingToken);
            beat.End();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            beat.End();
        }
        catch (Exception error)
        {
            failure.HasFailed = true;
            beat.Fail(error);
            LogFailed(logger, error, name);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Name} failed; the program stops")]
    private static partial void LogFailed(ILogger logger, Exception error, string name);
}

/// <summary>Whether a loop failed, and how each fares.</summary>
/// <param name="loops">The loops of this process.</param>
internal sealed class HostFailure(LoopBoard loops)
{
    private volatile bool _hasFailed;

    /// <summary>The loops of this process.</summary>
    public LoopBoard Loops => loops;

    /// <summary>True once a loop failed.</summary>
    public bool HasFailed
    {
        get => _hasFailed;
        set => _hasFailed = value;
    }
}
