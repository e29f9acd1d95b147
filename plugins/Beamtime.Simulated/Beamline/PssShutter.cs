namespace Beamtime.Simulated.Beamline;

/// <summary>
/// A beam shutter under the personnel safety system: it opens and closes on request, after its travel; a request to open
/// without all permits is refused without a word; a permit that goes closes it.
/// </summary>
internal sealed class PssShutter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Func<bool> _isPermitted;
    private readonly ITimer _timer;
    private bool _isBlocking = true;
    private bool _target = true;
    private TaskCompletionSource? _arrival;

    /// <summary>A closed shutter.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="isPermitted">True while it may be open.</param>
    public PssShutter(TimeProvider time, Func<bool> isPermitted)
    {
        _time = time;
        _isPermitted = isPermitted;
        _timer = _time.CreateTimer(
            static shutter => ((PssShutter)shutter!).Arrive(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Raised when it begins or ends to block the beam.</summary>
    public event Action? Changed;

    /// <summary>Time from a request to its effect.</summary>
    public TimeSpan Travel { get; set; }

    /// <summary>True while it blocks the beam, also while it travels from closed to open.</summary>
    public bool IsBlocking => Volatile.Read(ref _isBlocking);

    /// <summary>Asks it to open or to close; ends when it is there, and at once when opening is refused.</summary>
    /// <param name="isOpening">True to open.</param>
    public Task RequestAsync(bool isOpening)
    {
        if (isOpening && !_isPermitted())
        {
            return Task.CompletedTask;
        }

        TimeSpan travel;
        Task arrived;
        lock (_gate)
        {
            if (_target == !isOpening)
            {
                return _arrival?.Task ?? Task.CompletedTask;
            }

            _target = !isOpening;
            travel = Travel;
            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrived = _arrival.Task;
            if (travel > TimeSpan.Zero)
            {
                _timer.Change(travel, Timeout.InfiniteTimeSpan);
            }
        }

        if (travel <= TimeSpan.Zero)
        {
            Arrive();
        }

        return arrived;
    }

    /// <summary>Closes at once when its permits are gone.</summary>
    public void Enforce()
    {
        if (!_isPermitted())
        {
            lock (_gate)
            {
                _target = true;
            }

            Arrive();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Arrive()
    {
        bool isNew;
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            isNew = _isBlocking != _target;
            Volatile.Write(ref _isBlocking, _target);
            arrival = _arrival;
            _arrival = null;
        }

        if (isNew)
        {
            Changed?.Invoke();
        }

        arrival?.TrySetResult();
    }
}
