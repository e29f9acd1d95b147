using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;

namespace Beamtime.Tomography;

/// <summary>
/// A virtual stack of some of a camera's frames, with a byte a frame beside it that says which came. Those that did not
/// read as the type's maximum; the file that the others lie in stands in the attribute <c>sources</c>, because a reader
/// gets fill values without an error where that file is missing.
/// </summary>
/// <param name="file">The camera's file.</param>
/// <param name="framesInFile">Frames that it holds.</param>
internal sealed class FrameStack(FrameFile file, long framesInFile)
{
    /// <summary>Makes stack and presence.</summary>
    /// <param name="master">The master file.</param>
    /// <param name="path">Path of the stack.</param>
    /// <param name="presencePath">Path of the presence.</param>
    /// <param name="description">What the frames are.</param>
    /// <param name="indices">Index in the camera's file of each frame; null where it did not come.</param>
    public void Write(H5File master, string path, string presencePath, string description, IReadOnlyList<long?> indices)
    {
        using var stack = file.ElementType switch
        {
            "uint8" => Create(master, path, indices, byte.MaxValue),
            "uint16" => Create(master, path, indices, ushort.MaxValue),
            "uint32" => Create(master, path, indices, uint.MaxValue),
            "int16" => Create(master, path, indices, short.MaxValue),
            "int32" => Create(master, path, indices, int.MaxValue),
            "float32" => Create(master, path, indices, float.MaxValue),
            "float64" => Create(master, path, indices, double.MaxValue),
            var other => throw new NotSupportedException($"{file.FileName}: frames of {other} are not supported."),
        };
        stack.Attributes.Write("description", description);
        stack.Attributes.Write("units", "counts");
        stack.Attributes.Write("axes", "theta:y:x");
        stack.Attributes.Write("sources", [$"{file.FileName}:{file.Dataset}"]);
        stack.Attributes.Write("frame_present", presencePath);
        using var presence = master.CreateArray<byte>(presencePath, [.. indices.Select(i => (byte)(i is null ? 0 : 1))]);
        presence.Attributes.Write("description", $"1 where a frame of {path} came, 0 where it reads as a fill value.");
    }

    private H5Dataset Create<T>(H5File master, string path, IReadOnlyList<long?> indices, T fill)
        where T : unmanaged
    {
        var (rows, columns) = ((long)file.FrameShape[0], (long)file.FrameShape[1]);
        if (indices.All(index => index is null))
        {
            // A virtual data set needs a source and a length.
            return master.CreateEmpty<T>(
                path,
                [indices.Count, rows, columns],
                indices.Count == 0 ? null : new H5DatasetOptions<T> { Chunk = [1, rows, columns], Fill = fill });
        }

        List<H5VirtualSource> sources = [];
        for (var place = 0; place < indices.Count; place++)
        {
            if (indices[place] is not { } from)
            {
                continue;
            }

            var count = 1;
            while (place + count < indices.Count && indices[place + count] == from + count)
            {
                count++;
            }

            sources.Add(new H5VirtualSource(
                file.FileName,
                file.Dataset,
                [framesInFile, rows, columns],
                [from, 0, 0],
                [count, rows, columns],
                [place, 0, 0],
                [count, rows, columns]));
            place += count - 1;
        }

        return master.CreateVirtual(path, [indices.Count, rows, columns], sources, fill);
    }
}
