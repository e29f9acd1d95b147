using Beamtime.Hdf5.Native;

namespace Beamtime.Hdf5;

/// <summary>A group or data set in an open file. Any thread may use it; operations run one at a time.</summary>
public abstract class H5Object : IDisposable
{
    private readonly ObjectHandle? _handle;

    private protected H5Object(H5File? file, long id, string path)
    {
        Path = path;
        if (file is null)
        {
            File = (H5File)this;
            return;
        }

        File = file;
        _handle = new ObjectHandle(id);
        file.Adopt(_handle);
    }

    /// <summary>The file through which the object was opened.</summary>
    public H5File File { get; }

    /// <summary>The path from the root of the file, such as <c>/entry/data</c>.</summary>
    public string Path { get; }

    /// <summary>The attributes of the object.</summary>
    public H5Attributes Attributes => new(this);

    /// <summary>The id, checked. Needs the library's lock.</summary>
    internal virtual long Id
    {
        get
        {
            _ = File.Id;
            ObjectDisposedException.ThrowIf(_handle!.IsClosed, this);
            return _handle.Id;
        }
    }

    /// <summary>Closes the object; the file stays open.</summary>
    public void Dispose()
    {
        Dispose(isDisposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    /// <param name="isDisposing">Whether the caller disposes; the handles look after themselves otherwise.</param>
    protected virtual void Dispose(bool isDisposing)
    {
        if (isDisposing && _handle is not null)
        {
            using Lock.Scope scope = Library.Enter();
            File.Release(_handle);
            _handle.Dispose();
        }
    }

    /// <summary>Refuses what a SWMR writer cannot do though libhdf5 would let it damage the file.</summary>
    internal void RequireNoSwmr(string action)
    {
        if (File.IsSwmrWriter)
        {
            throw new InvalidOperationException(
                $"Cannot {action} in '{File.FileName}': it is written under SWMR, where every object and attribute "
                + "must exist before SWMR begins.");
        }
    }
}
