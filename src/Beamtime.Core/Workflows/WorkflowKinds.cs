using System.Collections.Concurrent;

namespace Beamtime.Core.Workflows;

/// <summary>
/// What this process knows of the kinds of workflows: what messages they understand and how long they may clean up. Filled
/// at start, then only read; of a kind that it does not know, it takes a message on trust and the worker checks it.
/// </summary>
internal sealed class WorkflowKinds
{
    /// <summary>How long a workflow may clean up unless its kind says otherwise.</summary>
    public static readonly TimeSpan UsualGrace = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<(string Name, int Version), Entry> _kinds = new();

    /// <summary>Adds a kind; again, in a later version.</summary>
    /// <typeparam name="TInput">What an instance is started with.</typeparam>
    /// <typeparam name="TResult">What it returns.</typeparam>
    /// <param name="kind">The kind.</param>
    public void Add<TInput, TResult>(WorkflowKind<TInput, TResult> kind) =>
        _kinds[(kind.Name, kind.Version)] = new Entry(
            kind.Messages.ToDictionary(m => m.Name, StringComparer.Ordinal), kind.CleanUpGrace);

    /// <summary>How long a workflow may clean up.</summary>
    /// <param name="name">Its kind.</param>
    /// <param name="version">In its version.</param>
    public TimeSpan GraceOf(string name, int version) => _kinds.GetValueOrDefault((name, version))?.Grace ?? UsualGrace;

    /// <summary>What is wrong with a message; null where nothing is, or where the kind is not known here.</summary>
    /// <param name="name">The workflow's kind.</param>
    /// <param name="version">In its version.</param>
    /// <param name="message">The message's name.</param>
    /// <param name="body">Its body as JSON.</param>
    public string? Mistake(string name, int version, string message, string body)
    {
        if (_kinds.GetValueOrDefault((name, version)) is not { } kind)
        {
            return null;
        }

        return kind.Messages.GetValueOrDefault(message) is not { } known
            ? $"{name} understands no message {message}, only: {string.Join(", ", kind.Messages.Keys.Order(StringComparer.Ordinal))}"
            : known.Mistake(body) is { } mistake ? $"the body of {message}: {mistake}" : null;
    }

    private sealed record Entry(IReadOnlyDictionary<string, WorkflowMessage> Messages, TimeSpan Grace);
}
