using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>The attributes of a group or data set: small named values, written and read whole.</summary>
public sealed unsafe class H5Attributes
{
    private readonly H5Object _owner;

    internal H5Attributes(H5Object owner) => _owner = owner;

    /// <summary>Writes one value; an attribute of that name is replaced.</summary>
    public void Write<T>(string name, T value)
        where T : unmanaged
        => WriteValues<T>(name, [value], []);

    /// <summary>Writes values along one axis; an attribute of that name is replaced.</summary>
    public void Write<T>(string name, ReadOnlySpan<T> values)
        where T : unmanaged
        => WriteValues(name, values, [values.Length]);

    /// <summary>Writes a text; an attribute of that name is replaced.</summary>
    public void Write(string name, string value, H5TextStorage storage = H5TextStorage.Variable) =>
        WriteTexts(name, [value], [], storage);

    /// <summary>Writes texts along one axis; an attribute of that name is replaced.</summary>
    public void Write(string name, IReadOnlyList<string> values, H5TextStorage storage = H5TextStorage.Variable)
    {
        ArgumentNullException.ThrowIfNull(values);
        WriteTexts(name, values, [values.Count], storage);
    }

    /// <summary>Reads the only value.</summary>
    public T Read<T>(string name)
        where T : unmanaged
        => Single(name, ReadArray<T>(name));

    /// <summary>Reads all values, of any rank, the last axis fastest.</summary>
    public T[] ReadArray<T>(string name)
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        using Temporary attribute = Open(name);
        using Temporary type = new(H5A.GetElementType(attribute.Id), "read the type of an attribute");
        Element<T>.Require(StoredType.Read(type.Id), Subject(name));
        using Temporary space = new(H5A.GetSpace(attribute.Id), "read the shape of an attribute");
        T[] values = new T[CountElements(space.Id, name)];
        fixed (T* data = values)
        {
            if (values.Length > 0)
            {
                Errors.Check(H5A.Read(attribute.Id, Element<T>.Memory, data), "read the attribute", Subject(name));
            }
        }

