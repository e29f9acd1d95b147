using Beamtime.Control.Devices;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Procedures;

/// <summary>What became of a step.</summary>
/// <param name="Reasons">Why it failed; empty when it passed.</param>
/// <param name="Evidence">What was seen, for people.</param>
/// <param name="Value">The value that it read; missing for none.</param>
/// <param name="Captured">What it captured.</param>
internal sealed record StepResult(
    IReadOnlyList<Reason> Reasons, string Evidence, Value Value, IReadOnlyDictionary<string, Value> Captured)
{
    /// <summary>It passed.</summary>
    /// <param name="evidence">What was seen.</param>
    /// <param name="value">What was read.</param>
    public static StepResult Passed(string evidence, Value value = default) => new([], evidence, value, NoCaptures);

    /// <summary>It failed.</summary>
    /// <param name="reasons">Why.</param>
    public static StepResult Failed(params IReadOnlyList<Reason> reasons) => new(reasons, "", default, NoCaptures);

    private static readonly Dictionary<string, Value> NoCaptures = [];
}

/// <summary>A run as its steps see it.</summary>
/// <param name="Id">The run.</param>
/// <param name="Who">Who started it.</param>
/// <param name="Known">Values of parameters and captures; steps add theirs.</param>
internal sealed record StepScope(Guid Id, PersonId Who, Dictionary<string, Value> Known);

