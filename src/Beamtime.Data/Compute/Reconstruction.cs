using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>
/// Reconstructs one scan from file to file. The result appears whole or not at all; repeating it replaces the result by an equal
/// one. Runs in a process that writes no scans, because libhdf5 has one lock.
/// </summary>
/// <param name="time">Measures and dates the work.</param>
internal sealed class Reconstruction(TimeProvider time)
{
    /// <summary>Reconstructs a scan.</summary>
    /// <param name="request">What and how.</param>
    /// <param name="progress">Hears of every block of slices that was written.</param>
    /// <param name="cancel">Stops soon and leaves nothing behind.</param>
    /// <returns>The result, or every reason why the scan cannot be reconstructed; then nothing was written.</returns>
    /// <exception cref="FaultException">The disk failed on the way: <c>reconstruct.file.corrupt</c>, <c>reconstruct.write.failed</c>.</exception>
    public Outcome<ReconstructionResult> Run(
        ReconstructionRequest request, IProgress<ReconstructionProgress>? progress, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        switch (DataExchangeScan.Open(request.File))
        {
            case Refused<DataExchangeScan> refused:
                return new Refused<ReconstructionResult>(refused.Reasons);
            case Accepted<DataExchangeScan> { Value: var scan }:
                using (scan)
                {
                    return Run(request, scan, begun, progress, cancel);
                }

            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    private Outcome<ReconstructionResult> Run(
        ReconstructionRequest request,
        DataExchangeScan scan,
        long begun,
        IProgress<ReconstructionProgress>? progress,
        CancellationToken cancel)
    {
        var folder = Path.GetFullPath(request.Folder
            ?? Path.ChangeExtension(request.File, null) + "_rec");
        var flatField = FlatField.Of(scan.Darks, scan.Flats, cancel);
        var reasons = new List<Reason>();
        RequireBeam(flatField, reasons);
        RequireSpace(folder, scan, reasons);
        var axis = FindAxis(request, scan, flatField, reasons, cancel);
        if (reasons.Count > 0)
        {
            return new Refused<ReconstructionResult>(reasons);
        }

        var isNew = !Directory.Exists(folder);
        try
        {
            return new Accepted<ReconstructionResult>(Write(request, scan, flatField, axis, folder, begun, progress, cancel));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw ReconstructionErrors.WriteFailed.Fault($"The result in '{folder}' could not be written: {failure.Message}", failure);
        }
        finally
        {
            if (isNew && Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any())
            {
                Directory.Delete(folder);
            }
        }
    }

    private ReconstructionResult Write(
        ReconstructionRequest request,
        DataExchangeScan scan,
        FlatField flatField,
        (double Column, CentreOrigin Origin) axis,
        string folder,
        long begun,
        IProgress<ReconstructionProgress>? progress,
        CancellationToken cancel)
    {
        var (slices, size) = (scan.Projections.Rows, scan.Projections.Columns);
        var reconstruction = new FilteredBackProjection
        {
            Projections = scan.Projections,
            FlatField = flatField,
            Degrees = scan.Degrees,
            IsPresent = scan.IsPresent,
            Centre = axis.Column,
            PixelSizeMm = request.PixelSizeMm,
            Threads = request.Threads ?? Environment.ProcessorCount,
        };
        var came = scan.IsPresent.Count(p => p);
        using var volume = new PartialFile(Path.Combine(folder, "volume.h5"), time);
        using var picture = new PartialFile(Path.Combine(folder, "middle_slice.png"), time);
        var middle = new float[size * size];
        using (var file = new VolumeFile(volume.PartialPath, slices, size, request.PixelSizeMm))
        {
            reconstruction.Run(
                (fromRow, block) =>
                {
                    file.Write(fromRow, block);
                    var at = (long)(slices / 2 - fromRow) * size * size;
                    if (at >= 0 && at < block.Length)
                    {
                        block.Slice((int)at, size * size).CopyTo(middle);
                    }
                },
                progress,
                cancel);
            file.Describe(request, axis.Column, axis.Origin, came, scan.IsPresent.Length - came, time.GetUtcNow());
        }

        using (var stream = new FileStream(picture.PartialPath, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            GreyPicture.Write(stream, middle, size, size);
        }

        // The volume last: where it is, everything is.
        picture.Publish();
        volume.Publish();
        return new ReconstructionResult(
            volume.Path, picture.Path, axis.Column, axis.Origin, slices, size, came, time.GetElapsedTime(begun));
    }

    private static void RequireBeam(FlatField flatField, List<Reason> reasons)
    {
        var pixels = flatField.Beam.Length;
        if (flatField.DeadPixels > pixels / 2)
        {
            reasons.Add(ReconstructionErrors.FlatsDark.Because(
                $"The flats are no brighter than the darks in {flatField.DeadPixels} of {pixels} pixels."));
        }
    }

    private static void RequireSpace(string folder, DataExchangeScan scan, List<Reason> reasons)
    {
        var existing = folder;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        var free = new DriveInfo(existing).AvailableFreeSpace;
        var needed = sizeof(float) * (long)scan.Projections.Rows * scan.Projections.Columns * scan.Projections.Columns;
        if (free < needed)
        {
            reasons.Add(ReconstructionErrors.SpaceShort.Because(
                $"The volume takes {needed / 1e6:F0} MB; '{existing}' has {free / 1e6:F0} MB left."));
        }
    }

    private static (double Column, CentreOrigin Origin) FindAxis(
        ReconstructionRequest request, DataExchangeScan scan, FlatField flatField, List<Reason> reasons, CancellationToken cancel)
    {
        if (request.Centre is { } given)
        {
            if (!(given >= 0 && given <= scan.Projections.Columns - 1))
            {
                reasons.Add(ReconstructionErrors.CentreOutside.Because(
                    $"The centre {given} px does not lie on columns 0 to {scan.Projections.Columns - 1}."));
            }

            return (given, CentreOrigin.Given);
        }

        if (reasons.Count > 0)
        {
            // Without beam the search would only blame the data a second time.
            return default;
        }

        if (AxisSearch.Find(scan.Projections, flatField, scan.Degrees, scan.IsPresent, cancel) is { } found)
        {
            return found;
        }

        reasons.Add(ReconstructionErrors.CentreUnknown.Because(
            "No pair of projections half a turn apart shows the sample mirrored, and its centre of mass follows no sine."));
        return default;
    }
}
