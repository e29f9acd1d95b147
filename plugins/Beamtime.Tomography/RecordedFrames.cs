using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tomography;

/// <summary>One frame that was planned: what it shows, at which angle, and where in the camera's file it is.</summary>
/// <param name="Type">What it shows.</param>
/// <param name="Theta">Angle of the rotation, deg.</param>
/// <param name="Index">Its index in the camera's file; null when it did not come.</param>
internal readonly record struct RecordedFrame(FrameType Type, double Theta, long? Index);

/// <summary>
/// The frames of a recorded scan, from the columns of its master file and the length of the camera's own file. A frame
/// has come only if its point has the camera's reading, its index is a new one, and the camera's file holds it.
/// </summary>
internal static class RecordedFrames
{
    private const string Devices = "/entry/collection/devices";
    private const string Present = "/entry/collection/points/present";

    /// <summary>Reads them, a frame a point.</summary>
    /// <param name="master">The master file.</param>
    /// <param name="scan">The scan's name.</param>
    /// <param name="camera">The camera.</param>
    /// <param name="file">Its file.</param>
    /// <param name="framesInFile">Frames that this file holds.</param>
    public static IReadOnlyList<RecordedFrame> Read(
        H5File master, RecordedScan scan, string camera, FrameFile file, long framesInFile)
    {
        var types = Column(master, $"{Devices}/{scan.Name}/frame_type/value");
        var thetas = Column(master, $"{Devices}/{scan.Name}/theta/value");
        var indices = Column(master, $"{Devices}/{camera}/{file.IndexSignal}/value");
        var isPresent = Presence(master, camera, types.Length);
        var frames = new List<RecordedFrame>(types.Length);
        var last = -1L;
        for (var point = 0; point < types.Length && point < thetas.Length; point++)
        {
            long? index = null;
            if (point < indices.Length && isPresent(point) && double.IsInteger(indices[point])
                && indices[point] > last && indices[point] < framesInFile)
            {
                index = last = (long)indices[point];
            }

            if (types[point] is 0 or 1 or 2)
            {
                frames.Add(new RecordedFrame((FrameType)(int)types[point], thetas[point], index));
            }
        }

        return frames;
    }

    private static Func<int, bool> Presence(H5File master, string camera, int points)
    {
        if (!master.Exists(Present))
        {
            return static _ => true;
        }

        using var dataset = master.OpenDataset(Present);
        var column = Array.IndexOf(dataset.Attributes.ReadStrings("devices"), camera);
        if (column < 0 || dataset.Shape is not [var rows, var columns] || rows < points)
        {
            return static _ => true;
        }

        var present = dataset.Read<byte>();
        return point => present[(point * columns) + column] != 0;
    }

    private static double[] Column(H5File master, string path)
    {
        if (!master.Exists(path))
        {
            return [];
        }

        using var dataset = master.OpenDataset(path);
        return dataset.ElementType switch
        {
            { Kind: H5ElementKind.Float, Size: 8 } => dataset.Read<double>(),
            { Kind: H5ElementKind.Float, Size: 4 } => [.. dataset.Read<float>().Select(value => (double)value)],
            { Kind: H5ElementKind.Integer, Size: 8, IsSigned: true } => [.. dataset.Read<long>().Select(value => (double)value)],
            { Kind: H5ElementKind.Integer, Size: 4, IsSigned: true } => [.. dataset.Read<int>().Select(value => (double)value)],
            { Kind: H5ElementKind.Integer, Size: 1, IsSigned: false } => [.. dataset.Read<byte>().Select(value => (double)value)],
            var other => throw new InvalidDataException($"{path} holds {other}, expected numbers."),
        };
    }
}
