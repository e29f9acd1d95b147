namespace Beamtime.Sdk.Errors;

/// <summary>What became of a request that may be refused: <see cref="Accepted{T}"/> or <see cref="Refused{T}"/>.</summary>
/// <typeparam name="T">What the accepted request gives.</typeparam>
public abstract record Outcome<T>
{
    private protected Outcome()
    {
    }

    /// <summary>The accepted value, or a <see cref="RefusedException"/> with every reason.</summary>
    public T OrThrow() => this switch
    {
        Accepted<T> accepted => accepted.Value,
        Refused<T> refused => throw new RefusedException(refused.Reasons),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>The request was accepted.</summary>
/// <typeparam name="T">What the accepted request gives.</typeparam>
/// <param name="Value">What it gave.</param>
public sealed record Accepted<T>(T Value) : Outcome<T>;

/// <summary>The request was refused and changed nothing.</summary>
/// <typeparam name="T">What the accepted request would have given.</typeparam>
/// <param name="Reasons">Every reason found, at least one.</param>
public sealed record Refused<T>(IReadOnlyList<Reason> Reasons) : Outcome<T>;
