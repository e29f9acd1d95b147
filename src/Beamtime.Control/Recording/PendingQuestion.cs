namespace Beamtime.Control.Recording;

/// <summary>A question about a scan that waits for the loop which can answer it.</summary>
/// <param name="scan">The scan.</param>
internal sealed class PendingQuestion(Guid scan)
    : TaskCompletionSource<RecordingProgress>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The scan.</summary>
    public Guid Scan => scan;
}
