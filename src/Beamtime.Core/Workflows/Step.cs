using Beamtime.Core.Jobs;

namespace Beamtime.Core.Workflows;

/// <summary>A step's name, unique within its workflow or branch, and how often it is tried.</summary>
/// <param name="Name">Permanent: its result is remembered under it. A slash is the border of branches, not of names.</param>
internal sealed record Step(string Name)
{
    /// <summary>Failures after which it fails the workflow, at least 1.</summary>
    public int MaxFailures { get; init; } = 5;

    /// <summary>The pause between attempts.</summary>
    public Backoff Backoff { get; init; } = Backoff.Usual;

    /// <summary>How long one attempt may take; null for as long as it likes. A longer one has failed.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>
    /// Whether it must never be repeated without a person's word: interrupted it waits for one, and a failure is final.
    /// </summary>
    public bool IsNeverRepeated { get; init; }

    /// <summary>A step with the usual retries.</summary>
    /// <param name="name">Permanent: its result is remembered under it.</param>
    public static implicit operator Step(string name) => new(name);
}
