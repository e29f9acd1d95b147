namespace Beamtime.Data.Compute;

/// <summary>
/// The verb <c>reconstruct FILE [--output FOLDER] [--center PIXELS] [--pixel-size MM] --child</c> as the child
/// process does it, away from the one that writes scans.
/// </summary>
internal static class ReconstructionCommand
{
    /// <summary>Reconstructs and prints how it went.</summary>
    /// <param name="request">What to reconstruct.</param>
    /// <param name="writer">Where to print.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancel">Stops soon and leaves nothing behind.</param>
    /// <returns>One of <see cref="ComputeExit"/>.</returns>
    public static int Run(
        ReconstructionRequest request, TextWriter writer, TimeProvider time, CancellationToken cancel)
    {
        var output = new ComputeOutput(writer);
        return output.Run(
            () => new Reconstruction(time).Run(request, output, cancel),
            ComputeLineJson.Default.ReconstructionResult);
    }
}
