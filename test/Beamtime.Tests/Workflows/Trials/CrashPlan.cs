using System.Diagnostics;

namespace Beamtime.Tests.Workflows.Trials;

/// <summary>Has a run vanish at one of its statements: before it is sent, or after it was answered.</summary>
/// <param name="statements">After how many.</param>
/// <param name="vanish">What it is cancelled by.</param>
internal sealed class CrashPlan(int statements, CancellationTokenSource vanish)
{
    private int _left = statements;

    /// <summary>The plan of the run that executes just now.</summary>
    public static AsyncLocal<CrashPlan?> Current { get; } = new();

    /// <summary>Counts the statements of runs that have a plan.</summary>
    public static ActivityListener Listen()
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                Current.Value is null ? ActivitySamplingResult.None : ActivitySamplingResult.PropagationData,
            ActivityStarted = _ => Current.Value?.Count(),
            ActivityStopped = _ => Current.Value?.Count(),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private void Count()
    {
        if (Interlocked.Decrement(ref _left) == 0)
        {
            // Set at once; what the driver does about it must not block the thread that sends the statement.
            _ = vanish.CancelAsync();
        }
    }
}

/// <summary>A clock whose timers fire a thousand times too early, so that pauses in outages take no time.</summary>
internal sealed class HastyTime : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / 1000 : dueTime, period > TimeSpan.Zero ? period / 1000 : period);
}