        return values;
    }

    /// <summary>Reads the only text.</summary>
    public string ReadString(string name) => Single(name, ReadStrings(name));

    /// <summary>Reads all texts.</summary>
    public string[] ReadStrings(string name)
    {
        using Lock.Scope scope = Library.Enter();
        using Temporary attribute = Open(name);
        using Temporary type = new(H5A.GetElementType(attribute.Id), "read the type of an attribute");
        using Temporary space = new(H5A.GetSpace(attribute.Id), "read the shape of an attribute");
        long id = attribute.Id;
        H5ElementType element = StoredType.Read(type.Id);
        int count = CountElements(space.Id, name);
        return Text.Read(element, type.Id, space.Id, count, Subject(name), (memory, data) => Errors.Check(
            H5A.Read(id, memory, (void*)data), "read the attribute", name));
    }

    /// <summary>The element type of an attribute.</summary>
    public H5ElementType TypeOf(string name)
    {
        using Lock.Scope scope = Library.Enter();
        using Temporary attribute = Open(name);
        using Temporary type = new(H5A.GetElementType(attribute.Id), "read the type of an attribute");
        return StoredType.Read(type.Id);
    }

    /// <summary>Whether there is an attribute of that name.</summary>
    public bool Contains(string name)
    {
        Text.RequireName(name);
        using Lock.Scope scope = Library.Enter();
        return Errors.Check(H5A.Exists(_owner.Id, name), "look for the attribute", name) > 0;
    }

    /// <summary>Removes an attribute.</summary>
    public void Delete(string name)
    {
        using Lock.Scope scope = Library.Enter();
        _owner.RequireNoSwmr("delete an attribute");
        if (!Contains(name))
        {
            throw Missing(name);
        }

        Errors.Check(H5A.Delete(_owner.Id, name), "delete the attribute", Subject(name));
    }

    /// <summary>The names of the attributes, in alphabetical order.</summary>
    public IReadOnlyList<string> ReadNames()
    {
        using Lock.Scope scope = Library.Enter();

        // A file's own id is no place to count attributes; its root group is.
        using Temporary owner = new(H5O.Open(_owner.Id, ".", H5P.Default), "open the owner of attributes");
        long id = owner.Id;
        int count = Errors.Check(H5A.GetCount(id), "count the attributes of", _owner.Path);
        string[] names = new string[count];
        for (int i = 0; i < count; i++)
        {
            ulong position = (ulong)i;
            names[i] = Links.ReadText(
                (name, size) => H5A.GetName(id, ".", 0, 0, position, (byte*)name, size, H5P.Default),
                "list the attributes");
        }

        return names;
    }

    private void WriteValues<T>(string name, ReadOnlySpan<T> values, ReadOnlySpan<long> shape)
        where T : unmanaged
    {
        using Lock.Scope scope = Library.Enter();
        if (!Element<T>.IsSupported)
        {
            throw Element<T>.Unsupported();
        }

        fixed (T* data = values)
        {
            using Temporary attribute = Create(name, Element<T>.Stored, shape);
            if (!values.IsEmpty)
            {
                Errors.Check(H5A.Write(attribute.Id, Element<T>.Memory, data), "write the attribute", Subject(name));
            }
        }
    }

    private void WriteTexts(string name, IReadOnlyList<string> values, ReadOnlySpan<long> shape, H5TextStorage storage)
    {
        using Lock.Scope scope = Library.Enter();
        long[] lengths = shape.ToArray();
        void Transfer(long type, nint data)
        {
            using Temporary attribute = Create(name, type, lengths);
            if (values.Count > 0)
            {
                Errors.Check(H5A.Write(attribute.Id, type, (void*)data), "write the attribute", Subject(name));
            }
        }

        if (storage == H5TextStorage.Variable)
        {
            Text.WriteVariable(values, Transfer);
            return;
        }

        int size = Text.FixedSize(values);
        using Temporary padded = H5T.FixedString(size);
        Text.WriteFixed(values, size, padded.Id, Transfer);
    }

    private Temporary Create(string name, long type, ReadOnlySpan<long> shape)
    {
        _owner.RequireNoSwmr("write an attribute");
        if (Contains(name))
        {
            Errors.Check(H5A.Delete(_owner.Id, name), "replace the attribute", Subject(name));
        }

        using Temporary space = H5S.Simple(shape);
        long id = H5A.Create(_owner.Id, name, type, space.Id, H5P.AttributeCreation, H5P.Default);
        return new Temporary(Errors.Check(id, "make the attribute", Subject(name)), "make an attribute");
    }

    private Temporary Open(string name)
    {
        if (!Contains(name))
        {
            throw Missing(name);
        }

        return new Temporary(
            Errors.Check(H5A.Open(_owner.Id, name, H5P.Default), "open the attribute", name), "open an attribute");
    }

    private int CountElements(long space, string name)
    {
        if (H5S.GetKind(space) == H5S.Null)
        {
            return 0;
        }

        int rank = Errors.Check(H5S.GetRank(space), "read the rank of the attribute", name);
        Span<long> shape = stackalloc long[rank];
        fixed (long* dims = shape)
        {
            Errors.Check(H5S.GetShape(space, dims, null), "read the shape of the attribute", name);
        }

        long length = Slice.Length(shape);
        return length <= Array.MaxLength
            ? (int)length
            : throw new Hdf5Exception(Hdf5Error.WrongKind, $"The attribute '{Subject(name)}' is too large to read.");
    }

    private T Single<T>(string name, T[] values) => values is [var only]
        ? only
        : throw new Hdf5Exception(
            Hdf5Error.WrongKind, $"The attribute '{Subject(name)}' has {values.Length} values, not one.");

    private Hdf5Exception Missing(string name) => new(
        Hdf5Error.NotFound, $"'{_owner.Path}' in '{_owner.File.FileName}' has no attribute '{name}'.");

    private string Subject(string name) => $"{_owner.Path}@{name}";
}
