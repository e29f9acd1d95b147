using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>
/// A group: names that lead to groups, data sets and links. Paths are relative to it, or absolute when they begin with
/// a slash; groups missing on the way to something new are made.
/// </summary>
public class H5Group : H5Object
{
    internal H5Group(H5File? file, long id, string path)
        : base(file, id, path)
    {
    }

    /// <summary>Makes a group.</summary>
    /// <exception cref="Hdf5Exception">Something has that name, or libhdf5 failed.</exception>
    public H5Group CreateGroup(string path)
    {
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a group");
        long id = H5G.Create(Id, path, H5P.LinkCreation, H5P.Default, H5P.Default);
        return new H5Group(File, Errors.Check(id, "make the group", Join(path)), Join(path));
    }

    /// <summary>Opens a group.</summary>
    /// <exception cref="Hdf5Exception">Nothing is there, or it is not a group.</exception>
    public H5Group OpenGroup(string path)
    {
        Text.RequireName(path);
        using Lock.Scope scope = Library.Enter();
        long id = H5G.Open(Id, path, H5P.Default);
        return id < 0 ? throw CannotOpen(path, H5ObjectKind.Group) : new H5Group(File, id, Join(path));
    }

    /// <summary>Opens a data set.</summary>
    /// <exception cref="Hdf5Exception">Nothing is there, or it is not a data set.</exception>
    public H5Dataset OpenDataset(string path)
    {
        Text.RequireName(path);
        using Lock.Scope scope = Library.Enter();
        long id = H5D.Open(Id, path, H5P.Default);
        return id < 0 ? throw CannotOpen(path, H5ObjectKind.Dataset) : new H5Dataset(File, id, Join(path));
    }

    /// <summary>Makes a data set of one element, written at once.</summary>
    public H5Dataset CreateScalar<T>(string path, T value)
        where T : unmanaged
        => CreateFilled(path, [value], []);

    /// <summary>Makes a data set of one text, written at once.</summary>
    public H5Dataset CreateScalar(string path, string value, H5TextStorage storage = H5TextStorage.Variable) =>
        CreateTexts(path, [value], [], storage);

    /// <summary>Makes a data set along one axis, written at once.</summary>
    public H5Dataset CreateArray<T>(string path, ReadOnlySpan<T> values)
        where T : unmanaged
        => CreateFilled(path, values, [values.Length]);

    /// <summary>Makes a data set of any rank, written at once.</summary>
    /// <param name="path">Where.</param>
    /// <param name="values">All elements, the last axis fastest.</param>
    /// <param name="shape">The length of each axis; their product is the number of values.</param>
    /// <param name="options">Chunks, filters, fill.</param>
    public H5Dataset CreateArray<T>(
        string path, ReadOnlySpan<T> values, ReadOnlySpan<long> shape, H5DatasetOptions<T>? options = null)
        where T : unmanaged
        => CreateFilled(path, values, shape, options);

    /// <summary>Makes a data set of texts along one axis, written at once.</summary>
    public H5Dataset CreateArray(
        string path, IReadOnlyList<string> values, H5TextStorage storage = H5TextStorage.Variable)
    {
        ArgumentNullException.ThrowIfNull(values);
        return CreateTexts(path, values, [values.Count], storage);
    }

