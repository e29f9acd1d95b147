using System.Runtime.InteropServices;

namespace Beamtime.Hdf5.Native;

/// <summary>An id that an operation made for itself: closed when its scope ends, without an allocation.</summary>
internal readonly ref struct Temporary
{
    /// <summary>Takes an id; a negative one is the failure of <paramref name="action"/>.</summary>
    public Temporary(long id, string action) => Id = Errors.Check(id, action);

    public long Id { get; }

    // The result is not looked at: the id is ours alone and holds nothing that could still fail to be written.
    public void Dispose() => _ = H5I.DecreaseReference(Id);
}

/// <summary>The id of a group or data set that a caller holds.</summary>
internal sealed class ObjectHandle : SafeHandle
{
    public ObjectHandle(long id)
        : base(-1, ownsHandle: true) => SetHandle((nint)id);

    public override bool IsInvalid => handle < 0;

    public long Id => handle;

    protected override bool ReleaseHandle()
    {
        using Lock.Scope scope = Library.Enter();
        return H5I.IsValid(handle) <= 0 || H5I.DecreaseReference(handle) >= 0;
    }
}

/// <summary>The id of an open file.</summary>
internal sealed class FileHandle : SafeHandle
{
    private readonly int _descriptor;

    /// <summary>Takes a file just opened with this access list.</summary>
    public FileHandle(long id, long access)
        : base(-1, ownsHandle: true)
    {
        SetHandle((nint)id);
        _descriptor = Descriptor.Take(id, access);
    }

    public override bool IsInvalid => handle < 0;

    public long Id => handle;

    /// <summary>Closes the file and says so when libhdf5 could not write what was left to write.</summary>
    public void CloseOrThrow()
    {
        SetHandleAsInvalid();
        Errors.Check(Descriptor.Close(handle, _descriptor), "close the file");
    }

    protected override bool ReleaseHandle()
    {
        using Lock.Scope scope = Library.Enter();
        return Descriptor.Close(handle, _descriptor) >= 0;
    }
}
