using System.Threading.Tasks.Sources;

namespace Beamtime.Core.Topics;

/// <summary>
/// Wakes one waiting loop. Setting it twice before the loop looks wakes it once; the loop then looks at everything it
/// listens to, so nothing is missed. One loop waits at a time.
/// </summary>
internal sealed class TopicSignal : IValueTaskSource
{
    private const int Idle = 0;
    private const int Ready = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private int _state;

    /// <summary>Wakes the loop, or lets its next wait pass at once.</summary>
    public void Set()
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case Ready:
                    return;
                case Idle when Interlocked.CompareExchange(ref _state, Ready, Idle) == Idle:
                    return;
                case Waiting when Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting:
                    _source.SetResult(true);
                    return;
            }
        }
    }

    /// <summary>Waits until set since the last wait.</summary>
    /// <param name="cancel">Ends the wait.</param>
    public ValueTask WaitAsync(CancellationToken cancel)
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Ready) == Ready)
        {
            return ValueTask.CompletedTask;
        }

        return cancel.CanBeCanceled ? WaitCancellableAsync(cancel) : WaitOnceAsync();
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private ValueTask WaitOnceAsync()
    {
        _source.Reset();
        var task = new ValueTask(this, _source.Version);
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) != Idle)
        {
            Volatile.Write(ref _state, Idle);
            _source.SetResult(true);
        }

        return task;
    }

    private async ValueTask WaitCancellableAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        await using var registration = cancel.UnsafeRegister(static signal => ((TopicSignal)signal!).Set(), this);
        await WaitOnceAsync();
        cancel.ThrowIfCancellationRequested();
    }
}
