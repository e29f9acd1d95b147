namespace Beamtime.Core.Telemetry;

/// <summary>Which program speaks: stands in every line that is written as JSON.</summary>
/// <param name="Roles">The roles of this process, separated by commas.</param>
/// <param name="Beamline">The beamline.</param>
internal sealed record LogOrigin(string Roles, string Beamline);
