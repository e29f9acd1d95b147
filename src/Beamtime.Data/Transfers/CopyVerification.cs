using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Transfers;

/// <summary>Reads a copy back from the disk: only what reads back as it was written is a verified copy.</summary>
/// <param name="time">The clock of the rate.</param>
internal sealed class CopyVerification(TimeProvider time)
{
    /// <summary>Reads a copy back and compares.</summary>
    /// <param name="path">The copy, absolute.</param>
    /// <param name="bytes">The size that it must have.</param>
    /// <param name="sha256">The lower-case SHA-256 that it must have.</param>
    /// <param name="progress">Hears of the bytes read, or null.</param>
    /// <param name="cancel">Stops within a block.</param>
    /// <exception cref="RefusedException">It is missing or differs.</exception>
    public async Task RunAsync(
        string path, long bytes, string sha256, IProgress<TransferProgress>? progress, CancellationToken cancel)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
        {
            throw new RefusedException(TransferErrors.CopyMissing.Because($"{path} does not exist"));
        }

        if (file.Length != bytes)
        {
            throw new RefusedException(TransferErrors.CopyCorrupt.Because($"{path} has {file.Length} bytes instead of {bytes}"));
        }

        if (await FileHash.OfAsync(path, progress, time, cancel) is var found && found != sha256)
        {
            throw new RefusedException(TransferErrors.CopyCorrupt.Because($"{path} reads back as SHA-256 {found} instead of {sha256}"));
        }
    }
}
