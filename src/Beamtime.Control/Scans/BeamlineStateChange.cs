namespace Beamtime.Control.Scans;

/// <summary>A state of the beamline changed: what files keep beside the points of scans that run.</summary>
/// <param name="Name">The state's name, as a configuration has it.</param>
/// <param name="Label">What it says, for people.</param>
/// <param name="Status">Where it stands: <c>valid</c>, <c>invalid</c>, <c>warning</c>, <c>unknown</c>.</param>
/// <param name="At">Since when, UTC.</param>
internal sealed record BeamlineStateChange(string Name, string Label, string Status, DateTimeOffset At);

/// <summary>All states of the beamline as they stand, at the first and whenever one changes.</summary>
/// <param name="States">The states.</param>
internal sealed record BeamlineStateList(IReadOnlyList<BeamlineStateChange> States);
