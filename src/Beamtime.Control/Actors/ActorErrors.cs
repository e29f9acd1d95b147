using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Actors;

/// <summary>What can be wrong with actors.</summary>
internal static class ActorErrors
{
    /// <summary>No such actor.</summary>
    public static readonly ErrorCode Unknown = new(
        "actor.unknown",
        "There is no actor of that name.",
        "List the actors with 'beamtime actor ls'.");

    /// <summary>A definition that says too little.</summary>
    public static readonly ErrorCode Invalid = new(
        "actor.definition.invalid",
        "An actor has a name, at least one state with a status that counts, and a rest.",
        "Correct what the message names.");

    /// <summary>A state that there is not.</summary>
    public static readonly ErrorCode StateUnknown = new(
        "actor.state.unknown",
        "An actor looks at a beamline state that there is not.",
        "List the states with 'beamtime beamline states', or define it first.");
}
