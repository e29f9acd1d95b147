using System.Globalization;
using Beamtime.Hdf5;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tomography;

/// <summary>
/// The NXtomo entry that nabu, tomwer and savu read: every frame in the order in which it was taken, with its image key and
/// angle. The frames are a window onto the camera's own file.
/// </summary>
internal sealed class NexusSection : FileSection
{
    private const string Entry = "/entry_tomo";
    private const string Detector = $"{Entry}/instrument/detector";

    // The image keys of NXtomo.
    private const long ProjectionKey = 0;
    private const long FlatKey = 1;
    private const long DarkKey = 2;
    private const long InvalidKey = 3;

    /// <inheritdoc/>
    public override string Name => "nxtomo";

    /// <inheritdoc/>
    public override bool AppliesTo(RecordedScan scan) => ExchangeSection.IsTomography(scan);

    /// <inheritdoc/>
    public override void Write(string path, RecordedScan scan)
    {
        var camera = scan.Parameters["camera"];
        var file = scan.Frames[camera];
        var framesInFile = ExchangeSection.CountFrames(Path.Combine(Path.GetDirectoryName(path)!, file.FileName), file.Dataset);
        using var master = H5File.Open(path, H5FileAccess.ReadWrite);
        var frames = RecordedFrames.Read(master, scan, camera, file, framesInFile);
        WriteEntry(master);
        WriteInstrument(master, scan.Parameters, camera);
        new FrameStack(file, framesInFile).Write(
            master, $"{Detector}/data", $"{Detector}/frame_present", "Frames as they were taken.", [.. frames.Select(f => f.Index)]);
        master.CreateArray<long>($"{Detector}/image_key", [.. frames.Select(KeyOf)]).Dispose();
        WriteSample(master, frames);
        using (Group(master, $"{Entry}/control", "NXmonitor"))
        {
            master.CreateArray<double>($"{Entry}/control/data", [.. frames.Select(_ => 1.0)]).Dispose();
        }

        WriteData(master);
    }

    private static void WriteEntry(H5File master)
    {
        using (var entry = Group(master, Entry, "NXentry"))
        {
            entry.Attributes.Write("default", "data");
        }

        master.CreateScalar($"{Entry}/definition", "NXtomo").Dispose();
        foreach (var name in (string[])["title", "start_time", "end_time"])
        {
            ExchangeSection.Link(master, $"{Entry}/{name}", $"/entry/{name}");
        }
    }

    private static void WriteInstrument(H5File master, IReadOnlyDictionary<string, string> parameters, string camera)
    {
        Group(master, $"{Entry}/instrument", "NXinstrument").Dispose();
        ExchangeSection.Link(master, $"{Entry}/instrument/name", "/entry/instrument/name");
        ExchangeSection.Link(master, $"{Entry}/instrument/source", "/entry/instrument/source");
        Group(master, Detector, "NXdetector").Dispose();
        var pixel = $"/entry/collection/configuration/{camera}/{camera}_pixel_size/value";
        ExchangeSection.Link(master, $"{Detector}/x_pixel_size", pixel);
        ExchangeSection.Link(master, $"{Detector}/y_pixel_size", pixel);
        if (parameters.TryGetValue("exposure", out var exposure))
        {
            using var time = master.CreateScalar(
                $"{Detector}/count_time", double.Parse(exposure, CultureInfo.InvariantCulture));
            time.Attributes.Write("units", "s");
        }
    }

    private static void WriteSample(H5File master, IReadOnlyList<RecordedFrame> frames)
    {
        Group(master, $"{Entry}/sample", "NXsample").Dispose();
        if (master.Exists("/entry/sample/name"))
        {
            master.LinkSoft($"{Entry}/sample/name", "/entry/sample/name");
        }
        else
        {
            master.CreateScalar($"{Entry}/sample/name", "").Dispose();
        }

        using var angle = master.CreateArray<double>($"{Entry}/sample/rotation_angle", [.. frames.Select(f => f.Theta)]);
        angle.Attributes.Write("units", "degree");
    }

    private static void WriteData(H5File master)
    {
        using var data = Group(master, $"{Entry}/data", "NXdata");
        data.Attributes.Write("signal", "data");
        data.LinkSoft("data", $"{Detector}/data");
        data.LinkSoft("image_key", $"{Detector}/image_key");
        data.LinkSoft("rotation_angle", $"{Entry}/sample/rotation_angle");
    }

    // A frame that did not come reads as a fill value, which no reconstruction may take for a picture.
    private static long KeyOf(RecordedFrame frame) => (frame.Index, frame.Type) switch
    {
        (null, _) => InvalidKey,
        (_, FrameType.Flat) => FlatKey,
        (_, FrameType.Dark) => DarkKey,
        _ => ProjectionKey,
    };

    private static H5Group Group(H5Group parent, string path, string nexusClass)
    {
        var group = parent.CreateGroup(path);
        group.Attributes.Write("NX_class", nexusClass);
        return group;
    }
}
