using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Recording;

namespace Beamtime.Control.Scans;

/// <summary>How a scan's closed files say that it ended.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Points">Points in the file, gaps included.</param>
internal sealed record RecordedEnd(ScanEnd End, long Points);

/// <summary>What a scan needs of those who record it; Recording provides it.</summary>
internal abstract class ScanRecorder
{
    /// <summary>Makes the folder for a scan's files.</summary>
    /// <param name="record">The scan.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The folder, absolute, and how the scan's files begin.</returns>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException">The folder cannot be made.</exception>
    public abstract Task<(string Folder, string FilePrefix)> MakeFolderAsync(ScanRecord record, CancellationToken cancel);

    /// <summary>Notes, in the transaction that starts a scan, that its recording is to be closed one day.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="scan">The scan's id.</param>
    /// <param name="record">The scan, started.</param>
    /// <param name="cancel">Gives up.</param>
    public abstract Task OpenAsync(
        DatabaseTransaction transaction, Guid scan, ScanRecord record, CancellationToken cancel);

    /// <summary>The name by which files tell a person; null for one who is not known any more.</summary>
    /// <param name="person">The person.</param>
    /// <param name="cancel">Gives up.</param>
    public abstract Task<string?> NameOfAsync(PersonId person, CancellationToken cancel);

    /// <summary>Whether the files of a scan are closed and registered.</summary>
    /// <param name="scan">The scan's id.</param>
    /// <param name="cancel">Gives up.</param>
    public abstract Task<bool> IsRecordedAsync(Guid scan, CancellationToken cancel);

    /// <summary>
    /// The first point of a scan that is not on the disk, as the file writer says; null when it closes the files already.
    /// Waits for the file writer to be there.
    /// </summary>
    /// <param name="scan">The scan's id.</param>
    /// <param name="cancel">Gives up.</param>
    public abstract Task<int?> FirstUnrecordedAsync(Guid scan, CancellationToken cancel);

    /// <summary>How a scan ended as its closed and registered files tell it; null while they are not closed.</summary>
    /// <param name="scan">The scan's id.</param>
    /// <param name="cancel">Gives up.</param>
    public abstract Task<RecordedEnd?> EndOfAsync(Guid scan, CancellationToken cancel);

    /// <summary>Notes, in the transaction that ends a scan, that there is nothing to record: it never opened.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="scan">The scan's id.</param>
    /// <param name="cancel">Gives up.</param>
    public abstract Task ForgetAsync(DatabaseTransaction transaction, Guid scan, CancellationToken cancel);
}
