namespace Beamtime.Hdf5.Native;

/// <summary>The source list of a virtual data set. Needs the library's lock.</summary>
internal static unsafe class VirtualSources
{
    public static IReadOnlyList<H5VirtualSource> Read(long dataset, string path, bool isVirtual)
    {
        if (!isVirtual)
        {
            throw new Hdf5Exception(Hdf5Error.WrongKind, $"'{path}' is not a virtual data set.");
        }

        using Temporary creation = new(H5D.GetCreation(dataset), "read the sources of a virtual data set");
        long list = creation.Id;
        nuint count;
        Errors.Check(H5P.GetVirtualCount(list, &count), "count the sources of", path);
        List<H5VirtualSource> sources = [];
        for (nuint i = 0; i < count; i++)
        {
            sources.Add(ReadOne(list, i, path));
        }

        return sources;
    }

    public static IReadOnlyList<H5MissingSource> FindMissing(IReadOnlyList<H5VirtualSource> sources, H5Dataset dataset)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(dataset.File.FileName))!;
        List<H5MissingSource> missing = [];
        foreach (IGrouping<string, H5VirtualSource> group in sources.GroupBy(source => source.File))
        {
            string path = group.Key == "." ? dataset.File.FileName : Path.Combine(folder, group.Key);
            try
            {
                using H5File? other = group.Key == "." ? null : H5File.Open(path, AccessLike(dataset.File));
                foreach (H5VirtualSource source in group)
                {
                    if (Examine(other ?? dataset.File, source, dataset.ElementType) is string reason)
                    {
                        missing.Add(new H5MissingSource(source, path, reason));
                    }
                }
            }
            catch (IOException failure)
            {
                missing.AddRange(group.Select(source => new H5MissingSource(source, path, failure.Message)));
            }
        }

        return missing;
    }

    private static H5FileAccess AccessLike(H5File file) =>
        file.Access == H5FileAccess.SwmrRead ? H5FileAccess.SwmrRead : H5FileAccess.ReadOnly;

    private static string? Examine(H5File file, H5VirtualSource source, H5ElementType wanted)
    {
        if (file.KindOf(source.Dataset) != H5ObjectKind.Dataset)
        {
            return $"'{source.Dataset}' is not a data set of '{file.FileName}'.";
        }

        using H5Dataset dataset = file.OpenDataset(source.Dataset);
        if (dataset.ElementType != wanted)
        {
            return $"'{source.Dataset}' holds {dataset.ElementType}, not {wanted}.";
        }

        long[] shape = dataset.Shape;
        bool isInside = shape.Length == source.SourceOffset.Count;
        for (int axis = 0; isInside && axis < shape.Length; axis++)
        {
            isInside = source.SourceOffset[axis] + source.SourceCount[axis] <= shape[axis];
        }

        return isInside ? null : $"'{source.Dataset}' of shape {Slice.Describe(shape)} is shorter than the block.";
    }

    private static H5VirtualSource ReadOne(long list, nuint index, string path)
    {
        string file = Links.ReadText(
            (name, size) => H5P.GetVirtualFile(list, index, (byte*)name, size), $"read the sources of '{path}'");
        string dataset = Links.ReadText(
            (name, size) => H5P.GetVirtualDataset(list, index, (byte*)name, size), $"read the sources of '{path}'");
        using Temporary space = new(H5P.GetVirtualSpace(list, index), "read where a source appears");
        using Temporary sourceSpace = new(H5P.GetVirtualSourceSpace(list, index), "read the block of a source");
        (_, long[] offset, long[] count) = ReadBlock(space.Id);
        (long[] sourceShape, long[] sourceOffset, long[] sourceCount) = ReadBlock(sourceSpace.Id);
        return new H5VirtualSource(
            file.Replace("%%", "%", StringComparison.Ordinal),
            dataset.Replace("%%", "%", StringComparison.Ordinal),
            sourceShape,
            sourceOffset,
            sourceCount,
            offset,
            count);
    }

    private static (long[] Shape, long[] Offset, long[] Count) ReadBlock(long space)
    {
        int rank = Errors.Check(H5S.GetRank(space), "read the rank of a source");
        long[] shape = new long[rank], first = new long[rank], count = new long[rank];
        if (rank == 0)
        {
            return (shape, first, count);
        }

        fixed (long* dims = shape, start = first, last = count)
        {
            Errors.Check(H5S.GetShape(space, dims, null), "read the shape of a source");
            Errors.Check(H5S.GetBounds(space, start, last), "read the block of a source");
        }

        for (int axis = 0; axis < rank; axis++)
        {
            count[axis] -= first[axis] - 1;
        }

        return (shape, first, count);
    }
}
