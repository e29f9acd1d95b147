using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Jobs;

/// <summary>Thrown by a handler whose job is to be gone on with later, without counting the attempt.</summary>
internal sealed class JobPostponedException : Exception
{
    /// <summary>Goes on after this pause.</summary>
    /// <param name="delay">The pause.</param>
    /// <param name="reason">What it waits for, if that is an error people should see.</param>
    public JobPostponedException(TimeSpan delay, Reason? reason)
        : base(reason?.Message ?? $"Goes on in {delay}.")
    {
        Delay = delay;
        Reason = reason;
    }

    /// <summary>The pause.</summary>
    public TimeSpan Delay { get; }

    /// <summary>What it waits for, if that is an error people should see.</summary>
    public Reason? Reason { get; }
}

/// <summary>What becomes of a job whose handler threw.</summary>
internal abstract record JobVerdict
{
    /// <summary>Decides from the exception and the attempts made.</summary>
    /// <param name="exception">What the handler threw.</param>
    /// <param name="job">The job under its fence.</param>
    /// <param name="options">The options of its kind.</param>
    /// <param name="isStopping">Whether the worker had asked the handler to end.</param>
    /// <param name="draw">A draw from [0, 1) for the jitter.</param>
    public static JobVerdict On(
        Exception exception, ClaimedJob job, JobKindOptions options, bool isStopping, double draw) => exception switch
        {
            OperationCanceledException when isStopping => new HandedBack(),
            JobPostponedException postponed => new Postponed(postponed.Delay, postponed.Reason),
            FaultException fault when fault.Reason.Code == JobErrors.LeaseLost.Code => new Abandoned(),
            _ => Failed(ReasonFor(exception), job, options, draw),
        };

    private static JobVerdict Failed(Reason reason, ClaimedJob job, JobKindOptions options, double draw) =>
        reason.Retry == RetryClass.Never || job.Attempt >= job.MaxAttempts
            ? new Buried(reason)
            // What left no trace is repeated at once, once; after that it pauses like the rest.
            : new Retried(
                reason.Retry == RetryClass.Safe && job.Attempt == 1 ? TimeSpan.Zero : options.Backoff.Delay(job.Attempt, draw), reason);

    /// <summary>The reason that people read for an exception.</summary>
    /// <param name="exception">What was thrown.</param>
    public static Reason ReasonFor(Exception exception) => exception switch
    {
        FaultException fault => fault.Reason,
        RefusedException { Reasons: [var only] } => only,
        RefusedException refused => refused.Reasons[0] with
        {
            Message = refused.Message,
            Remedy = string.Join(" ", refused.Reasons.Select(r => r.Remedy).Distinct()),
            Retry = refused.Reasons.All(r => r.Retry == RetryClass.Never) ? RetryClass.Never : RetryClass.Later,
        },
        _ => JobErrors.HandlerFailed.Because($"{exception.GetType().Name}: {exception.Message}"),
    };
}

/// <summary>Tried again after a pause; the attempt counts.</summary>
/// <param name="Delay">The pause.</param>
/// <param name="Reason">Why this attempt failed.</param>
internal sealed record Retried(TimeSpan Delay, Reason Reason) : JobVerdict;

/// <summary>Gone on with after a pause; the attempt does not count.</summary>
/// <param name="Delay">The pause.</param>
/// <param name="Reason">What it waits for.</param>
internal sealed record Postponed(TimeSpan Delay, Reason? Reason) : JobVerdict;

/// <summary>Given up.</summary>
/// <param name="Reason">The last error.</param>
internal sealed record Buried(Reason Reason) : JobVerdict;

/// <summary>Given back untried, because the worker stops.</summary>
internal sealed record HandedBack : JobVerdict;

/// <summary>Nothing to write: another holds it.</summary>
internal sealed record Abandoned : JobVerdict;
