using System.Runtime.InteropServices;
using System.Text;

namespace Beamtime.Hdf5.Native;

/// <summary>Follows names and lists them. Needs the library's lock.</summary>
internal static unsafe class Links
{
    private const int ByName = 0;
    private const int Increasing = 0;
    private const string Here = ".";

    /// <summary>Whether the last name is there; those before it must lead somewhere.</summary>
    public static bool Exists(long location, string path) => Walk(location, path, mustResolve: false);

    /// <summary>What the path leads to.</summary>
    public static H5ObjectKind Resolve(long location, string path) =>
        Walk(location, path, mustResolve: true) ? OpenKind(location, path) : H5ObjectKind.Missing;

    public static IReadOnlyList<H5Child> ReadChildren(long group, string path)
    {
        H5G.Description description;
        Errors.Check(H5G.GetDescription(group, &description), "list", path);
        List<H5Child> children = [];
        for (ulong position = 0; position < description.LinkCount; position++)
        {
            children.Add(ReadChild(group, ReadName(group, position, path)));
        }

        return children;
    }

    /// <summary>The link at a path that exists.</summary>
    public static H5Child ReadChild(long group, string path)
    {
        H5L.Description description;
        Errors.Check(H5L.GetDescription(group, path, &description), "look at the link", path);
        H5ObjectKind kind = OpenKind(group, path);
        string name = path[(path.LastIndexOf('/') + 1)..];
        if (description.Kind == H5L.Hard)
        {
            return new H5Child(name, kind, H5LinkKind.Hard, null, null);
        }

        byte[] value = new byte[checked((int)description.ValueSize) + 1];
        fixed (byte* first = value)
        {
            Errors.Check(
                H5L.GetValue(group, path, first, (nuint)description.ValueSize, H5P.Default), "read the link", path);
            if (description.Kind == H5L.Soft)
            {
                return new H5Child(name, kind, H5LinkKind.Soft, Marshal.PtrToStringUTF8((nint)first), null);
            }

            if (description.Kind != H5L.External)
            {
                throw new Hdf5Exception(Hdf5Error.WrongKind, $"'{path}' is a link of a kind defined by its user.");
            }

            byte* file, target;
            uint flags;
            int result = H5L.UnpackExternal(first, (nuint)description.ValueSize, &flags, &file, &target);
            Errors.Check(result, "read the link", path);
            return new H5Child(
                name,
                kind,
                H5LinkKind.External,
                Marshal.PtrToStringUTF8((nint)target),
                Marshal.PtrToStringUTF8((nint)file));
        }
    }

    /// <summary>A text that is asked for twice: for its length, then for itself.</summary>
    public static string ReadText(Func<nint, nuint, nint> read, string action)
    {
        int length = checked((int)Errors.Check(read(0, 0), action));
        byte[] buffer = new byte[length + 1];
        fixed (byte* first = buffer)
        {
            Errors.Check(read((nint)first, (nuint)buffer.Length), action);
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static string ReadName(long group, ulong position, string path) => ReadText(
        (name, size) => H5L.GetName(group, Here, ByName, Increasing, position, (byte*)name, size, H5P.Default),
        $"list '{path}'");

    private static H5ObjectKind OpenKind(long location, string path)
    {
        long id = H5O.Open(location, path, H5P.Default);
        if (id < 0)
        {
            return H5ObjectKind.Missing;
        }

        using Temporary opened = new(id, "open an object");
        return H5I.GetKind(opened.Id) switch
        {
            H5I.Group => H5ObjectKind.Group,
            H5I.Dataset => H5ObjectKind.Dataset,
            _ => H5ObjectKind.NamedType,
        };
    }

    private static bool Walk(long location, string path, bool mustResolve)
    {
        string[] names = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        string walked = path.StartsWith('/') ? "/" : "";
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i] == Here)
            {
                continue;
            }

            walked += names[i];
            if (H5L.Exists(location, walked, H5P.Default) <= 0)
            {
                return false;
            }

            bool isLast = i == names.Length - 1;
            if ((!isLast || mustResolve) && H5O.Exists(location, walked, H5P.Default) <= 0)
            {
                return false;
            }

            walked += "/";
        }

        return true;
    }
}
