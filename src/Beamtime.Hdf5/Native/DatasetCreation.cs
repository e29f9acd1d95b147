using System.Runtime.CompilerServices;

namespace Beamtime.Hdf5.Native;

/// <summary>Makes data sets. Needs the library's lock; the caller has seen that the name is free.</summary>
internal static unsafe class DatasetCreation
{
    private const int ChunkBytes = 64 * 1024;

    public static H5Dataset Create<T>(
        H5Group group, string path, ReadOnlySpan<long> shape, bool isExtendable, H5DatasetOptions<T> options)
        where T : unmanaged
    {
        RequireElement<T>();
        RequireRank(shape);
        using Temporary space = isExtendable ? Extendable(shape) : H5S.Simple(shape);
        long[] chunk = ChooseChunk<T>(shape, isExtendable, options);
        if (chunk.Length == 0 && options.Fill is null)
        {
            return Finish(group, path, Element<T>.Stored, Element<T>.Type, space.Id, shape.Length, H5P.PlainDataset);
        }

        using Temporary creation = H5P.DatasetCreation();
        Errors.Check(H5P.SetTrackTimes(creation.Id, 0), "leave times out");
        if (chunk.Length > 0)
        {
            fixed (long* lengths = chunk)
            {
                Errors.Check(H5P.SetChunk(creation.Id, chunk.Length, lengths), "set the chunk of", group.Join(path));
            }
        }

        foreach (H5Filter filter in options.Filters)
        {
            AddFilter(creation.Id, filter);
        }

        if (options.Fill is T fill)
        {
            Errors.Check(H5P.SetFill(creation.Id, Element<T>.Memory, &fill), "set the fill value of", group.Join(path));
        }

        return Finish(group, path, Element<T>.Stored, Element<T>.Type, space.Id, shape.Length, creation.Id);
    }

    public static H5Dataset CreateTexts(
        H5Group group, string path, IReadOnlyList<string> values, ReadOnlySpan<long> shape, H5TextStorage storage)
    {
        using Temporary space = H5S.Simple(shape);
        long spaceId = space.Id;
        int rank = shape.Length;
        if (storage == H5TextStorage.Fixed)
        {
            int size = Text.FixedSize(values);
            using Temporary type = H5T.FixedString(size);
            H5ElementType fixedText = new(H5ElementKind.String, size, IsSigned: false);
            H5Dataset padded = Finish(group, path, type.Id, fixedText, spaceId, rank, H5P.PlainDataset);
            Text.WriteFixed(values, size, type.Id, (id, data) => WriteAll(padded, id, data));
            return padded;
        }

        H5Dataset? dataset = null;
        Text.WriteVariable(values, (id, data) =>
        {
            H5ElementType variableText = new(H5ElementKind.String, 0, IsSigned: false);
            dataset = Finish(group, path, id, variableText, spaceId, rank, H5P.PlainDataset);
            WriteAll(dataset, id, data);
        });
        return dataset!;
    }

    public static H5Dataset CreateVirtual<T>(
        H5Group group, string path, ReadOnlySpan<long> shape, IReadOnlyList<H5VirtualSource> sources, T fill)
        where T : unmanaged
    {
        RequireElement<T>();
        RequireRank(shape);
        using Temporary creation = H5P.DatasetCreation();
        Errors.Check(H5P.SetTrackTimes(creation.Id, 0), "leave times out");
        Errors.Check(H5P.SetFill(creation.Id, Element<T>.Memory, &fill), "set the fill value of", group.Join(path));
        foreach (H5VirtualSource source in sources)
        {
            AddSource(creation.Id, shape, source);
        }

        using Temporary space = H5S.Simple(shape);
        return Finish(group, path, Element<T>.Stored, Element<T>.Type, space.Id, shape.Length, creation.Id);
    }

