namespace Beamtime.Sdk.Errors;

/// <summary>A device, disk or remote system failed: carries the permanent code, the cause found and the remedy.</summary>
public sealed class FaultException : Exception
{
    /// <summary>A fault for this reason.</summary>
    /// <param name="reason">Code, cause and remedy.</param>
    /// <param name="inner">The exception beneath, if any.</param>
    public FaultException(Reason reason, Exception? inner = null)
        : base(reason.Message, inner) => Reason = reason;

    /// <summary>Code, cause and remedy.</summary>
    public Reason Reason { get; }
}

/// <summary>A request was refused: the caller can mend it. Carries every reason, not only the first.</summary>
public sealed class RefusedException : Exception
{
    /// <summary>A refusal for these reasons.</summary>
    /// <param name="reasons">All reasons found, at least one.</param>
    public RefusedException(params IReadOnlyList<Reason> reasons)
        : base(string.Join("; ", reasons.Select(r => r.Message))) => Reasons = reasons;

    /// <summary>All reasons found.</summary>
    public IReadOnlyList<Reason> Reasons { get; }
}
