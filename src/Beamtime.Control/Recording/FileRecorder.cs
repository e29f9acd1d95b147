using Beamtime.Control.Scans;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Recording;

/// <summary>Gives scans their folders, and notes which ones have files to be closed.</summary>
/// <param name="root">Folder of all recordings.</param>
/// <param name="beamline">The beamline.</param>
/// <param name="store">The durable side of recordings.</param>
/// <param name="topics">Asks the file writer.</param>
/// <param name="options">How folders are named.</param>
/// <param name="time">The clock.</param>
internal sealed class FileRecorder(
    string root, string beamline, RecordingStore store, RecordingTopics topics, RecordingOptions options, TimeProvider time) : ScanRecorder
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override async Task<(string Folder, string FilePrefix)> MakeFolderAsync(ScanRecord record, CancellationToken cancel)
    {
        try
        {
            var below = await FolderTemplate.FillAsync(
                options,
                beamline,
                record.Request.Account,
                () => store.NameOfAsync(new PersonId(record.Who), cancel));
            var place = RecordingFolder.Name(
                Path.Combine(Path.GetFullPath(root), below), record.Number, record.Request.FileSuffix, record.Request.FileDirectory);
            place.Make();
            return (place.Folder, place.Prefix);
        }
        catch (RefusedException refused)
        {
            throw new FaultException(refused.Reasons[0], refused);
        }
    }

    /// <inheritdoc/>
    public override Task OpenAsync(
        DatabaseTransaction transaction, Guid scan, ScanRecord record, CancellationToken cancel) =>
        RecordingStore.OpenAsync(
            transaction,
            new RecordingRow(
                scan, record.Beamline, record.Number, record.Folder!, record.FilePrefix!, record.Request.Scan, time.GetUtcNow(),
                record.FileSuffix),
            cancel);

    /// <inheritdoc/>
    public override Task<string?> NameOfAsync(PersonId person, CancellationToken cancel) =>
        store.NameOfAsync(person, cancel);

    /// <inheritdoc/>
    public override Task<bool> IsRecordedAsync(Guid scan, CancellationToken cancel) =>
        store.IsSettledAsync(scan, cancel);

    /// <inheritdoc/>
    public override async Task<int?> FirstUnrecordedAsync(Guid scan, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                var progress = await topics.Questions.AskAsync(new RecordingQuestion(scan), AnswerDeadline, cancel);
                return progress.IsEnded ? null : progress.Next;
            }
            catch (FaultException away) when (away.Reason.Code == TopicErrors.RoleUnreachable.Code)
            {
                // Asked again: without the file writer nothing can be recorded.
            }
        }
    }

    /// <inheritdoc/>
    public override async Task<RecordedEnd?> EndOfAsync(Guid scan, CancellationToken cancel) =>
        await store.FindClosedAsync(scan, cancel) is { } closed ? new RecordedEnd(closed.End, closed.Points) : null;

    /// <inheritdoc/>
    public override Task ForgetAsync(DatabaseTransaction transaction, Guid scan, CancellationToken cancel) =>
        RecordingStore.ForgetAsync(transaction, scan, cancel);
}
