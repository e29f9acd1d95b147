using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Data.Datasets;
using Beamtime.Data.Storage;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Transfers;

/// <summary>One file of a data set to be copied from one storage to another.</summary>
/// <param name="Dataset">The data set.</param>
/// <param name="Copy">Id of the copy, recorded before.</param>
/// <param name="From">The storage that has the file.</param>
/// <param name="To">The storage that is to have it.</param>
/// <param name="Folder">The data set's folder on both.</param>
/// <param name="File">The file as the manifest has it.</param>
internal sealed record DatasetTransferOrder(
    DatasetId Dataset, Guid Copy, StoragePlace From, StoragePlace To, string Folder, DatasetFile File);

/// <summary>
/// Copies one file of a data set, records the copy and reads it back. May be repeated from the start at any point: what is
/// done is found, what was half done is replaced, and nothing is recorded twice.
/// </summary>
/// <param name="database">Where copies are recorded.</param>
/// <param name="register">Records them.</param>
/// <param name="copy">Copies.</param>
/// <param name="verification">Reads back.</param>
/// <param name="activity">Hears how far it is.</param>
internal sealed class DatasetTransfer(
    BeamtimeDatabase database, DatasetRegister register, FileCopy copy, CopyVerification verification, DatasetActivity activity)
{
    /// <summary>Copies, records and reads back.</summary>
    /// <param name="order">Which file.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Stops within a block; leaves no unfinished copy.</param>
    /// <returns>What was found when it was read back; the caller records it.</returns>
    /// <exception cref="RefusedException">Source, target or copy are not as they must be.</exception>
    /// <exception cref="FaultException">A disk failed.</exception>
    public async Task<FileVerified> RunAsync(DatasetTransferOrder order, Why why, CancellationToken cancel)
    {
        var (id, path) = (order.Dataset, order.File.Path);
        var source = order.From.Resolve($"{order.Folder}/{path}");
        var target = order.To.Resolve($"{order.Folder}/{path}");
        if (!File.Exists(target))
        {
            await database.TransactAsync(
                transaction => DatasetRegister.RemakeAsync(transaction, id, path, order.To.Name, cancel), cancel);
        }

        try
        {
            var finished = await copy.RunAsync(
                new CopyOrder
                {
                    Source = source,
                    Target = target,
                    Transfer = order.Copy,
                    Bytes = order.File.Bytes,
                    Sha256 = order.File.Sha256,
                    ReserveBytes = order.To.ReserveBytes,
                },
                Tell(id, $"copying {path} to {order.To.Name}"),
                cancel);
            var copied = new FileCopied(path, order.To.Name, finished.Bytes, finished.Sha256, finished.WasThere);
            await database.TransactAsync(
                async transaction =>
                {
                    // A copy that was called bad or lost and yet lies there right is made anew by having looked.
                    await DatasetRegister.RemakeAsync(transaction, id, path, order.To.Name, cancel);
                    await register.CopiedAsync(transaction, id, copied, why, cancel);
                },
                cancel);
            await VerifyAsync(order, target, finished, why, cancel);
            return new FileVerified(path, order.To.Name, finished.Sha256);
        }
        finally
        {
            activity.End(id);
        }
    }

    private async Task VerifyAsync(
        DatasetTransferOrder order, string target, FinishedCopy finished, Why why, CancellationToken cancel)
    {
        try
        {
            await verification.RunAsync(
                target,
                finished.Bytes,
                finished.Sha256,
                Tell(order.Dataset, $"verifying {order.File.Path} on {order.To.Name}"),
                cancel);
        }
        catch (RefusedException refused)
        {
            var state = refused.Reasons[0].Code == TransferErrors.CopyMissing.Code ? CopyState.Missing : CopyState.Corrupt;
            await database.TransactAsync(
                transaction => register.BrokenAsync(
                    transaction, order.Dataset, order.File.Path, order.To.Name, state, refused.Reasons[0], why, cancel),
                cancel);
            throw;
        }
    }

    private Telling Tell(DatasetId id, string what) => new(activity, id, what);

    private sealed class Telling(DatasetActivity activity, DatasetId id, string what) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) =>
            activity.Tell(id, what, value.Bytes, value.Of, "bytes", value.BytesPerSecond);
    }
}