    /// <summary>Makes a data set of fixed shape that is written later; until then it holds the fill value.</summary>
    public H5Dataset CreateEmpty<T>(string path, ReadOnlySpan<long> shape, H5DatasetOptions<T>? options = null)
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a data set");
        return DatasetCreation.Create(this, path, shape, isExtendable: false, options ?? new());
    }

    /// <summary>Makes a chunked data set without rows, which grows along axis 0 by <see cref="H5Dataset.Append{T}"/>.</summary>
    /// <param name="path">Where.</param>
    /// <param name="rowShape">The shape of a row; empty where a row is one element.</param>
    /// <param name="options">Chunk (rank one more than a row's), filters, fill.</param>
    public H5Dataset CreateExtendable<T>(string path, ReadOnlySpan<long> rowShape, H5DatasetOptions<T>? options = null)
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a data set");
        return DatasetCreation.Create(this, path, [0, .. rowShape], isExtendable: true, options ?? new());
    }

    /// <summary>Makes a virtual data set: a window onto blocks of others, which need not exist yet.</summary>
    /// <param name="path">Where.</param>
    /// <param name="shape">The shape of the whole.</param>
    /// <param name="sources">The blocks; what none covers, or whose source is missing, reads as the fill value.</param>
    /// <param name="fill">That value.</param>
    public H5Dataset CreateVirtual<T>(
        string path, ReadOnlySpan<long> shape, IReadOnlyList<H5VirtualSource> sources, T fill)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(sources);
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a virtual data set");
        return DatasetCreation.CreateVirtual(this, path, shape, sources, fill);
    }

    /// <summary>Gives an object that exists a second name in the same file.</summary>
    public void LinkHard(string path, string target)
    {
        Text.RequireName(target);
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a link");
        long id = Id;
        Errors.Check(H5L.CreateHard(id, target, id, path, H5P.LinkCreation, H5P.Default), "make the link", Join(path));
    }

    /// <summary>Makes a name that leads to a path of the same file, which need not exist.</summary>
    public void LinkSoft(string path, string target)
    {
        Text.RequireName(target);
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a link");
        Errors.Check(H5L.CreateSoft(target, Id, path, H5P.LinkCreation, H5P.Default), "make the link", Join(path));
    }

    /// <summary>Makes a name that leads to a path of another file, best named relative to this file's folder.</summary>
    public void LinkExternal(string path, string file, string target)
    {
        Text.RequireName(file);
        Text.RequireName(target);
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a link");
        int result = H5L.CreateExternal(file, target, Id, path, H5P.LinkCreation, H5P.Default);
        Errors.Check(result, "make the link", Join(path));
    }

    /// <summary>Removes a name; the object goes with its last one.</summary>
    public void Delete(string path)
    {
        using Lock.Scope scope = Library.Enter();
        Text.RequireName(path);
        RequireNoSwmr("delete");
        if (!Links.Exists(Id, path))
        {
            throw new Hdf5Exception(Hdf5Error.NotFound, $"'{Join(path)}' does not exist in '{File.FileName}'.");
        }

        Errors.Check(H5L.Delete(Id, path, H5P.Default), "delete", Join(path));
    }

    /// <summary>Copies an object with all it holds, perhaps into another file.</summary>
    public void Copy(string path, H5Group target, string targetPath)
    {
        Text.RequireName(path);
        ArgumentNullException.ThrowIfNull(target);
        using Lock.Scope scope = Library.Enter();
        target.BeginCreation(targetPath, "copy an object");
        int result = H5O.Copy(Id, path, target.Id, targetPath, H5P.Default, H5P.LinkCreation);
        Errors.Check(result, "copy", Join(path));
    }

    /// <summary>Whether the path leads to an object, each name on the way and each link followed.</summary>
    public bool Exists(string path) => KindOf(path) != H5ObjectKind.Missing;

    /// <summary>Whether the last name of the path exists, even as a link that leads nowhere.</summary>
    public bool HasLink(string path)
    {
        Text.RequireName(path);
        using Lock.Scope scope = Library.Enter();
        return Links.Exists(Id, path);
    }

    /// <summary>What the path leads to.</summary>
    public H5ObjectKind KindOf(string path)
    {
        Text.RequireName(path);
        using Lock.Scope scope = Library.Enter();
        return Links.Resolve(Id, path);
    }

    /// <summary>The names in the group, in alphabetical order, with what they lead to.</summary>
    public IReadOnlyList<H5Child> ReadChildren()
    {
        using Lock.Scope scope = Library.Enter();
        return Links.ReadChildren(Id, Path);
    }

    /// <summary>The last name of a path: what kind of link it is, and where it leads.</summary>
    /// <exception cref="Hdf5Exception">There is no such name.</exception>
    public H5Child ReadLink(string path)
    {
        Text.RequireName(path);
        using Lock.Scope scope = Library.Enter();
        return Links.Exists(Id, path)
            ? Links.ReadChild(Id, path)
            : throw new Hdf5Exception(Hdf5Error.NotFound, $"'{Join(path)}' does not exist in '{File.FileName}'.");
    }

    internal void BeginCreation(string path, string action)
    {
        Text.RequireName(path);
        RequireNoSwmr(action);
        if (Links.Exists(Id, path))
        {
            throw new Hdf5Exception(
                Hdf5Error.AlreadyExists, $"Cannot {action}: '{Join(path)}' exists already in '{File.FileName}'.");
        }
    }

    internal string Join(string path) => path.StartsWith('/') ? path : Path == "/" ? $"/{path}" : $"{Path}/{path}";

    private H5Dataset CreateFilled<T>(
        string path, ReadOnlySpan<T> values, ReadOnlySpan<long> shape, H5DatasetOptions<T>? options = null)
        where T : unmanaged
    {
        if (Slice.Length(shape) != values.Length)
        {
            throw new ArgumentException(
                $"{values.Length} values do not fill the shape {Slice.Describe(shape)}.", nameof(values));
        }

        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a data set");
        H5Dataset dataset = DatasetCreation.Create(this, path, shape, isExtendable: false, options ?? new());
        dataset.Write(values);
        return dataset;
    }

    private H5Dataset CreateTexts(
        string path, IReadOnlyList<string> values, ReadOnlySpan<long> shape, H5TextStorage storage)
    {
        using Lock.Scope scope = Library.Enter();
        BeginCreation(path, "make a data set");
        return DatasetCreation.CreateTexts(this, path, values, shape, storage);
    }

    private Hdf5Exception CannotOpen(string path, H5ObjectKind wanted)
    {
        Hdf5Exception failure = Errors.Take(Hdf5Error.Library, "open", Join(path));
        return Links.Resolve(Id, path) switch
        {
            H5ObjectKind.Missing => new Hdf5Exception(
                Hdf5Error.NotFound, $"'{Join(path)}' does not exist in '{File.FileName}'.", failure.Messages),
            H5ObjectKind kind when kind != wanted => new Hdf5Exception(
                Hdf5Error.WrongKind, $"'{Join(path)}' in '{File.FileName}' is a {kind}, not a {wanted}.", failure.Messages),
            _ => failure,
        };
    }
}
