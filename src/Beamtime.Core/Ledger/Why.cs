namespace Beamtime.Core.Ledger;

/// <summary>A person, or the system itself, as entries name them.</summary>
/// <param name="Value">The id in <c>people</c>.</param>
internal readonly record struct PersonId(Guid Value)
{
    /// <summary>The program acting on its own.</summary>
    public static readonly PersonId System = new(Guid.Parse("00000000-0000-7000-8000-000000000001"));

    /// <summary>The operator at the machine itself.</summary>
    public static readonly PersonId LocalOperator = new(Guid.Parse("00000000-0000-7000-8000-000000000002"));

    public override string ToString() => Value.ToString();
}

/// <summary>Who did something, why, and as part of what.</summary>
/// <param name="Who">The person, by id.</param>
/// <param name="Reason">Why, in words for a reader of the timeline.</param>
/// <param name="Correlation">Common to all that one request set off.</param>
/// <param name="Cause">What directly set this off: a request, a job, another entry.</param>
internal sealed record Why(PersonId Who, string Reason, string Correlation, string? Cause = null)
{
    /// <summary>The program acting on its own.</summary>
    public static Why BySystem(string reason, string correlation, string? cause = null) =>
        new(PersonId.System, reason, correlation, cause);

    /// <summary>The same, completed by the request or job in which it is said: that is the cause where none is named.</summary>
    public Why InContext() => Telemetry.Correlation.Current is not { } context ? this
        : Correlation.Length == 0 ? this with { Correlation = context }
        : Cause is null && Correlation != context ? this with { Cause = context }
        : this;
}
