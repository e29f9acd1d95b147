namespace Beamtime.Hdf5;

/// <summary>A source of a virtual data set that cannot be read.</summary>
/// <param name="Source">Which.</param>
/// <param name="File">The path at which its file was looked for.</param>
/// <param name="Reason">What is wrong with it.</param>
public sealed record H5MissingSource(H5VirtualSource Source, string File, string Reason);
