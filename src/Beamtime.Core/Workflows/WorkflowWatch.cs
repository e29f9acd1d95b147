using Beamtime.Core.Database;
using Npgsql;

namespace Beamtime.Core.Workflows;

/// <summary>Tells a running workflow that its end or a pause was asked for, or that its time is up.</summary>
internal sealed class WorkflowWatch : IAsyncDisposable
{
    /// <summary>The channel on which running workflows are told.</summary>
    public const string Told = "workflows.told";

    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _stop;
    private readonly WorkflowRun _run;
    private readonly TimeProvider _time;
    private readonly NotificationSubscription _signal;
    private readonly Task _watching;

    private WorkflowWatch(WorkflowRun run, WorkflowBeginning begun, TimeProvider time)
    {
        (_run, _time) = (run, time);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(run.Stopped);
        _signal = run.Database.Listener.Subscribe(Told);
        _watching = WatchAsync(begun.Left, _stop.Token);
    }

    /// <summary>Watches over a run until disposed.</summary>
    /// <param name="run">The run.</param>
    /// <param name="begun">What it began with.</param>
    /// <param name="time">The clock of its time.</param>
    public static WorkflowWatch Over(WorkflowRun run, WorkflowBeginning begun, TimeProvider time) => new(run, begun, time);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _watching;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It was told to end.
        }
        finally
        {
            _signal.Dispose();
            _stop.Dispose();
        }
    }

    private async Task WatchAsync(TimeSpan? left, CancellationToken cancel)
    {
        if (_run.Ending is not null)
        {
            return;
        }

        var start = _time.GetTimestamp();
        while (true)
        {
            var rest = left - _time.GetElapsedTime(start);
            if (rest <= TimeSpan.Zero)
            {
                End(WorkflowEnding.TimedOut);
                return;
            }

            await _signal.WaitAsync(rest < Poll ? rest.Value : Poll, cancel);
            var (isCancelled, isPaused) = await AskAsync(cancel);
            if (isCancelled)
            {
                End(WorkflowEnding.Cancelled);
                return;
            }

            if (isPaused)
            {
                _run.Pause();
            }
        }
    }

    private void End(WorkflowEnding ending)
    {
        _run.End(ending);
        _run.StopBody();
    }

    private async Task<(bool IsCancelled, bool IsPaused)> AskAsync(CancellationToken cancel)
    {
        try
        {
            return await _run.Memory.AskAsync(cancel);
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            return (false, false);
        }
    }
}
