using Beamtime.Sdk.Errors;

namespace Beamtime.Doctor;

/// <summary>How something that was tried came out.</summary>
internal enum FindingState
{
    /// <summary>It works.</summary>
    Ok,

    /// <summary>It works, and something about it is not as it should be.</summary>
    Warn,

    /// <summary>It does not work.</summary>
    Fail,
}

/// <summary>One thing that was tried.</summary>
/// <param name="What">What was tried.</param>
/// <param name="State">How it came out.</param>
/// <param name="Detail">What was seen, with units.</param>
/// <param name="Code">The code of what is wrong; null when nothing is.</param>
/// <param name="Cause">What makes it happen; null when nothing is wrong.</param>
/// <param name="Remedy">What mends it; null when nothing is wrong.</param>
internal sealed record Finding(
    string What, FindingState State, string Detail, string? Code = null, string? Cause = null, string? Remedy = null)
{
    /// <summary>It works.</summary>
    /// <param name="what">What was tried.</param>
    /// <param name="detail">What was seen.</param>
    public static Finding Ok(string what, string detail) => new(what, FindingState.Ok, detail);

    /// <summary>It works, and something is not as it should be.</summary>
    /// <param name="what">What was tried.</param>
    /// <param name="code">What is not.</param>
    /// <param name="detail">What was seen.</param>
    public static Finding Warn(string what, ErrorCode code, string detail) =>
        new(what, FindingState.Warn, detail, code.Code, code.Cause, code.Remedy);

    /// <summary>It does not work.</summary>
    /// <param name="what">What was tried.</param>
    /// <param name="code">Why.</param>
    /// <param name="detail">What was seen.</param>
    public static Finding Fail(string what, ErrorCode code, string detail) =>
        new(what, FindingState.Fail, detail, code.Code, code.Cause, code.Remedy);

    /// <summary>It was refused or failed with a reason of its own.</summary>
    /// <param name="what">What was tried.</param>
    /// <param name="reason">The reason.</param>
    public static Finding Fail(string what, Reason reason) =>
        new(what, FindingState.Fail, reason.Message, reason.Code, null, reason.Remedy);
}
