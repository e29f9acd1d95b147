using System.Globalization;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Data.Compute;
using Beamtime.Data.Datasets;
using Beamtime.Data.Storage;
using Beamtime.Data.Transfers;

namespace Beamtime.Data.Flows;

/// <summary>A volume that lies on the analysis storage.</summary>
/// <param name="Folder">Its folder there.</param>
/// <param name="Files">Its files, the volume first.</param>
/// <param name="StartedAt">When the computation began, UTC.</param>
/// <param name="EndedAt">When it ended, UTC.</param>
/// <param name="Parameters">How it was computed.</param>
internal sealed record ReconstructedVolume(
    string Folder,
    IReadOnlyList<DatasetFile> Files,
    DateTimeOffset StartedAt,
    DateTimeOffset EndedAt,
    IReadOnlyDictionary<string, string> Parameters);

/// <summary>Makes the volume of a tomography scan beside its copy on the analysis storage, and a data set of it.</summary>
/// <param name="storages">The storages.</param>
/// <param name="process">Reconstructs.</param>
/// <param name="register">Records the result.</param>
/// <param name="activity">Hears how far it is.</param>
/// <param name="time">The clock.</param>
internal sealed class VolumeMaking(
    StorageSet storages, ReconstructionProcess process, DatasetRegister register, DatasetActivity activity, TimeProvider time)
{
    /// <summary>A scan's parameter that gives the rotation axis, pixels from the centre of the first column.</summary>
    public const string CentreParameter = "rotation_center";

    /// <summary>A scan's parameter that gives the edge of a pixel at the sample, mm.</summary>
    public const string PixelSizeParameter = "pixel_size_mm";

    private const string Suffix = "_rec";

    /// <summary>Reconstructs from the verified copy; repeating it replaces the result by an equal one.</summary>
    /// <param name="input">The recording.</param>
    /// <param name="folder">The data set's folder.</param>
    /// <param name="cancel">Kills the process.</param>
    public async Task<ReconstructedVolume> RunAsync(RecordingFlowInput input, string folder, CancellationToken cancel)
    {
        var id = new DatasetId(input.Dataset);
        var started = time.GetUtcNow();
        var result = folder + Suffix;
        var output = storages.Analysis.Resolve(result);
        try
        {
            var made = await process.RunAsync(
                new ReconstructionRequest
                {
                    File = storages.Analysis.Resolve($"{folder}/{input.Files[0].Path}"),
                    Folder = output,
                    Centre = Number(input, CentreParameter),
                    PixelSizeMm = Number(input, PixelSizeParameter),
                },
                new Telling(activity, id, time),
                cancel);
            var ended = time.GetUtcNow();
            return new ReconstructedVolume(
                result,
                [await FileAsync(output, made.VolumeFile, cancel), await FileAsync(output, made.PictureFile, cancel)],
                started,
                ended,
                new Dictionary<string, string>
                {
                    [CentreParameter] = made.Centre.ToString("R", CultureInfo.InvariantCulture),
                    ["rotation_center_origin"] = made.CentreOrigin.ToString(),
                    ["projections"] = made.Projections.ToString(CultureInfo.InvariantCulture),
                    ["slices"] = made.Slices.ToString(CultureInfo.InvariantCulture),
                    ["size"] = made.Size.ToString(CultureInfo.InvariantCulture),
                });
        }
        finally
        {
            activity.End(id);
        }
    }

    /// <summary>Registers the volume as a data set, with its lineage and its copies.</summary>
    /// <param name="transaction">The transaction.</param>
    /// <param name="input">The recording.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="why">Who and why.</param>
    /// <param name="cancel">Ends the call.</param>
    /// <returns>The new data set.</returns>
    public async Task<Guid> RegisterAsync(
        DatabaseTransaction transaction, RecordingFlowInput input, ReconstructedVolume volume, Why why, CancellationToken cancel)
    {
        var registered = new DatasetRegistered
        {
            Name = input.Name + Suffix,
            Origin = DatasetOrigin.Derived,
            Beamline = input.Beamline,
            Made = "reconstruct",
            StartedAt = volume.StartedAt,
            EndedAt = volume.EndedAt,
            Files = volume.Files,
            DerivedFrom = [input.Dataset],
            Parameters = volume.Parameters,
        };
        var id = await register.RegisterAsync(transaction, registered, why, cancel)
            ?? throw new System.Diagnostics.UnreachableException();
        var storage = storages.Analysis.Name;
        await register.PlaceAsync(transaction, id, volume.Files.Count, new DatasetPlaced(storage, volume.Folder), why, cancel);
        foreach (var file in volume.Files)
        {
            await register.VerifiedAsync(transaction, id, new FileVerified(file.Path, storage, file.Sha256!), why, cancel);
        }

        return id.Value;
    }

    private static double? Number(RecordingFlowInput input, string name) =>
        input.Parameters.TryGetValue(name, out var text)
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    // The process synced it; this reads it from the disk, which is what a verified copy means.
    private async Task<DatasetFile> FileAsync(string folder, string path, CancellationToken cancel)
    {
        var sha256 = await FileHash.OfAsync(path, progress: null, time, cancel);
        var file = new FileInfo(path);
        return new DatasetFile(
            Path.GetRelativePath(folder, path), file.Length, new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero), sha256);
    }

    private sealed class Telling(DatasetActivity activity, DatasetId id, TimeProvider time) : IProgress<ReconstructionProgress>
    {
        private readonly long _start = time.GetTimestamp();

        public void Report(ReconstructionProgress value) => activity.Tell(
            id, "reconstructing", value.Slices, value.Of, "slices", value.Slices / Math.Max(0.001, time.GetElapsedTime(_start).TotalSeconds));
    }
}
