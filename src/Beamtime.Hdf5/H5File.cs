using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>An open HDF5 file, which is also its root group.</summary>
/// <remarks>
/// Closing the file closes every group and data set that was opened through it, also those that a link led to in other
/// files. HDF5's strong close degree would not reach those, and would close what another open of the file still uses.
/// </remarks>
public sealed class H5File : H5Group
{
    private readonly FileHandle _file;
    private readonly HashSet<ObjectHandle> _children = [];

    private H5File(long id, long accessList, string fileName, H5FileAccess access)
        : base(null, id, "/")
    {
        _file = new FileHandle(id, accessList);
        FileName = fileName;
        Access = access;
    }

    /// <summary>The version of libhdf5 in use.</summary>
    public static Version LibraryVersion
    {
        get
        {
            using Lock.Scope scope = Library.Enter();
            return Library.Version;
        }
    }

    /// <summary>The path by which the file was opened.</summary>
    public string FileName { get; }

    /// <summary>How the file is open; <see cref="StartSwmrWrite"/> changes it.</summary>
    public H5FileAccess Access { get; private set; }

    internal bool IsSwmrWriter => Access == H5FileAccess.SwmrWrite;

    internal override long Id
    {
        get
        {
            ObjectDisposedException.ThrowIf(_file.IsClosed, this);
            return _file.Id;
        }
    }

    /// <summary>Creates a file, open for reading and writing.</summary>
    /// <param name="fileName">Where; its folder must exist.</param>
    /// <param name="options">Format, locking, and whether an existing file is replaced.</param>
    /// <exception cref="Hdf5Exception">The file exists, or libhdf5 could not create it.</exception>
    public static H5File Create(string fileName, H5FileOptions? options = null)
    {
        Text.RequireName(fileName);
        options ??= H5FileOptions.Default;
        if (!options.Overwrite && System.IO.File.Exists(fileName))
        {
            throw new Hdf5Exception(Hdf5Error.AlreadyExists, $"'{fileName}' exists already.");
        }

        using Lock.Scope scope = Library.Enter();
        using Temporary access = FileAccess(options);
        uint flags = options.Overwrite ? H5F.Truncate : H5F.Exclusive;
        long id = Errors.Check(H5F.Create(fileName, flags, H5P.Default, access.Id), "create the file", fileName);
        return new H5File(id, access.Id, fileName, H5FileAccess.ReadWrite);
    }

    /// <summary>Opens an existing file.</summary>
    /// <param name="fileName">Which.</param>
    /// <param name="access">Reading or writing, alone or beside others.</param>
    /// <param name="options">Format of what is added, and locking.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="Hdf5Exception">It is not an HDF5 file, is truncated, locked, or marked as being written.</exception>
    public static H5File Open(
        string fileName, H5FileAccess access = H5FileAccess.ReadOnly, H5FileOptions? options = null)
    {
        Text.RequireName(fileName);
        if (!System.IO.File.Exists(fileName))
        {
            throw new FileNotFoundException($"'{fileName}' does not exist.", fileName);
        }

        options ??= access == H5FileAccess.SwmrWrite ? H5FileOptions.Swmr : H5FileOptions.Default;
        uint flags = access switch
        {
            H5FileAccess.ReadOnly => H5F.ReadOnly,
            H5FileAccess.ReadWrite => H5F.ReadWrite,
            H5FileAccess.SwmrWrite => H5F.ReadWrite | H5F.SwmrWrite,
            H5FileAccess.SwmrRead => H5F.ReadOnly | H5F.SwmrRead,
            _ => throw new ArgumentOutOfRangeException(nameof(access)),
        };
        using Lock.Scope scope = Library.Enter();
        using Temporary list = FileAccess(options);
        long id = H5F.Open(fileName, flags, list.Id);
        if (id < 0)
        {
            Hdf5Exception failure = Errors.Take(Hdf5Error.Library, "open the file", fileName);
            throw H5F.IsHdf5(fileName) == 0
                ? new Hdf5Exception(Hdf5Error.NotHdf5, $"'{fileName}' is not an HDF5 file.", failure.Messages)
                : failure;
        }

        return new H5File(id, list.Id, fileName, access);
    }

    /// <summary>Whether the file begins like an HDF5 file; false also when there is none.</summary>
    public static bool IsHdf5(string fileName)
    {
        Text.RequireName(fileName);
        using Lock.Scope scope = Library.Enter();
        return System.IO.File.Exists(fileName) && H5F.IsHdf5(fileName) > 0;
    }

    /// <summary>
    /// Lets readers follow from now on. Every object and attribute must have been made, and only data of fixed size is
    /// written afterwards; what breaks that is refused. The file must have been made with <see cref="H5FileFormat.V110"/>.
    /// </summary>
    /// <exception cref="Hdf5Exception">libhdf5 refuses, for the format for instance.</exception>
    public void StartSwmrWrite()
    {
        using Lock.Scope scope = Library.Enter();
        long id = Id;
        RequireNoSwmr("start SWMR a second time");
        Errors.Check(H5F.StartSwmrWrite(id), "start SWMR writing of", FileName);
        Access = H5FileAccess.SwmrWrite;
    }

    /// <summary>
    /// Writes everything that is buffered to the operating system: a reader sees it, and a crash of this process does
    /// not lose it. It is not an fsync.
    /// </summary>
    public void Flush()
    {
        using Lock.Scope scope = Library.Enter();
        Errors.Check(H5F.Flush(Id, H5F.ScopeLocal), "flush", FileName);
    }

    /// <summary>Closes the file and every object that was opened through it. A second call does nothing.</summary>
    /// <exception cref="Hdf5Exception">What was left to write could not be written.</exception>
    public void Close()
    {
        using Lock.Scope scope = Library.Enter();
        if (_file.IsClosed)
        {
            return;
        }

        foreach (ObjectHandle child in _children)
        {
            child.Dispose();
        }

        _children.Clear();
        _file.CloseOrThrow();
    }

    internal void Adopt(ObjectHandle child) => _children.Add(child);

    internal void Release(ObjectHandle child) => _children.Remove(child);

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (isDisposing)
        {
            Close();
        }

        base.Dispose(isDisposing);
    }

    private static Temporary FileAccess(H5FileOptions options)
    {
        Temporary list = H5P.FileAccess();
        int low = options.Format == H5FileFormat.V110 ? H5F.FormatV110 : H5F.FormatEarliest;
        Errors.Check(H5P.SetFormat(list.Id, low, H5F.FormatV110), "choose the file format");
        if (options.Locking != H5FileLocking.Default)
        {
            byte isUsed = options.Locking == H5FileLocking.Off ? (byte)0 : (byte)1;
            Errors.Check(H5P.SetFileLocking(list.Id, isUsed, 1), "choose file locking");
        }

        return list;
    }
}
