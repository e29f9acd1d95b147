using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Datasets;

/// <summary>
/// Changes data sets: each entry of the ledger together with the rows that it is about, in the caller's transaction.
/// Saying the same twice changes nothing.
/// </summary>
/// <param name="ledger">What happened.</param>
/// <param name="store">Files and copies.</param>
/// <param name="time">Clock of new ids.</param>
internal sealed class DatasetRegister(LedgerStore ledger, DatasetStore store, TimeProvider time)
{
    /// <summary>Registers a data set with its manifest.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="registered">The manifest.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>Its id; null where its recording has been registered before.</returns>
    public async Task<DatasetId?> RegisterAsync(
        DatabaseTransaction transaction, DatasetRegistered registered, Why why, CancellationToken cancel)
    {
        var id = DatasetId.New(time);
        if (!await DatasetStore.InsertAsync(transaction, id, registered, cancel))
        {
            return null;
        }

        await AppendAsync(transaction, id, s => DatasetStream.Register(s, registered), why, cancel);
        foreach (var source in registered.DerivedFrom)
        {
            await AppendAsync(
                transaction,
                new DatasetId(source),
                s => DatasetStream.Derive(s, new DatasetDerived(id.Value, registered.Name)),
                why,
                cancel);
        }

        return id;
    }

    /// <summary>Says on which storage and in which folder the files were found.</summary>
    public async Task PlaceAsync(
        DatabaseTransaction transaction, DatasetId id, int files, DatasetPlaced placed, Why why, CancellationToken cancel)
    {
        await AppendAsync(transaction, id, s => DatasetStream.Place(s, placed), why, cancel);
        await DatasetStore.SetFolderAsync(transaction, id, placed.Folder, cancel);
        await store.AddCopiesAsync(transaction, id, files, placed.Storage, CopyState.Present, cancel);
    }

    /// <summary>Records that a copy of every file is to be made on a storage.</summary>
    /// <returns>The ids of the copies, in the order of the files.</returns>
    public Task<IReadOnlyList<Guid>> IntendAsync(
        DatabaseTransaction transaction, DatasetId id, int files, string storage, CancellationToken cancel) =>
        store.AddCopiesAsync(transaction, id, files, storage, CopyState.Copying, cancel);

    /// <summary>Records that a copy that was lost or bad is made anew; nothing where it lies there.</summary>
    public static Task RemakeAsync(
        DatabaseTransaction transaction, DatasetId id, string path, string storage, CancellationToken cancel) =>
        DatasetStore.MoveCopyAsync(transaction, id, path, storage, CopyState.Copying, problem: null, cancel);

    /// <summary>Records that a copy was made.</summary>
    public async Task CopiedAsync(
        DatabaseTransaction transaction, DatasetId id, FileCopied copied, Why why, CancellationToken cancel)
    {
        if (await DatasetStore.MoveCopyAsync(
            transaction, id, copied.Path, copied.Storage, CopyState.Present, problem: null, cancel))
        {
            await DatasetStore.SetChecksumAsync(transaction, id, copied.Path, copied.Sha256, cancel);
            await AppendAsync(transaction, id, s => DatasetStream.OfCopy(s, copied), why, cancel);
        }
    }

    /// <summary>Records that a copy was read back right.</summary>
    public async Task VerifiedAsync(
        DatabaseTransaction transaction, DatasetId id, FileVerified verified, Why why, CancellationToken cancel)
    {
        if (await DatasetStore.MoveCopyAsync(
            transaction, id, verified.Path, verified.Storage, CopyState.Verified, problem: null, cancel))
        {
            await AppendAsync(transaction, id, s => DatasetStream.OfCopy(s, verified), why, cancel);
        }
    }

    /// <summary>Records that a copy is missing or bad.</summary>
    public async Task BrokenAsync(
        DatabaseTransaction transaction, DatasetId id, string path, string storage, CopyState state, Reason reason, Why why,
        CancellationToken cancel)
    {
        var problem = JsonSerializer.Serialize(
            new Dictionary<string, string> { ["code"] = reason.Code, ["message"] = reason.Message },
            DatasetJson.Default.IReadOnlyDictionaryStringString);
        if (await DatasetStore.MoveCopyAsync(transaction, id, path, storage, state, problem, cancel))
        {
            var broken = new FileBroken(path, storage, reason.Code, reason.Message);
            await AppendAsync(transaction, id, s => DatasetStream.OfCopy(s, broken), why, cancel);
        }
    }

    /// <summary>Records that every file has a verified copy on a storage.</summary>
    /// <exception cref="InvalidOperationException">One has none.</exception>
    public async Task SecureAsync(
        DatabaseTransaction transaction, DatasetId id, string storage, Why why, CancellationToken cancel)
    {
        if (await DatasetStore.CountUnverifiedAsync(transaction, id, storage, cancel) is var left and > 0)
        {
            throw new InvalidOperationException($"{left} files of data set {id} have no verified copy on {storage}.");
        }

        await AppendAsync(transaction, id, s => DatasetStream.Secure(s, new DatasetSecured(storage)), why, cancel);
    }

    private async Task AppendAsync(
        DatabaseTransaction transaction, DatasetId id, Func<DatasetRecord?, Outcome<IReadOnlyList<DatasetEntry>>> decide,
        Why why, CancellationToken cancel) =>
        (await ledger.DecideAsync(transaction, DatasetStream.Kind, id.ToString(), decide, why, cancel)).OrThrow();
}
