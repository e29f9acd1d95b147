using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Datasets;
using Beamtime.Data.Storage;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Flows;

/// <summary>To which storage a data set is to be copied.</summary>
internal sealed record StorageCopyRequest
{
    /// <summary>The storage's name.</summary>
    public required string Storage { get; init; }
}

/// <summary>A copy that was asked for.</summary>
/// <param name="Workflow">The workflow that makes it.</param>
/// <param name="Dataset">Id of the data set.</param>
/// <param name="Name">Its name.</param>
/// <param name="Storage">The storage.</param>
internal sealed record StorageCopyAnswer(Guid Workflow, Guid Dataset, string Name, string Storage);

/// <summary>Where people ask for a data set on a further storage.</summary>
internal sealed class StorageCopyDesk(
    BeamtimeDatabase database, LedgerStore ledger, DatasetStore store, StorageSet storages, WorkflowStore workflows)
{
    /// <summary>Asks for it; a copy that lies there already is looked at and read back.</summary>
    /// <param name="dataset">Id or name of the data set.</param>
    /// <param name="request">The storage.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="key">What makes the same request the same workflow; null for a new one.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="RefusedException">All reasons.</exception>
    public async Task<StorageCopyAnswer> AskAsync(
        string dataset, StorageCopyRequest request, PersonId who, Guid? key, CancellationToken cancel)
    {
        var storage = storages[request.Storage];
        var id = Guid.TryParse(dataset, out var guid) && await store.ReadAsync(new DatasetId(guid), cancel) is not null
            ? new DatasetId(guid)
            : await store.FindAsync(dataset, cancel)
                ?? throw new RefusedException(DatasetErrors.Unknown.Because($"there is no data set '{dataset}'"));
        var record = (await ledger.LoadAsync(DatasetStream.Kind, id.ToString(), cancel)).State!;
        if (record.Folder is null)
        {
            throw new RefusedException(DatasetErrors.NotPlaced.Because($"{record.Name} has not been found on a storage yet"));
        }

        var started = await database.TransactAsync(
            transaction => workflows.StartAsync(
                transaction,
                StorageCopyFlow.Kind,
                new WorkflowStart { Key = key is null ? null : $"copy {key}", Correlation = record.Recording ?? id.Value, By = who },
                new StorageCopyInput(id.Value, record.Name, storage.Name, who.Value),
                cancel),
            cancel);
        return new StorageCopyAnswer(started.Id.Value, id.Value, record.Name, storage.Name);
    }
}
