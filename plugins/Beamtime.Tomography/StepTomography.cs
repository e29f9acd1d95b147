// Step tomography: tomo_step
//
//   1  darks (start, both)      shutter closed
//   2  flats (start, both)      rotation to sample_out_angle, shutter open, sample out
//   3  sample in, shutter open
//   4  for each angle           rotate, settle, expose one frame, read
//   5  flats (end, both)        as 2
//   6  darks (end, both)        as 1
//   7  shutter closed, sample in, rotation back to rotation_start if asked
//
// One frame is one point; frame_type and theta tell what it is. After an abort or a fault: shutter closed, sample in.

using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Tomography;

/// <summary>The scan <c>tomo_step</c>: projections at equal steps, each exposed at rest.</summary>
internal static class StepTomography
{
    /// <summary>Projections when neither their number nor the step is given.</summary>
    private const int UsualProjections = 181;

    private const int MostProjections = 1_000_000;

    /// <summary>The scan as it is registered.</summary>
    public static ScanDeclaration Declaration { get; } = new()
    {
        Name = "tomo_step",
        Description = "Step tomography: darks, flats, and a projection at each angle, exposed at rest.",
        Parameters =
        [
            new ScanParameter
            {
                Name = "projections", Type = ParameterType.Integer, Default = "0", Low = 0, High = MostProjections,
                Description = "How many angles, first and last included; 0: from rotation_step, or 181.",
            },
            new ScanParameter
            {
                Name = "rotation_step", Type = ParameterType.Number, Unit = "deg", Default = "0", Low = 0, High = 360,
                Description = "Between two angles; 0: from projections.",
            },
            new ScanParameter
            {
                Name = "rotation_range", Type = ParameterType.Number, Unit = "deg", Default = "180", Low = -36000, High = 36000,
                Description = "From the first angle to the last; negative turns the other way.",
            },
            .. TomographyParameters.Declare(darks: 10, flats: 10, isReconstructed: true),
        ],
        Signals = TomographyScan.OwnSignals,
        Create = Create,
    };

    private static TomographyScan Create(ScanArguments arguments)
    {
        var parameters = TomographyParameters.From(arguments);
        var range = arguments.Number("rotation_range");
        var step = arguments.Number("rotation_step");
        var projections = arguments.Integer("projections");
        List<Reason> refusals = [];
        if (projections == 0)
        {
            var steps = step > 0 ? Math.Abs(range) / step : UsualProjections - 1;
            projections = (int)Math.Min(Math.Round(steps) + 1, MostProjections + 1);
        }

        if (projections > MostProjections)
        {
            refusals.Add(TomographyErrors.Parameters.Because(
                $"rotation_step {step} deg over {range} deg makes more than {MostProjections} projections."));
        }
        else if (step > 0 && Math.Abs((step * (projections - 1)) - Math.Abs(range)) > 1e-6 * Math.Max(1, Math.Abs(range)))
        {
            refusals.Add(TomographyErrors.Parameters.Because(
                $"{projections} projections at steps of {step} deg cover {step * (projections - 1)} deg, "
                + $"but rotation_range is {range} deg."));
        }

        var between = projections > 1 ? range / (projections - 1) : 0;
        var angles = Enumerable.Range(0, projections).Select(i => parameters.Start + (i * between));
        return new TomographyScan(parameters, angles, refusals);
    }
}
