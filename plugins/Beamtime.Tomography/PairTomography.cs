// A pair for the rotation centre: tomo_pair
//
//   1  darks    shutter closed
//   2  flats    rotation to sample_out_angle, shutter open, sample out
//   3  sample in, shutter open
//   4  frames at rotation_start, then as many half a turn on
//   5  shutter closed, sample in, rotation back to rotation_start if asked
//
// The second view is the mirror image of the first about the rotation axis. After an abort or a fault: shutter closed,
// sample in.

using Beamtime.Sdk.Scans;

namespace Beamtime.Tomography;

/// <summary>The scan <c>tomo_pair</c>: two opposite views, which tell where the rotation axis is.</summary>
internal static class PairTomography
{
    private const double HalfTurn = 180;

    /// <summary>The scan as it is registered.</summary>
    public static ScanDeclaration Declaration { get; } = new()
    {
        Name = "tomo_pair",
        Description = "A few darks and flats, and the sample from two opposite sides, to find the rotation centre.",
        Parameters =
        [
            new ScanParameter
            {
                Name = "frames", Type = ParameterType.Integer, Default = "1", Low = 1, High = 1000,
                Description = "Frames from each side.",
            },
            .. TomographyParameters.Declare(darks: 3, flats: 3, isReconstructed: false),
        ],
        Signals = TomographyScan.OwnSignals,
        Create = Create,
    };

    private static TomographyScan Create(ScanArguments arguments)
    {
        var parameters = TomographyParameters.From(arguments);
        var frames = arguments.Integer("frames");
        return new TomographyScan(
            parameters,
            [.. Enumerable.Repeat(parameters.Start, frames), .. Enumerable.Repeat(parameters.Start + HalfTurn, frames)],
            []);
    }
}
