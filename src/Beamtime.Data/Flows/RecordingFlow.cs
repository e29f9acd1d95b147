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

/// <summary>A recording to be taken care of.</summary>
/// <param name="Dataset">Its data set.</param>
/// <param name="Recording">The recording.</param>
/// <param name="Name">The data set's name.</param>
/// <param name="Beamline">The beamline.</param>
/// <param name="Folder">The recording's folder, absolute.</param>
/// <param name="Files">The manifest, the master first.</param>
/// <param name="IsReconstructed">Whether a volume is to be made of it.</param>
/// <param name="Parameters">The scan's parameters.</param>
internal sealed record RecordingFlowInput(
    Guid Dataset,
    Guid Recording,
    string Name,
    string Beamline,
    string Folder,
    IReadOnlyList<DatasetFile> Files,
    bool IsReconstructed,
    IReadOnlyDictionary<string, string> Parameters);

/// <summary>What became of a recording.</summary>
/// <param name="Result">The data set that was computed from it; null where there is none.</param>
internal sealed record RecordingFlowResult(Guid? Result);

/// <summary>The codec of the flow's input, result and steps.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RecordingFlowInput))]
[JsonSerializable(typeof(RecordingFlowResult))]
[JsonSerializable(typeof(FileVerified))]
[JsonSerializable(typeof(ReconstructedVolume))]
[JsonSerializable(typeof(IReadOnlyList<Guid>))]
internal sealed partial class FlowJson : JsonSerializerContext;

/// <summary>
/// What happens to every recording: found, copied to the analysis storage file by file, each copy read back; where it is a
/// complete tomography scan, reconstructed, and the volume registered as a data set of its own.
/// </summary>
/// <param name="storages">The storages.</param>
/// <param name="register">Records what happens.</param>
/// <param name="transfer">Copies and reads back.</param>
/// <param name="workflows">Starts the copies on further storages.</param>
/// <param name="reconstructing">Makes volumes.</param>
internal sealed class RecordingFlow(
    StorageSet storages, DatasetRegister register, DatasetTransfer transfer, WorkflowStore workflows, VolumeMaking reconstructing)
{
    // A full disk or a storage that is away passes, if only after a weekend. With the usual pauses, half of at most five
    // minutes each, this waits for 41 hours on average; what no waiting mends is refused at once.
    private const int CopyFailures = 1000;

    /// <summary>The kind of the workflow.</summary>
    public static WorkflowKind<RecordingFlowInput, RecordingFlowResult> Kind { get; } = new(
        "recording", 1, FlowJson.Default.RecordingFlowInput, FlowJson.Default.RecordingFlowResult, JobKindOptions.Usual);

    /// <summary>Takes care of one recording.</summary>
    /// <param name="flow">The recording, and its remembered steps.</param>
    /// <param name="cancel">Stops soon; what is done stays.</param>
    public async Task<RecordingFlowResult> RunAsync(WorkflowContext<RecordingFlowInput> flow, CancellationToken cancel)
    {
        var input = flow.Input;
        var id = new DatasetId(input.Dataset);
        var why = Why.BySystem(
            $"recording {input.Name} is taken care of", input.Recording.ToString(), $"workflow {flow.Id}");
        var folder = await flow.StepAsync(
            "find", _ => Task.FromResult(Find(input)), FlowNames.Default.String, cancel);
        var copies = await flow.StepAsync(
            "place",
            async (transaction, token) =>
            {
                await register.PlaceAsync(
                    transaction, id, input.Files.Count, new DatasetPlaced(storages.Recordings.Name, folder), why, token);
                return await register.IntendAsync(transaction, id, input.Files.Count, storages.Analysis.Name, token);
            },
            FlowJson.Default.IReadOnlyListGuid,
            cancel);
        foreach (var mirror in storages.Mirrors)
        {
            // A flow of its own: where it is full or away, this one goes on.
            await flow.StepAsync(
                $"mirror {mirror.Name}",
                (transaction, token) => workflows.StartAsync(
                    transaction,
                    StorageCopyFlow.Kind,
                    $"mirror {input.Dataset} {mirror.Name}",
                    new StorageCopyInput(input.Dataset, input.Name, mirror.Name, Who: null),
                    input.Recording,
                    token),
                cancel);
        }

        for (var i = 0; i < input.Files.Count; i++)
        {
            await CopyAsync(flow, id, folder, i, copies[i], why, cancel);
        }

        await flow.StepAsync(
            "secure", (transaction, token) => register.SecureAsync(transaction, id, storages.Analysis.Name, why, token), cancel);
        return new RecordingFlowResult(
            input.IsReconstructed ? await ReconstructAsync(flow, folder, why, cancel) : null);
    }

    private static string Number(int index) => (index + 1).ToString(CultureInfo.InvariantCulture);

    // Master and sources travel together: nothing is copied of a recording that lacks one of its files.
    private string Find(RecordingFlowInput input)
    {
        if (!Directory.Exists(input.Folder))
        {
            throw new RefusedException(TransferErrors.SourceMissing.Because($"the folder {input.Folder} of {input.Name} does not exist"));
        }

        var folder = storages.Recordings.Within(input.Folder);
        var reasons = new List<Reason>();
        foreach (var file in input.Files)
        {
            switch (storages.Recordings.Find($"{folder}/{file.Path}"))
            {
                case Refused<string> refused:
                    reasons.AddRange(refused.Reasons);
                    break;
                case Accepted<string> { Value: var path } when !File.Exists(path):
                    reasons.Add(TransferErrors.SourceMissing.Because($"{path} of {input.Name} does not exist"));
                    break;
            }
        }

        return reasons.Count == 0 ? folder : throw new RefusedException(reasons);
    }

    private async Task CopyAsync(
        WorkflowContext<RecordingFlowInput> flow, DatasetId id, string folder, int index, Guid copy, Why why,
        CancellationToken cancel)
    {
        var order = new DatasetTransferOrder(
            id, copy, storages.Recordings, storages.Analysis, folder, flow.Input.Files[index]);
        var verified = await flow.StepAsync(
            new Step($"copy {Number(index)}") { MaxFailures = CopyFailures },
            token => transfer.RunAsync(order, why, token),
            FlowJson.Default.FileVerified,
            cancel);
        await flow.StepAsync(
            $"verified {Number(index)}",
            (transaction, token) => register.VerifiedAsync(transaction, id, verified, why, token),
            cancel);
    }

    private async Task<Guid> ReconstructAsync(
        WorkflowContext<RecordingFlowInput> flow, string folder, Why why, CancellationToken cancel)
    {
        var volume = await flow.StepAsync(
            "reconstruct",
            token => reconstructing.RunAsync(flow.Input, folder, token),
            FlowJson.Default.ReconstructedVolume,
            cancel);
        return await flow.StepAsync(
            "derive",
            (transaction, token) => reconstructing.RegisterAsync(transaction, flow.Input, volume, why, token),
            FlowNames.Default.Guid,
            cancel);
    }
}

/// <summary>The codec of plain results of steps.</summary>
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Guid))]
internal sealed partial class FlowNames : JsonSerializerContext;
