using System.Globalization;
using System.Text.Json;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Workflows;
using Beamtime.Data.Datasets;
using Beamtime.Sdk.Recording;

namespace Beamtime.Data.Flows;

/// <summary>
/// Turns closed recordings into data sets: registers each once, with its manifest, and starts the workflow that takes care
/// of it in the same transaction. Touches no disk: what is wrong with the files is found, and said, by the workflow.
/// </summary>
/// <param name="register">Registers data sets.</param>
/// <param name="workflows">Starts workflows.</param>
internal sealed class RecordingIntake(DatasetRegister register, WorkflowStore workflows)
{
    /// <summary>The permanent name of its subscription to the ledger.</summary>
    public const string Name = "datasets";

    private const string ReconstructedSection = "exchange";

    /// <summary>A scan's parameter by which it says that it is not to be reconstructed.</summary>
    public const string ReconstructParameter = "reconstruct";

    /// <summary>Takes a batch of the ledger's entries.</summary>
    /// <param name="transaction">Commits what it does with the subscription's cursor.</param>
    /// <param name="entries">Entries of recordings.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task TakeAsync(
        DatabaseTransaction transaction, IReadOnlyList<RecordedEntry> entries, CancellationToken cancel)
    {
        foreach (var entry in entries.Where(e => e.Type == RecordingEntries.Closed))
        {
            if (entry.TypeVersion != RecordingEntries.ClosedVersion)
            {
                throw LedgerErrors.EntryUnknown.Fault($"the ledger holds an entry {entry.Type}, version {entry.TypeVersion}");
            }

            var closed = JsonSerializer.Deserialize(entry.Json, RecordingEntriesJson.Default.RecordingClosed)
                ?? throw new JsonException($"an entry {entry.Type} is null");
            await TakeAsync(transaction, closed, entry, cancel);
        }
    }

    private static DatasetRegistered Manifest(RecordingClosed closed) => new()
    {
        Name = string.Create(CultureInfo.InvariantCulture, $"S{closed.Number:D5}"),
        Origin = DatasetOrigin.Recording,
        Beamline = closed.Beamline,
        Number = closed.Number,
        Recording = closed.Scan,
        Made = closed.ScanName,
        End = closed.End,
        StartedAt = closed.StartedAt,
        EndedAt = closed.EndedAt,
        Files = [.. closed.Files.Select(f => new DatasetFile(f.Name, f.Bytes, f.ModifiedAt, f.Sha256))],
        Parameters = closed.Parameters,
    };

    private async Task TakeAsync(
        DatabaseTransaction transaction, RecordingClosed closed, RecordedEntry entry, CancellationToken cancel)
    {
        var manifest = Manifest(closed);
        var why = Why.BySystem(
            $"recording {manifest.Name} was closed", closed.Scan.ToString(), $"{entry.Kind} {entry.Id} version {entry.Version}");
        if (await register.RegisterAsync(transaction, manifest, why, cancel) is not { } id)
        {
            return;
        }

        var input = new RecordingFlowInput(
            id.Value,
            closed.Scan,
            manifest.Name,
            closed.Beamline,
            closed.Folder,
            manifest.Files,
            closed.End == ScanEnd.Completed && closed.Sections.Contains(ReconstructedSection)
                && closed.Parameters.GetValueOrDefault(ReconstructParameter) != "false",
            closed.Parameters);
        var started = await workflows.StartAsync(
            transaction, RecordingFlow.Kind, closed.Scan.ToString(), input, closed.Scan, cancel);
        await DatasetStore.SetWorkflowAsync(transaction, id, started.Id.Value, cancel);
    }
}
