using Beamtime.Hdf5;

namespace Beamtime.Data.Compute;

/// <summary>
/// A reconstructed volume as HDF5: <c>/exchange/data</c> of slices × rows × columns for DataExchange, the same for NeXus as
/// <c>/entry/data</c> with its axes, and how it came about in <c>/entry/reconstruction</c>.
/// </summary>
internal sealed class VolumeFile : IDisposable
{
    private readonly H5File _file;
    private readonly H5Dataset _data;
    private readonly int _size;

    /// <summary>Begins a volume; every slice must be written.</summary>
    /// <param name="path">Where; nothing may be there.</param>
    /// <param name="slices">Number of slices.</param>
    /// <param name="size">Rows and columns of a slice.</param>
    /// <param name="pixelSizeMm">Edge of a picture element, mm, if known.</param>
    public VolumeFile(string path, int slices, int size, double? pixelSizeMm)
    {
        _size = size;
        _file = H5File.Create(path, new H5FileOptions { Locking = H5FileLocking.WhereSupported });
        try
        {
            _data = Lay(slices, pixelSizeMm);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Writes some successive slices.</summary>
    /// <param name="fromRow">The first of them.</param>
    /// <param name="slices">Whole slices.</param>
    public void Write(int fromRow, ReadOnlySpan<float> slices) =>
        _data.WriteSlice([fromRow, 0, 0], [slices.Length / (_size * _size), _size, _size], slices);

    /// <summary>States how the volume came about.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="centre">Column of the rotation axis.</param>
    /// <param name="origin">Where the centre came from.</param>
    /// <param name="projections">Projections that were used.</param>
    /// <param name="missing">Projections that did not come.</param>
    /// <param name="finished">When.</param>
    public void Describe(
        ReconstructionRequest request, double centre, CentreOrigin origin, int projections, int missing, DateTimeOffset finished)
    {
        using var process = _file.CreateGroup("/entry/reconstruction");
        process.Attributes.Write("NX_class", "NXprocess");
        process.CreateScalar("program", "beamtime").Dispose();
        process.CreateScalar("version", typeof(VolumeFile).Assembly.GetName().Version!.ToString(3)).Dispose();
        process.CreateScalar("date", finished.ToString("O", System.Globalization.CultureInfo.InvariantCulture)).Dispose();
        process.CreateScalar("method", "parallel-beam filtered back projection, ramp filter, linear interpolation").Dispose();
        process.CreateScalar("source_file", Path.GetFileName(request.File)).Dispose();
        WithUnit(process.CreateScalar("centre", centre), "pixel");
        process.CreateScalar("centre_origin", origin switch
        {
            CentreOrigin.Given => "given",
            CentreOrigin.OppositePair => "projections half a turn apart",
            CentreOrigin.CentreOfMass => "path of the centre of mass",
            _ => throw new System.Diagnostics.UnreachableException(),
        }).Dispose();
        process.CreateScalar("projections_used", projections).Dispose();
        process.CreateScalar("projections_missing", missing).Dispose();
        if (request.PixelSizeMm is { } pixel)
        {
            WithUnit(process.CreateScalar("pixel_size", pixel), "mm");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private H5Dataset Lay(int slices, double? pixelSizeMm)
    {
        _file.Attributes.Write("NX_class", "NXroot");
        _file.Attributes.Write("default", "entry");
        using var entry = _file.CreateGroup("/entry");
        entry.Attributes.Write("NX_class", "NXentry");
        entry.Attributes.Write("default", "data");
        _file.CreateScalar("/implements", "exchange").Dispose();
        _file.CreateGroup("/exchange").Dispose();
        var data = _file.CreateEmpty(
            "/exchange/data", [slices, _size, _size], new H5DatasetOptions<float> { Chunk = [1, _size, _size] });
        data.Attributes.Write("units", pixelSizeMm is null ? "1/pixel" : "1/mm");
        data.Attributes.Write("long_name", "linear attenuation coefficient");

        using var plot = _file.CreateGroup("/entry/data");
        plot.Attributes.Write("NX_class", "NXdata");
        plot.Attributes.Write("signal", "data");
        plot.Attributes.Write("axes", (string[])["row", "y", "x"]);
        _file.LinkHard("/entry/data/data", "/exchange/data");
        var (unit, step) = pixelSizeMm is { } mm ? ("mm", mm) : ("pixel", 1);
        double[] across = [.. Enumerable.Range(0, _size).Select(i => (i - (_size - 1) / 2.0) * step)];
        WithUnit(plot.CreateArray<double>("x", across), unit);
        WithUnit(plot.CreateArray<double>("y", across), unit);
        WithUnit(plot.CreateArray<double>("row", [.. Enumerable.Range(0, slices).Select(i => i * step)]), unit);
        return data;
    }

    private static void WithUnit(H5Dataset dataset, string unit)
    {
        using (dataset)
        {
            dataset.Attributes.Write("units", unit);
        }
    }
}
