using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;

namespace Beamtime.Data.Compute;

/// <summary>
/// A tomography scan in a DataExchange file: <c>/exchange/data</c>, <c>data_dark</c>, <c>data_white</c>, <c>theta</c> (degrees)
/// and, where frames may be missing, <c>frame_present</c>, <c>frame_present_dark</c>, <c>frame_present_white</c> (a byte a frame).
/// </summary>
internal sealed class DataExchangeScan : IDisposable
{
    private const string Group = "/exchange/";
    private const int FewestProjections = 2;

    private readonly H5File _file;

    private DataExchangeScan(H5File file) => _file = file;

    /// <summary>Projections, those that did not come among them.</summary>
    public FrameStack Projections { get; private set; } = null!;

    /// <summary>Frames without beam.</summary>
    public FrameStack Darks { get; private set; } = null!;

    /// <summary>Frames of the open beam.</summary>
    public FrameStack Flats { get; private set; } = null!;

    /// <summary>Angle of every projection, degrees.</summary>
    public double[] Degrees { get; private set; } = [];

    /// <summary>Which projections came.</summary>
    public bool[] IsPresent { get; private set; } = [];

    /// <summary>Opens a scan whose data can all be read, or says everything that keeps it from being reconstructed.</summary>
    /// <param name="path">The file.</param>
    public static Outcome<DataExchangeScan> Open(string path)
    {
        H5File file;
        try
        {
            // A finished file is never written again; a lock could only be one that a child of its writer inherited.
            file = H5File.Open(path, options: new H5FileOptions { Locking = H5FileLocking.Off });
        }
        catch (FileNotFoundException)
        {
            return Refuse(ReconstructionErrors.FileMissing.Because($"'{path}' does not exist."));
        }
        catch (UnauthorizedAccessException denied)
        {
            return Refuse(ReconstructionErrors.FileMissing.Because(denied.Message));
        }
        catch (Hdf5Exception failure)
        {
            return Refuse(ReconstructionErrors.FileCorrupt.Because(Describe(failure)));
        }

        var scan = new DataExchangeScan(file);
        var reasons = new List<Reason>();
        try
        {
            scan.Read(reasons);
        }
        catch (IOException failure)
        {
            reasons.Add(ReconstructionErrors.FileCorrupt.Because(Describe(failure)));
        }

        if (reasons.Count == 0)
        {
            return new Accepted<DataExchangeScan>(scan);
        }

        scan.Dispose();
        return new Refused<DataExchangeScan>(reasons);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static Refused<DataExchangeScan> Refuse(Reason reason) => new([reason]);

    private static string Describe(IOException failure) => failure is Hdf5Exception { Messages: [var innermost, ..] }
        ? $"{failure.Message} {innermost.Function}: {innermost.Description}"
        : failure.Message;

    private void Read(List<Reason> reasons)
    {
        var projections = Frames("data", reasons);
        var darks = Frames("data_dark", reasons);
        var flats = Frames("data_white", reasons);
        var theta = Angles(reasons);
        if (projections is null || darks is null || flats is null || theta is null)
        {
            return;
        }

        (Projections, Darks, Flats, Degrees) = (projections, darks, flats, theta);
        foreach (var (name, stack) in (ReadOnlySpan<(string, FrameStack)>)[("data_dark", darks), ("data_white", flats)])
        {
            if ((stack.Rows, stack.Columns) != (projections.Rows, projections.Columns))
            {
                reasons.Add(ReconstructionErrors.ShapeMismatch.Because(
                    $"A frame of '{Group}{name}' has {stack.Rows} × {stack.Columns} pixels, "
                    + $"one of '{Group}data' {projections.Rows} × {projections.Columns}."));
            }
        }

        if (theta.Length != projections.Frames)
        {
            reasons.Add(ReconstructionErrors.ShapeMismatch.Because(
                $"'{Group}theta' has {theta.Length} angles for {projections.Frames} projections."));
        }

        IsPresent = Presence("frame_present", projections, reasons);
        Darks = darks.Where(Presence("frame_present_dark", darks, reasons));
        Flats = flats.Where(Presence("frame_present_white", flats, reasons));
        if (Flats.Frames == 0)
        {
            reasons.Add(ReconstructionErrors.FlatsDark.Because($"'{Group}data_white' holds no frame that came."));
        }

        RequireProjections(reasons);
    }

    private bool[] Presence(string name, FrameStack stack, List<Reason> reasons)
    {
        var all = new bool[stack.Frames];
        Array.Fill(all, true);
        if (!_file.HasLink(Group + name))
        {
            return all;
        }

        using var dataset = Dataset(name, reasons);
        if (dataset is null)
        {
            return all;
        }

        if (dataset.ElementType != H5ElementType.Of<byte>() || dataset.Shape is not [var length])
        {
            reasons.Add(WrongType(dataset, "bytes along one axis"));
            return all;
        }

        if (length != stack.Frames)
        {
            reasons.Add(ReconstructionErrors.ShapeMismatch.Because(
                $"'{dataset.Path}' has {length} marks for {stack.Frames} frames."));
            return all;
        }

        return Array.ConvertAll(dataset.Read<byte>(), mark => mark != 0);
    }

    private void RequireProjections(List<Reason> reasons)
    {
        if (IsPresent.Count(p => p) is var came and < FewestProjections)
        {
            reasons.Add(ReconstructionErrors.ProjectionsFew.Because($"{came} of {IsPresent.Length} projections came."));
        }

        for (var i = 0; i < Math.Min(Degrees.Length, IsPresent.Length); i++)
        {
            if (IsPresent[i] && !double.IsFinite(Degrees[i]))
            {
                reasons.Add(ReconstructionErrors.AngleInvalid.Because($"'{Group}theta' of projection {i} is {Degrees[i]}."));
                return;
            }
        }
    }

    private FrameStack? Frames(string name, List<Reason> reasons)
    {
        if (Dataset(name, reasons) is not { } dataset)
        {
            return null;
        }

        if (dataset.ElementType != H5ElementType.Of<ushort>())
        {
            reasons.Add(WrongType(dataset, "unsigned integers of 16 bits"));
            return null;
        }

        if (dataset.Shape is not [var frames, var rows and > 0, var columns and > 1]
            || frames > int.MaxValue || rows * columns > Array.MaxLength)
        {
            reasons.Add(ReconstructionErrors.ShapeMismatch.Because(
                $"'{dataset.Path}' has the shape ({string.Join(", ", dataset.Shape)}), not frames × rows × columns."));
            return null;
        }

        foreach (var missing in dataset.IsVirtual ? dataset.FindMissingSources().DistinctBy(m => m.File) : [])
        {
            reasons.Add(ReconstructionErrors.SourceMissing.Because(
                $"'{missing.File}', which holds frames of '{dataset.Path}': {missing.Reason}"));
        }

        return new FrameStack((int)frames, (int)rows, (int)columns, (fromFrame, count, fromRow, height, into) =>
        {
            try
            {
                dataset.ReadSlice([fromFrame, fromRow, 0], [count, height, columns], into);
            }
            catch (Hdf5Exception failure)
            {
                throw ReconstructionErrors.FileCorrupt.Fault(Describe(failure), failure);
            }
        });
    }

    private double[]? Angles(List<Reason> reasons)
    {
        using var dataset = Dataset("theta", reasons);
        if (dataset is null)
        {
            return null;
        }

        if (dataset is { Rank: 1, ElementType: { Kind: H5ElementKind.Float, Size: 8 } })
        {
            return dataset.Read<double>();
        }

        if (dataset is { Rank: 1, ElementType: { Kind: H5ElementKind.Float, Size: 4 } })
        {
            return Array.ConvertAll(dataset.Read<float>(), d => (double)d);
        }

        reasons.Add(WrongType(dataset, "floating point numbers along one axis"));
        return null;
    }

    private H5Dataset? Dataset(string name, List<Reason> reasons)
    {
        var path = Group + name;
        if (_file.Exists(path) && _file.KindOf(path) == H5ObjectKind.Dataset)
        {
            return _file.OpenDataset(path);
        }

        var link = _file.KindOf(Group) == H5ObjectKind.Group ? FindLink(name) : null;
        reasons.Add(link is { Link: H5LinkKind.External }
            ? ReconstructionErrors.SourceMissing.Because(
                $"'{link.TargetFile}', to which '{path}' leads, is missing or has no data set '{link.Target}'.")
            : ReconstructionErrors.DatasetMissing.Because($"'{_file.FileName}' has no data set '{path}'."));
        return null;
    }

    private H5Child? FindLink(string name)
    {
        using var group = _file.OpenGroup(Group);
        return group.ReadChildren().FirstOrDefault(child => child.Name == name);
    }

    private static Reason WrongType(H5Dataset dataset, string wanted) => ReconstructionErrors.TypeUnsupported.Because(
        $"'{dataset.Path}' holds {dataset.ElementType} along {dataset.Rank} axes, not {wanted}.");
}
