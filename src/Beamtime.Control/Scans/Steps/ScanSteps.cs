using System.Threading.Channels;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Steps;

/// <summary>The steps that were asked of one running scan: taken one after the other, and kept with what became of them.</summary>
/// <param name="devices">The devices of the scan.</param>
internal sealed class ScanSteps(ScanDevices devices)
{
    private const int Waiting = 64;
    private const int Kept = 256;
    private readonly Lock _gate = new();
    private readonly List<StepAnswer> _steps = [];
    private readonly Channel<ScanStep> _waiting = Channel.CreateBounded<ScanStep>(
        new BoundedChannelOptions(Waiting) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    private readonly Dictionary<int, TaskCompletionSource> _under = [];
    private int _count;

    /// <summary>The steps so far, oldest first.</summary>
    public IReadOnlyList<StepAnswer> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _steps];
            }
        }
    }

    /// <summary>Takes a step into the queue of the scan, or refuses it with every reason.</summary>
    /// <param name="request">The step.</param>
    public StepAnswer Ask(StepRequest request)
    {
        List<Reason> reasons = [];
        foreach (var (name, target) in request.Targets)
        {
            reasons.AddRange(devices.Motors.FirstOrDefault(m => m.Name == name) is { } motor
                ? motor.RefusalsToSet(null, Value.Of(target))
                : [StepErrors.ForeignMotor.Because($"{name} is no motor of this scan; it has {string.Join(", ", devices.Motors.Select(m => m.Name))}.")]);
        }

        if (request is { Close: false, Targets.Count: 0, Trigger: false, Reads: 0 })
        {
            reasons.Add(StepErrors.Empty.Because("The step neither moves, nor triggers, nor reads, nor closes."));
        }

        if (reasons.Count > 0)
        {
            throw new RefusedException(reasons);
        }

        lock (_gate)
        {
            if (request.Close)
            {
                _waiting.Writer.TryComplete();
            }

            var step = new ScanStep
            {
                Index = _count, Targets = request.Targets, Triggers = request.Trigger, Reads = request.Reads,
            };
            var answer = new StepAnswer(step.Index, request, request.Close ? StepState.Done : StepState.Waiting, 0, []);
            if (!request.Close && !_waiting.Writer.TryWrite(step))
            {
                throw new RefusedException(_waiting.Reader.Completion.IsCompleted
                    ? StepErrors.Closed.Because("The scan is being closed.")
                    : StepErrors.Full.Because($"{Waiting} steps wait already, or the scan is being closed."));
            }

            _count++;
            _steps.Add(answer);
            if (!request.Close)
            {
                _under.Add(step.Index, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            }

            if (_steps.Count > Kept)
            {
                _steps.RemoveAt(0);
            }

            return answer;
        }
    }

    /// <summary>The next step; null when it was closed, or nothing came for too long, which closes it.</summary>
    /// <param name="idle">How long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Fires on abort.</param>
    public async ValueTask<ScanStep?> NextAsync(TimeSpan idle, TimeProvider time, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(idle, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            return await _waiting.Reader.WaitToReadAsync(both.Token) && _waiting.Reader.TryRead(out var step) ? step : null;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            Close();
            // One that came in the last moment is still taken.
            return _waiting.Reader.TryRead(out var last) ? last : null;
        }
    }

    /// <summary>Says what became of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="state">What it is now.</param>
    /// <param name="points">Points of the scan by now.</param>
    /// <param name="reasons">Why it failed.</param>
    public void Tell(ScanStep step, StepState state, int points, IReadOnlyList<Reason> reasons)
    {
        TaskCompletionSource? ended = null;
        lock (_gate)
        {
            var index = _steps.FindIndex(s => s.Index == step.Index);
            if (index >= 0)
            {
                _steps[index] = _steps[index] with { State = state, Points = points, Reasons = reasons };
            }

            if (state.IsOver)
            {
                _under.Remove(step.Index, out ended);
            }
        }

        ended?.TrySetResult();
    }

    /// <summary>A step as it is when it has ended, or after a while as it is then.</summary>
    /// <param name="index">The step.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async ValueTask<StepAnswer> EndOfAsync(int index, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        Task? ended;
        lock (_gate)
        {
            ended = _under.GetValueOrDefault(index)?.Task;
        }

        if (ended is not null)
        {
            try
            {
                await ended.WaitAsync(patience, time, cancel);
            }
            catch (TimeoutException)
            {
                // It is told as it stands.
            }
        }

        return All.First(s => s.Index == index);
    }

    /// <summary>Nothing more is taken.</summary>
    public void Close() => _waiting.Writer.TryComplete();

    /// <summary>The scan is over: what still waits has failed.</summary>
    public void End()
    {
        Close();
        while (_waiting.Reader.TryRead(out var step))
        {
            Tell(step, StepState.Failed, 0, [StepErrors.Closed.Because("The scan ended before the step began.")]);
        }
    }
}
