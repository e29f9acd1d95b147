using System.Globalization;

namespace Beamtime.Data.Compute;

/// <summary>Reconstructs a scan in a child process.</summary>
/// <param name="process">Runs compute verbs.</param>
internal sealed class ReconstructionProcess(ComputeProcess process)
{
    /// <summary>Reconstructs a scan; repeating it replaces the result by an equal one.</summary>
    /// <param name="request">What to reconstruct.</param>
    /// <param name="progress">Hears how far it is, or null.</param>
    /// <param name="cancel">Kills the process.</param>
    /// <exception cref="Sdk.Errors.RefusedException">The scan cannot be reconstructed; every reason.</exception>
    /// <exception cref="Sdk.Errors.FaultException">A disk failed, or the process died.</exception>
    public Task<ReconstructionResult> RunAsync(
        ReconstructionRequest request, IProgress<ReconstructionProgress>? progress, CancellationToken cancel) =>
        process.RunAsync(
            [
                "reconstruct",
                request.File,
                .. Option("--output", request.Folder),
                .. Option("--center", request.Centre?.ToString("R", CultureInfo.InvariantCulture)),
                .. Option("--threads", request.Threads?.ToString(CultureInfo.InvariantCulture)),
                .. Option("--pixel-size", request.PixelSizeMm?.ToString("R", CultureInfo.InvariantCulture)),
            ],
            ComputeLineJson.Default.ReconstructionResult,
            progress,
            cancel);

    private static string[] Option(string name, string? value) => value is null ? [] : [name, value];
}
