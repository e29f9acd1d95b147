using System.Globalization;
using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tomography;

/// <summary>
/// The DataExchange layout that tomopy, dxchange and tomocupy read: projections, flats and darks as windows onto the
/// camera's own file, and the angle of each projection.
/// </summary>
internal sealed class ExchangeSection : FileSection
{
    /// <inheritdoc/>
    public override string Name => "exchange";

    /// <inheritdoc/>
    public override bool AppliesTo(RecordedScan scan) => IsTomography(scan);

    /// <summary>Whether a scan has frames with types and angles, and the camera's file.</summary>
    /// <param name="scan">The recorded scan.</param>
    internal static bool IsTomography(RecordedScan scan) =>
        (scan.Name == StepTomography.Declaration.Name || scan.Name == PairTomography.Declaration.Name)
        && scan.Parameters.TryGetValue("camera", out var camera) && scan.Frames.ContainsKey(camera);

    /// <inheritdoc/>
    public override void Write(string path, RecordedScan scan)
    {
        var camera = scan.Parameters["camera"];
        var file = scan.Frames[camera];
        var framesInFile = CountFrames(Path.Combine(Path.GetDirectoryName(path)!, file.FileName), file.Dataset);
        using var master = H5File.Open(path, H5FileAccess.ReadWrite);
        var frames = RecordedFrames.Read(master, scan, camera, file, framesInFile);
        master.CreateScalar("/implements", "exchange:measurement:process").Dispose();
        WriteExchange(master, new FrameStack(file, framesInFile), frames);
        WriteProcess(master, scan.Parameters, frames);
        WriteMeasurement(master, scan.Parameters, camera);
    }

    private static void WriteExchange(H5File master, FrameStack stack, IReadOnlyList<RecordedFrame> frames)
    {
        stack.Write(
            master, "/exchange/data", "/exchange/frame_present", "Projections.", IndicesOf(FrameType.Projection));
        stack.Write(
            master, "/exchange/data_white", "/exchange/frame_present_white", "Flat fields.", IndicesOf(FrameType.Flat));
        stack.Write(
            master, "/exchange/data_dark", "/exchange/frame_present_dark", "Dark fields.", IndicesOf(FrameType.Dark));
        using var theta = master.CreateArray<double>(
            "/exchange/theta", [.. frames.Where(f => f.Type == FrameType.Projection).Select(f => f.Theta)]);
        theta.Attributes.Write("units", "deg");
        theta.Attributes.Write("description", "Angle of each projection.");

        List<long?> IndicesOf(FrameType type) => [.. frames.Where(f => f.Type == type).Select(f => f.Index)];
    }

    private static void WriteProcess(
        H5File master, IReadOnlyDictionary<string, string> parameters, IReadOnlyList<RecordedFrame> frames)
    {
        const string Acquisition = "/process/acquisition";
        var thetas = frames.Where(f => f.Type == FrameType.Projection).Select(f => f.Theta).ToList();
        if (thetas.Count > 0)
        {
            Number($"{Acquisition}/rotation/start", thetas[0], "deg");
            Number($"{Acquisition}/rotation/step", thetas.Count > 1 ? thetas[1] - thetas[0] : 0, "deg");
        }

        master.CreateScalar($"{Acquisition}/rotation/num_angles", (long)thetas.Count).Dispose();
        Text($"{Acquisition}/rotation/return", "return_rotation");
        master.CreateScalar($"{Acquisition}/dark_fields/number", Count(FrameType.Dark)).Dispose();
        Text($"{Acquisition}/dark_fields/mode", "dark_mode");
        master.CreateScalar($"{Acquisition}/flat_fields/number", Count(FrameType.Flat)).Dispose();
        Text($"{Acquisition}/flat_fields/mode", "flat_mode");
        Parameter($"{Acquisition}/flat_fields/exposure", "exposure", "s");
        Parameter($"{Acquisition}/flat_fields/sample/in", "sample_in", "mm");
        Parameter($"{Acquisition}/flat_fields/sample/out", "sample_out", "mm");
        Link(master, $"{Acquisition}/start_date", "/entry/start_time");
        Link(master, $"{Acquisition}/end_date", "/entry/end_time");

        long Count(FrameType type) => frames.Count(f => f.Type == type);

        void Text(string path, string key)
        {
            if (parameters.TryGetValue(key, out var text))
            {
                master.CreateScalar(path, text).Dispose();
            }
        }

        void Parameter(string path, string key, string unit)
        {
            if (parameters.TryGetValue(key, out var text))
            {
                Number(path, double.Parse(text, CultureInfo.InvariantCulture), unit);
            }
        }

        void Number(string path, double value, string unit)
        {
            using var dataset = master.CreateScalar(path, value);
            dataset.Attributes.Write("units", unit);
        }
    }

    private static void WriteMeasurement(H5File master, IReadOnlyDictionary<string, string> parameters, string camera)
    {
        const string Instrument = "/measurement/instrument";
        master.CreateScalar($"{Instrument}/detector/description", camera).Dispose();
        if (parameters.TryGetValue("exposure", out var exposure))
        {
            using var dataset = master.CreateScalar(
                $"{Instrument}/detector/exposure_time", double.Parse(exposure, CultureInfo.InvariantCulture));
            dataset.Attributes.Write("units", "s");
        }

        Link(
            master,
            $"{Instrument}/detector/pixel_size",
            $"/entry/collection/configuration/{camera}/{camera}_pixel_size/value");
        Link(master, $"{Instrument}/name", "/entry/instrument/name");
        Link(master, "/measurement/sample/name", "/entry/sample/name");
    }

    /// <summary>Links softly to what there is.</summary>
    /// <param name="master">The file.</param>
    /// <param name="path">Where.</param>
    /// <param name="target">What.</param>
    internal static void Link(H5File master, string path, string target)
    {
        if (master.Exists(target))
        {
            master.LinkSoft(path, target);
        }
    }

    /// <summary>Frames that a camera's file holds; none where nothing in it can be read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataset">The frames in it.</param>
    // A camera that died leaves its file open for writing: such a file can be read only as one that still grows.
    internal static long CountFrames(string path, string dataset)
    {
        if (!File.Exists(path))
        {
            return 0;
        }

        try
        {
            return Count(H5FileAccess.ReadOnly);
        }
        catch (Hdf5Exception)
        {
            try
            {
                return Count(H5FileAccess.SwmrRead);
            }
            catch (Hdf5Exception)
            {
                // Nothing in it can be read, so no frame has come; the stack says so for each.
                return 0;
            }
        }

        long Count(H5FileAccess access)
        {
            using var file = H5File.Open(path, access);
            using var frames = file.OpenDataset(dataset);
            return frames.RowCount;
        }
    }
}
