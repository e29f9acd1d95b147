using Beamtime.Core.Telemetry;

namespace Beamtime.Roles;

/// <summary>One loop of a role. A loop that fails stops the program: a bug is not lived with.</summary>
/// <param name="role">Whose it is.</param>
/// <param name="name">What runs, for the log.</param>
/// <param name="run">The loop; runs until cancelled.</param>
/// <param name="failure">Remembers that a loop failed, and stops the program.</param>
/// <param name="logger">Takes the failure.</param>
internal sealed partial class RoleLoop(
    Role role, string name, Func<CancellationToken, Task> run, HostFailure failure, ILogger<RoleLoop> logger) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Whose it is.</summary>
    public Role Role => role;

    /// <summary>What runs.</summary>
    public string Name => name;

    /// <summary>Starts it.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Stops it and waits for its end.</summary>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task StopAsync(CancellationToken cancel)
    {
        await _stop.CancelAsync();
        try
        {
            await _running.WaitAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            LogLeft(logger, name);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stop.Dispose();

    // Never throws: who waits for the end finds the failure in the log and in HostFailure.
    private async Task RunAsync()
    {
        await Task.Yield();
        var beat = failure.Loops.Begin(RoleSet.NameOf(role), name);
        beat.Enter();
        try
        {
            await run(_stop.Token);
            beat.End();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            beat.End();
        }
        catch (Exception error)
        {
            beat.Fail(error);
            LogFailed(logger, error, name);
            failure.Fail();
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Name} failed; the program stops")]
    private static partial void LogFailed(ILogger logger, Exception error, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} did not end in time and is left")]
    private static partial void LogLeft(ILogger logger, string name);
}

/// <summary>Whether a loop failed, and how each fares; the first failure stops the program.</summary>
/// <param name="loops">The loops of this process.</param>
/// <param name="lifetime">Stops it.</param>
internal sealed class HostFailure(LoopBoard loops, IHostApplicationLifetime lifetime)
{
    private volatile bool _hasFailed;

    /// <summary>The loops of this process.</summary>
    public LoopBoard Loops => loops;

    /// <summary>True once a loop failed.</summary>
    public bool HasFailed => _hasFailed;

    /// <summary>Says that a loop failed.</summary>
    public void Fail()
    {
        _hasFailed = true;
        lifetime.StopApplication();
    }
}
