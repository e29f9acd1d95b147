using System.Text.Json.Serialization.Metadata;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Workflows;

/// <summary>What an effect outside is to be, recorded before it is begun.</summary>
/// <typeparam name="TIntent">What is wanted.</typeparam>
/// <param name="Id">Permanent for the effect: the outside is given it, as name or key, so that a repeat is recognised.</param>
/// <param name="Intent">What is wanted.</param>
internal sealed record EffectIntent<TIntent>(Guid Id, TIntent Intent);

/// <summary>What the outside shows of an effect whose begin is uncertain.</summary>
internal abstract record Evidence;

/// <summary>It is there.</summary>
/// <param name="External">What the outside calls it.</param>
internal sealed record FoundOutside(string External) : Evidence;

/// <summary>It is in none of the lists that the outside keeps.</summary>
internal sealed record AbsentOutside : Evidence;

/// <summary>The outside does not answer.</summary>
/// <param name="Why">Why not.</param>
internal sealed record NoAnswer(string Why) : Evidence;

/// <summary>What a look at a begun effect shows.</summary>
/// <typeparam name="TOutcome">What it gives.</typeparam>
internal abstract record EffectLook<TOutcome>;

/// <summary>It has ended well.</summary>
/// <typeparam name="TOutcome">What it gives.</typeparam>
/// <param name="Outcome">What it gave.</param>
internal sealed record EffectEnded<TOutcome>(TOutcome Outcome) : EffectLook<TOutcome>;

/// <summary>It goes on; no worker is held meanwhile.</summary>
/// <typeparam name="TOutcome">What it gives.</typeparam>
/// <param name="LookAgainAfter">When to look again.</param>
internal sealed record EffectGoesOn<TOutcome>(TimeSpan LookAgainAfter) : EffectLook<TOutcome>;

/// <summary>It has ended badly: a retry by a person is a new effect.</summary>
/// <typeparam name="TOutcome">What it gives.</typeparam>
/// <param name="Reason">Why.</param>
internal sealed record EffectFailed<TOutcome>(Reason Reason) : EffectLook<TOutcome>;

/// <summary>
/// An effect outside: a transfer, a batch job, a record in another system. Its intent is recorded before it is begun, the
/// outside's id as soon as it is known, its outcome at the end. Where nobody knows whether it was begun, evidence decides.
/// </summary>
/// <typeparam name="TIntent">What is wanted.</typeparam>
/// <typeparam name="TOutcome">What it gives.</typeparam>
/// <param name="Step">Its name, and how often a failing look is repeated.</param>
/// <param name="Intent">What is wanted.</param>
/// <param name="IntentJson">The codec of the intent.</param>
/// <param name="OutcomeJson">The codec of the outcome.</param>
internal sealed record Effect<TIntent, TOutcome>(
    Step Step, TIntent Intent, JsonTypeInfo<TIntent> IntentJson, JsonTypeInfo<TOutcome> OutcomeJson)
{
    /// <summary>
    /// Begins it and gives the outside's id for it. A refusal, or a fault of the classes <see cref="RetryClass.Never"/> and
    /// <see cref="RetryClass.Safe"/>, says that nothing was begun; any other exception leaves it uncertain.
    /// </summary>
    public required Func<EffectIntent<TIntent>, CancellationToken, Task<string>> StartAsync { get; init; }

    /// <summary>Looks how it stands, by the outside's id.</summary>
    public required Func<string, CancellationToken, Task<EffectLook<TOutcome>>> LookAsync { get; init; }

    /// <summary>Looks outside for one whose begin is uncertain; null where only a person can.</summary>
    public Func<EffectIntent<TIntent>, CancellationToken, Task<Evidence>>? ReconcileAsync { get; init; }

    /// <summary>Calls it off when the workflow is withdrawn; null where it is left.</summary>
    public Func<string, CancellationToken, Task>? CallOffAsync { get; init; }

    /// <summary>How long the outside may take to show it after it was begun.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>What is added to that before an effect that is absent counts as never begun.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often evidence is looked for while the outside does not answer.</summary>
    public TimeSpan AskAgainAfter { get; init; } = TimeSpan.FromMinutes(1);
}
