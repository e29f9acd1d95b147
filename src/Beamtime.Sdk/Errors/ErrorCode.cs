namespace Beamtime.Sdk.Errors;

/// <summary>Whether the same request may be tried again after a fault.</summary>
public enum RetryClass
{
    /// <summary>The same request fails again until something is changed.</summary>
    Never,

    /// <summary>The cause passes; try again after a pause.</summary>
    Later,

    /// <summary>The request left no trace; it may be repeated at once.</summary>
    Safe,
}

/// <summary>
/// One permanent error code with what causes it and what mends it. Declared as a static field of the class
/// <c>…Errors</c> in the domain that raises it; the reference page of all codes is generated from these fields.
/// </summary>
/// <param name="Code">Dotted, lower case, never changed: <c>scan.limit.exceeded</c>.</param>
/// <param name="Cause">What makes it happen, one sentence.</param>
/// <param name="Remedy">What the person who sees it does, one sentence.</param>
/// <param name="Retry">Whether repeating the same request can help.</param>
public sealed record ErrorCode(string Code, string Cause, string Remedy, RetryClass Retry = RetryClass.Never)
{
    /// <summary>States this code for one occurrence.</summary>
    /// <param name="message">What was found, with names and values and their units.</param>
    /// <param name="remedy">A remedy closer to the occurrence than the general one, if there is one.</param>
    public Reason Because(string message, string? remedy = null) => new(Code, message, remedy ?? Remedy, Retry);

    /// <summary>An exception that carries this code.</summary>
    /// <param name="message">What was found, with names and values and their units.</param>
    /// <param name="inner">The exception beneath, if any.</param>
    public FaultException Fault(string message, Exception? inner = null) => new(Because(message), inner);
}

/// <summary>Why a request was refused or an operation failed, and what to do about it.</summary>
/// <param name="Code">The permanent code.</param>
/// <param name="Message">What was found in this case.</param>
/// <param name="Remedy">What mends it.</param>
/// <param name="Retry">Whether repeating the same request can help.</param>
public sealed record Reason(string Code, string Message, string Remedy, RetryClass Retry = RetryClass.Never);
