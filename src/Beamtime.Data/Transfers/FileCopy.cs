using Beamtime.Data.Storage;
using Beamtime.Sdk.Errors;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Data.Transfers;

/// <summary>
/// Copies one file so that at its name there is nothing or the whole file, synced: written under a temporary name, hashed
/// in the same pass, renamed without replacing anything. Nothing is left of a copy that failed or was cancelled; what a
/// killed program left is replaced by the same order.
/// </summary>
/// <param name="time">The clock of the rate.</param>
internal sealed class FileCopy(TimeProvider time)
{
    /// <summary>Copies a file, or finds that it has been copied before.</summary>
    /// <param name="order">What to copy where.</param>
    /// <param name="progress">Hears of the bytes written, or null.</param>
    /// <param name="cancel">Stops within a block; leaves no unfinished copy.</param>
    /// <exception cref="RefusedException">Source or target are not as they must be.</exception>
    /// <exception cref="FaultException">A disk failed.</exception>
    public async Task<FinishedCopy> RunAsync(
        CopyOrder order, IProgress<TransferProgress>? progress, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        try
        {
            var finished = await CopyOrFindAsync(order, progress, cancel);
            TransferMetrics.Count(finished, time.GetElapsedTime(begun));
            return finished;
        }
        catch (Exception error) when (error is RefusedException or FaultException)
        {
            TransferMetrics.CountFailure(error);
            throw;
        }
    }

    private async Task<FinishedCopy> CopyOrFindAsync(
        CopyOrder order, IProgress<TransferProgress>? progress, CancellationToken cancel)
    {
        var before = SourceState.Of(order);
        if (File.Exists(order.Target))
        {
            return await CompareAsync(order, before, progress, cancel);
        }

        MakeFolder(order);
        DemandRoom(order, before.Bytes);
        try
        {
            return await CopyAsync(order, before, progress, cancel);
        }
        catch (IOException error)
        {
            var code = error.HResult is FileCalls.NoSpace or FileCalls.OverQuota
                ? TransferErrors.TargetFull
                : TransferErrors.DiskFailed;
            throw code.Fault($"{order.Source} to {order.Target}: {error.Message}", error);
        }
    }

    private async Task<FinishedCopy> CopyAsync(
        CopyOrder order, SourceState before, IProgress<TransferProgress>? progress, CancellationToken cancel)
    {
        using var source = OpenSource(order);
        using var target = OpenTarget(order);
        try
        {
            using var pipe = new CopyPipe(source, target, new ProgressMeter(before.Bytes, progress, time), cancel);
            var (_, sha256) = await pipe.RunAsync();
            File.SetLastWriteTimeUtc(target, before.ModifiedAt.UtcDateTime);
            before.DemandUnchanged(order);
            DemandSame(order, order.Source, sha256);
            cancel.ThrowIfCancellationRequested();
            if (!FileCalls.TryRename(order.Unfinished, order.Target))
            {
                throw Differs(order, "it appeared while the copy was made");
            }

            FileCalls.SyncFolder(Path.GetDirectoryName(order.Target)!);
            return new FinishedCopy(before.Bytes, sha256, before.ModifiedAt, WasThere: false);
        }
        finally
        {
            // Renamed, it is no longer there. The open file still locks it, so it is nobody else's.
            File.Delete(order.Unfinished);
        }
    }

    private async Task<FinishedCopy> CompareAsync(
        CopyOrder order, SourceState source, IProgress<TransferProgress>? progress, CancellationToken cancel)
    {
        var bytes = new FileInfo(order.Target).Length;
        if (bytes != source.Bytes)
        {
            throw Differs(order, $"it has {bytes} bytes, the source {source.Bytes}");
        }

        var expected = order.Sha256;
        if (expected is null)
        {
            expected = await FileHash.OfAsync(order.Source, progress: null, time, cancel);
            source.DemandUnchanged(order);
        }

        var found = await FileHash.OfAsync(order.Target, progress, time, cancel);
        if (found != expected)
        {
            throw Differs(order, $"its SHA-256 is {found}, the source's {expected}");
        }

        // The program may have died between the rename and the sync.
        FileCalls.SyncFolder(Path.GetDirectoryName(order.Target)!);
        File.Delete(order.Unfinished);
        return new FinishedCopy(bytes, found, source.ModifiedAt, WasThere: true);
    }

    private static SafeFileHandle OpenSource(CopyOrder order)
    {
        try
        {
            // Whoever writes to it is not kept from it; that is noticed afterwards.
            return File.OpenHandle(order.Source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            throw new RefusedException(TransferErrors.SourceMissing.Because($"{order.Source} does not exist"));
        }
        catch (UnauthorizedAccessException error)
        {
            throw TransferErrors.SourceUnreadable.Fault(error.Message, error);
        }
    }

    private static SafeFileHandle OpenTarget(CopyOrder order)
    {
        try
        {
            // Locked until closed: a second copier of the same order, if there ever is one, cannot open it.
            return File.OpenHandle(order.Unfinished, FileMode.Create, FileAccess.Write, FileShare.None);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException { HResult: FileCalls.ReadOnly })
        {
            throw TransferErrors.TargetUnwritable.Fault(error.Message, error);
        }
    }

    private static void MakeFolder(CopyOrder order)
    {
        var missing = new Stack<string>();
        for (var folder = Path.GetDirectoryName(order.Target); folder is not null && !Directory.Exists(folder);)
        {
            missing.Push(folder);
            folder = Path.GetDirectoryName(folder);
        }

        try
        {
            foreach (var folder in missing)
            {
                Directory.CreateDirectory(folder);
                FileCalls.SyncFolder(Path.GetDirectoryName(folder)!);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw TransferErrors.TargetUnwritable.Fault($"{Path.GetDirectoryName(order.Target)}: {error.Message}", error);
        }
    }

    private static void DemandRoom(CopyOrder order, long bytes)
    {
        // What a killed copy left will be replaced and is no loss of room.
        var left = new FileInfo(order.Unfinished) is { Exists: true } unfinished ? unfinished.Length : 0;
        var free = new DriveInfo(Path.GetDirectoryName(order.Target)!).AvailableFreeSpace + left;
        if (free - order.ReserveBytes < bytes)
        {
            throw new RefusedException(TransferErrors.TargetFull.Because(
                $"{order.Target} needs {bytes} bytes; {free} are free there, of which {order.ReserveBytes} are to stay free"));
        }
    }

    private static void DemandSame(CopyOrder order, string path, string sha256)
    {
        if (order.Sha256 is { } expected && expected != sha256)
        {
            throw new RefusedException(TransferErrors.SourceCorrupt.Because(
                $"{path} has SHA-256 {sha256}, recorded was {expected}"));
        }
    }

    private static RefusedException Differs(CopyOrder order, string how) =>
        new(TransferErrors.TargetDiffers.Because($"{order.Target} exists and is not {order.Source}: {how}"));
}
