using System.Collections.Frozen;

namespace Beamtime.Control.Beamline;

/// <summary>What a plan needs of the beamline before it may run.</summary>
/// <param name="Enclosures">Enclosures that must be permitted.</param>
/// <param name="NeedsBeam">True when it needs beam; a shutter that it drives itself may be closed beforehand.</param>
/// <param name="Drives">Devices that it drives itself.</param>
/// <param name="Devices">Devices that must be usable.</param>
internal sealed record PlanNeeds(
    IReadOnlyList<string> Enclosures, bool NeedsBeam, IReadOnlyList<string> Drives, IReadOnlyList<string> Devices);

/// <summary>A site's <c>beamline.yaml</c>: what is read of the safety system, and what may be written at all.</summary>
internal sealed record BeamlineDescription
{
    /// <summary>A site without the file.</summary>
    public static readonly BeamlineDescription None = new() { IsDescribed = false };

    /// <summary>False when the site has no description: nothing is watched and no gate blocks.</summary>
    public bool IsDescribed { get; init; } = true;

    /// <summary>How old an observation may be before it is unknown.</summary>
    public TimeSpan Staleness { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often signals are read.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Permits of enclosures, in the order of the file.</summary>
    public IReadOnlyList<WatchedSignal> Enclosures { get; init; } = [];

    /// <summary>Shutters and permits of the beam, in the order of the file.</summary>
    public IReadOnlyList<WatchedSignal> Beam { get; init; } = [];

    /// <summary>The beamline states that the file defines.</summary>
    public IReadOnlyList<StateDefinition> States { get; init; } = [];

    /// <summary>The interlock as the file sets it up.</summary>
    public InterlockSettings Interlock { get; init; } = InterlockSettings.None;

    /// <summary>The devices that a role may have moved, by role, as names or patterns; a role that is not there may all.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Rights { get; init; } =
        FrozenDictionary<string, IReadOnlyList<string>>.Empty;

    /// <summary>What plans need, by the plan's name.</summary>
    public IReadOnlyDictionary<string, PlanNeeds> Plans { get; init; } = FrozenDictionary<string, PlanNeeds>.Empty;

    /// <summary>The addresses that procedures may write; everything else is refused.</summary>
    public IReadOnlySet<string> Writable { get; init; } = FrozenSet<string>.Empty;
}