/// <summary>Carries out single steps on devices, actions and computations, each within its timeout.</summary>
internal sealed partial class StepConductor(
    DeviceDesk desk,
    WritePermission mayWrite,
    IReadOnlyDictionary<string, ProcedureAction> actions,
    RotationCentreFinder findCentre,
    TimeProvider time,
    ILogger<StepConductor> logger)
{
    private static readonly TimeSpan CheckPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Carries out a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="scope">Parameters and captures.</param>
    /// <param name="cancel">Ends it; what it drives is stopped.</param>
    /// <returns>What became of it; cancellation passes through.</returns>
    public async Task<StepResult> ConductAsync(ProcedureStep step, StepScope scope, CancellationToken cancel)
    {
        try
        {
            return step switch
            {
                SetpointStep setpoint => await SetAsync(setpoint, scope, cancel),
                CheckStep check => await CheckAsync(check, scope, cancel),
                ActionStep action => await WithinAsync(step, limited => ActAsync(action, scope, limited), cancel),
                CaptureStep capture => await WithinAsync(step, limited => CaptureAsync(capture, limited), cancel),
                ComputeStep compute => await WithinAsync(step, limited => ComputeAsync(compute, scope, limited), cancel),
                _ => throw new System.Diagnostics.UnreachableException(),
            };
        }
        catch (RefusedException refused)
        {
            return StepResult.Failed(refused.Reasons);
        }
        catch (FaultException fault)
        {
            return StepResult.Failed(fault.Reason);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested || error is not OperationCanceledException)
        {
            // The edge to actions and computations: whatever they throw, the closing steps must run.
            LogStepFailed(logger, error, step.Kind, step.Target);
            return StepResult.Failed(ProcedureErrors.StepFailed.Because(
                $"{step.Kind} {step.Target} failed: {error.GetType().Name}: {error.Message}"));
        }
    }

    private async Task<StepResult> SetAsync(SetpointStep step, StepScope scope, CancellationToken cancel)
    {
        var target = step.Value.Evaluate(scope.Known);
        if (!mayWrite(step.Address))
        {
            return StepResult.Failed(ProcedureErrors.WriteDenied.Because($"{step.Address} is not writable."));
        }

        var (device, signal) = DeviceBook.Split(step.Address);
        var isArrived = false;
        try
        {
            var result = await WithinAsync(
                step,
                async limited => await desk.SetAsync(device, signal, target, limited) is Refused<DeviceAnswer> refused
                    ? StepResult.Failed(refused.Reasons)
                    : StepResult.Passed($"{step.Address} was set to {target}", target),
                cancel);
            isArrived = result.Reasons.Count == 0;
            return isArrived && step.Verify ? await VerifyAsync(step, result, cancel) : await StoppedAsync(device, result);
        }
        catch (OperationCanceledException) when (!isArrived)
        {
            // Who gives up waiting must not leave the device moving.
            await desk.StopAsync(device);
            throw;
        }
    }

    // A set that ran into its timeout still moves; one that was refused never began.
    private async Task<StepResult> StoppedAsync(string device, StepResult result)
    {
        if (!result.Reasons.Any(r => r.Code == ProcedureErrors.StepDeadline.Code))
        {
            return result;
        }

        return await desk.StopAsync(device) is Accepted<IReadOnlyList<Reason>>(var failed)
            ? result with { Reasons = [.. result.Reasons, .. failed] }
            : result;
    }

    private async Task<StepResult> VerifyAsync(SetpointStep step, StepResult set, CancellationToken cancel)
    {
        try
        {
            var reading = await desk.ReadSignalAsync(step.Address, cancel);
            return set with { Evidence = $"{set.Evidence}, reads {reading.Value}", Value = reading.Value };
        }
        catch (Exception unread) when (unread is FaultException or RefusedException)
        {
            return set with { Evidence = $"{set.Evidence}; it cannot be read: {unread.Message}" };
        }
    }

    private async Task<StepResult> CheckAsync(CheckStep step, StepScope scope, CancellationToken cancel)
    {
        var expected = step.Expected.Evaluate(scope.Known);
        var tolerance = step.Tolerance?.Number(scope.Known);
        var wanted = tolerance is null ? $"{expected}" : $"{expected} ± {Value.Of(tolerance.Value)}";
        var began = time.GetTimestamp();
        while (true)
        {
            var (value, seen) = await LookAsync(step.Address, cancel);
            if (Matches(value, expected, tolerance))
            {
                return StepResult.Passed(seen, value);
            }

            var left = step.Timeout - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                return StepResult.Failed(ProcedureErrors.CheckFailed.Because($"{seen}, expected {wanted}."))
                    with { Evidence = seen, Value = value };
            }

            await Task.Delay(left < CheckPause ? left : CheckPause, time, cancel);
        }
    }

    private async Task<(Value Value, string Seen)> LookAsync(string address, CancellationToken cancel)
    {
        try
        {
            var reading = await desk.ReadSignalAsync(address, cancel);
            return (reading.Value, $"{address} is {reading.Value}");
        }
        catch (Exception unread) when (unread is FaultException or RefusedException)
        {
            return (Value.Missing, $"{address} cannot be read: {unread.Message}");
        }
    }

    private static bool Matches(Value value, Value expected, double? tolerance) =>
        value.Type is SignalType.Text || expected.Type is SignalType.Text
            ? value.Type == expected.Type && value.AsText() == expected.AsText()
            : value.Type is SignalType.Float or SignalType.Integer or SignalType.Boolean
                && Math.Abs(value.AsDouble() - expected.AsDouble()) <= (tolerance ?? 0);

    private async Task<StepResult> ActAsync(ActionStep step, StepScope scope, CancellationToken cancel)
    {
        var with = step.With.ToDictionary(w => w.Key, w => w.Value.Evaluate(scope.Known), StringComparer.Ordinal);
        var results = await actions[step.Name].RunAsync(new ActionCall(scope.Id, scope.Who, with), cancel);
        return StepResult.Passed(string.Join(", ", results.Select(r => $"{r.Key} {r.Value}"))) with
        {
            Captured = step.As is null
                ? new Dictionary<string, Value>()
                : results.ToDictionary(r => $"{step.As}.{r.Key}", r => r.Value, StringComparer.Ordinal),
        };
    }

    private async Task<StepResult> CaptureAsync(CaptureStep step, CancellationToken cancel)
    {
        var value = (await desk.ReadSignalAsync(step.Address, cancel)).Value;
        return StepValues.Json(value) is null
            ? StepResult.Failed(ProcedureErrors.StepFailed.Because($"{step.Address} is {value}, which cannot be kept."))
            : Captured(step.As, value, $"{step.Address} is {value}");
    }

    private async Task<StepResult> ComputeAsync(ComputeStep step, StepScope scope, CancellationToken cancel)
    {
        var input = step.Input.Evaluate(scope.Known);
        if (input.Type != SignalType.Text)
        {
            return StepResult.Failed(ProcedureErrors.ValueInvalid.Because($"{step.Input} is {input}, expected a file."));
        }

        var centre = await findCentre(input.AsText(), cancel);
        return double.IsFinite(centre)
            ? Captured(step.As, Value.Of(centre), $"{step.Computation} of {input} is {Value.Of(centre)} pixels")
            : StepResult.Failed(ProcedureErrors.StepFailed.Because($"{step.Computation} of {input} gave no number."));
    }

    private async Task<StepResult> WithinAsync(
        ProcedureStep step, Func<CancellationToken, Task<StepResult>> run, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(step.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            return await run(both.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return StepResult.Failed(ProcedureErrors.StepDeadline.Because(
                $"{step.Kind} {step.Target} did not end within {step.Timeout.TotalSeconds:0.###} s."));
        }
    }

    private static StepResult Captured(string name, Value value, string evidence) =>
        StepResult.Passed(evidence, value) with { Captured = new Dictionary<string, Value> { [name] = value } };

    [LoggerMessage(Level = LogLevel.Error, Message = "The step {Kind} {Target} failed")]
    private static partial void LogStepFailed(ILogger logger, Exception error, string kind, string target);
}