    private static void AddSource(long creation, ReadOnlySpan<long> shape, H5VirtualSource source)
    {
        Text.RequireName(source.File);
        Text.RequireName(source.Dataset);
        long[] sourceOffset = [.. source.SourceOffset], sourceCount = [.. source.SourceCount];
        long[] offset = [.. source.Offset], count = [.. source.Count], sourceShape = [.. source.SourceShape];
        Slice.RequireInside(sourceShape, sourceOffset, sourceCount, source.Dataset);
        Slice.RequireInside(shape, offset, count, "the virtual data set");
        if (Slice.Length(sourceCount) != Slice.Length(count))
        {
            throw new ArgumentException(
                $"The block {Slice.Describe(sourceCount)} of '{source.Dataset}' does not fill {Slice.Describe(count)}.",
                nameof(source));
        }

        using Temporary sourceSpace = H5S.Simple(sourceShape);
        using Temporary space = H5S.Simple(shape);
        if (sourceShape.Length > 0)
        {
            H5S.Select(sourceSpace.Id, sourceOffset, sourceCount);
        }

        H5S.Select(space.Id, offset, count);

        // A per cent sign in these names is the start of libhdf5's numbering of blocks.
        string file = source.File.Replace("%", "%%", StringComparison.Ordinal);
        string dataset = source.Dataset.Replace("%", "%%", StringComparison.Ordinal);
        Errors.Check(H5P.SetVirtual(creation, space.Id, file, dataset, sourceSpace.Id), "add the source", source.File);
    }

    private static H5Dataset Finish(
        H5Group group, string path, long type, H5ElementType element, long space, int rank, long creation)
    {
        long id = H5D.Create(group.Id, path, type, space, H5P.LinkCreation, creation, H5P.Default);
        string full = group.Join(path);
        return new H5Dataset(group.File, Errors.Check(id, "make the data set", full), full, element, rank);
    }

    private static void WriteAll(H5Dataset dataset, long type, nint data)
    {
        int result = H5D.Write(dataset.Id, type, H5S.All, H5S.All, H5P.TextTransfer, (void*)data);
        Errors.Check(result, "write", dataset.Path);
    }

    private static void AddFilter(long creation, H5Filter filter)
    {
        uint[] parameters = [.. filter.Parameters];
        uint flags = filter.IsOptional ? H5P.OptionalFilter : 0;
        fixed (uint* first = parameters)
        {
            int result = H5P.SetFilter(creation, filter.Number, flags, (nuint)parameters.Length, first);
            Errors.Check(result, $"use filter {filter.Number}");
        }
    }

    private static Temporary Extendable(ReadOnlySpan<long> shape)
    {
        Span<long> maxShape = stackalloc long[shape.Length];
        shape.CopyTo(maxShape);
        maxShape[0] = H5S.Unlimited;
        fixed (long* dims = shape, limits = maxShape)
        {
            return new Temporary(H5S.CreateSimple(shape.Length, dims, limits), "make a data space");
        }
    }

    private static long[] ChooseChunk<T>(ReadOnlySpan<long> shape, bool isExtendable, H5DatasetOptions<T> options)
        where T : unmanaged
    {
        if (options.Chunk.Count > 0)
        {
            return options.Chunk.Count != shape.Length || options.Chunk.Any(length => length <= 0)
                ? throw new ArgumentException(
                    $"A chunk needs {shape.Length} lengths above 0, not {Slice.Describe([.. options.Chunk])}.",
                    nameof(options))
                : [.. options.Chunk];
        }

        if (!isExtendable)
        {
            return options.Filters.Count > 0
                ? throw new ArgumentException("Filters act on chunks; give the shape of a chunk.", nameof(options))
                : [];
        }

        long[] chunk = shape.ToArray();
        long rowBytes = Math.Max(1, Slice.Length(shape[1..])) * Unsafe.SizeOf<T>();
        chunk[0] = Math.Max(1, ChunkBytes / rowBytes);
        return chunk;
    }

    private static void RequireElement<T>()
        where T : unmanaged
    {
        if (!Element<T>.IsSupported)
        {
            throw Element<T>.Unsupported();
        }
    }

    private static void RequireRank(ReadOnlySpan<long> shape)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shape.Length, H5S.MaxRank, nameof(shape));
        foreach (long axis in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(axis, nameof(shape));
        }
    }
}
