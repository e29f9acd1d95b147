using System.Globalization;
using System.Text.Json.Serialization;
using Beamtime.Core.Jobs;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Datasets;
using Beamtime.Data.Storage;
using Beamtime.Data.Transfers;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Flows;

/// <summary>A data set that is to lie on a further storage.</summary>
/// <param name="Dataset">The data set.</param>
/// <param name="Name">Its name.</param>
/// <param name="Storage">The storage.</param>
/// <param name="Who">Id of the person who asked; null where the settings did.</param>
internal sealed record StorageCopyInput(Guid Dataset, string Name, string Storage, Guid? Who);

/// <summary>What was copied.</summary>
/// <param name="Storage">The storage that has it now.</param>
/// <param name="Files">Files.</param>
/// <param name="Bytes">All of them together, bytes.</param>
internal sealed record StorageCopyResult(string Storage, int Files, long Bytes);

/// <summary>From where and into which folder a data set is copied, and under which ids.</summary>
/// <param name="From">A storage that has all its files.</param>
/// <param name="Folder">Its folder on every storage.</param>
/// <param name="Files">The manifest.</param>
/// <param name="Copies">Ids of the copies, in the order of the files.</param>
internal sealed record StorageCopyPlan(string From, string Folder, IReadOnlyList<DatasetFile> Files, IReadOnlyList<Guid> Copies);

/// <summary>The codec of the flow's input, result and steps.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StorageCopyInput))]
[JsonSerializable(typeof(StorageCopyResult))]
[JsonSerializable(typeof(StorageCopyPlan))]
[JsonSerializable(typeof(FileVerified))]
internal sealed partial class StorageCopyJson : JsonSerializerContext;

/// <summary>
/// Copies a data set to a further storage, file by file, and reads each copy back. It runs beside everything else: a storage
/// that is full or away holds up neither a scan nor the copy on the analysis storage.
/// </summary>
/// <param name="storages">The storages.</param>
/// <param name="ledger">Knows where the data set lies.</param>
/// <param name="store">Knows its files.</param>
/// <param name="register">Records what happens.</param>
/// <param name="transfer">Copies and reads back.</param>
internal sealed class StorageCopyFlow(
    StorageSet storages, LedgerStore ledger, DatasetStore store, DatasetRegister register, DatasetTransfer transfer)
{
    // Hours of waiting for room or for a storage that is away: as for the first copy of a recording.
    private const int CopyFailures = 1000;

    /// <summary>The kind of the workflow.</summary>
    public static WorkflowKind<StorageCopyInput, StorageCopyResult> Kind { get; } = new(
        "storage_copy", 1, StorageCopyJson.Default.StorageCopyInput, StorageCopyJson.Default.StorageCopyResult, JobKindOptions.Usual);

    /// <summary>Copies one data set.</summary>
    /// <param name="flow">Which, and its remembered steps.</param>
    /// <param name="cancel">Stops soon; what is done stays.</param>
    public async Task<StorageCopyResult> RunAsync(WorkflowContext<StorageCopyInput> flow, CancellationToken cancel)
    {
        var input = flow.Input;
        var id = new DatasetId(input.Dataset);
        var why = new Why(
            input.Who is { } who ? new PersonId(who) : PersonId.System,
            $"{input.Name} is copied to {input.Storage}",
            input.Dataset.ToString(),
            $"workflow {flow.Id}");
        var target = storages[input.Storage];
        var found = await flow.StepAsync("find", token => FindAsync(id, target, token), StorageCopyJson.Default.StorageCopyPlan, cancel);
        var plan = await flow.StepAsync(
            "intend",
            async (transaction, token) => found with
            {
                Copies = await register.IntendAsync(transaction, id, found.Files.Count, target.Name, token),
            },
            StorageCopyJson.Default.StorageCopyPlan,
            cancel);
        for (var i = 0; i < plan.Files.Count; i++)
        {
            var number = (i + 1).ToString(CultureInfo.InvariantCulture);
            var order = new DatasetTransferOrder(id, plan.Copies[i], storages[plan.From], target, plan.Folder, plan.Files[i]);
            var verified = await flow.StepAsync(
                new Step($"copy {number}") { MaxFailures = CopyFailures },
                token => transfer.RunAsync(order, why, token),
                StorageCopyJson.Default.FileVerified,
                cancel);
            await flow.StepAsync(
                $"verified {number}", (transaction, token) => register.VerifiedAsync(transaction, id, verified, why, token), cancel);
        }

        return new StorageCopyResult(target.Name, plan.Files.Count, plan.Files.Sum(f => f.Bytes));
    }

    // From a storage that has every file: master and sources travel together.
    private async Task<StorageCopyPlan> FindAsync(DatasetId id, StoragePlace target, CancellationToken cancel)
    {
        var record = (await ledger.LoadAsync(DatasetStream.Kind, id.ToString(), cancel)).State;
        var content = await store.ReadAsync(id, cancel);
        if (record is null || content is null)
        {
            throw new RefusedException(DatasetErrors.Unknown.Because($"there is no data set {id}"));
        }

        if (record.Folder is not { } folder)
        {
            throw new RefusedException(DatasetErrors.NotPlaced.Because($"{record.Name} has not been found on a storage yet"));
        }

        var reasons = new List<Reason>();
        foreach (var from in storages.All.Where(s => s.Name != target.Name)
            .OrderBy(s => s.Name != storages.Recordings.Name).ThenBy(s => s.Name != storages.Analysis.Name))
        {
            if (content.Files.FirstOrDefault(f => !IsThere(from, $"{folder}/{f.Path}")) is not { } missing)
            {
                return new StorageCopyPlan(from.Name, folder, content.Files, []);
            }

            reasons.Add(TransferErrors.SourceMissing.Because($"{missing.Path} of {record.Name} is not on {from.Name}"));
        }

        throw new RefusedException(reasons);
    }

    private static bool IsThere(StoragePlace place, string path) =>
        place.Find(path) is Accepted<string>(var full) && File.Exists(full);
}
