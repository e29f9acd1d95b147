namespace Beamtime.Sdk.Scans;

/// <summary>Equally spaced positions of one axis.</summary>
/// <param name="Start">The first.</param>
/// <param name="Stop">The last.</param>
/// <param name="Steps">How many, ≥ 1; one stays at the start.</param>
public readonly record struct ScanRegion(double Start, double Stop, int Steps);

/// <summary>A grid's worth of positions of two axes.</summary>
/// <param name="First">The fast axis.</param>
/// <param name="Second">The slow axis.</param>
public readonly record struct RegionPair(ScanRegion First, ScanRegion Second);
