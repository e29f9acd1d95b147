using System.Globalization;

namespace Beamtime.Data.Compute;

/// <summary>
/// The verb <c>reconstruct FILE [--output FOLDER] [--center PIXELS] [--pixel-size MM] [--child]</c>: for people, and for the
/// program itself, which runs it in a process that writes no scans.
/// </summary>
internal static class ReconstructionCommand
{
    /// <summary>Reconstructs and prints how it went.</summary>
    /// <param name="request">What to reconstruct.</param>
    /// <param name="isJson">Whether to print JSON lines.</param>
    /// <param name="writer">Where to print.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Stops soon and leaves nothing behind.</param>
    /// <returns>One of <see cref="ComputeExit"/>.</returns>
    public static int Run(
        ReconstructionRequest request, bool isJson, TextWriter writer, TimeProvider time, CancellationToken cancel)
    {
        var output = new ComputeOutput(writer, isJson);
        return output.Run(
            () => new Reconstruction(time).Run(request, output, cancel),
            ComputeLineJson.Default.ReconstructionResult,
            result => string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Slices} slices of {result.Size} × {result.Size} from {result.Projections} projections, centre {result.Centre:F2} px ({result.CentreOrigin}), {result.Elapsed.TotalSeconds:F1} s\n{result.VolumeFile}\n{result.PictureFile}"));
    }
}
