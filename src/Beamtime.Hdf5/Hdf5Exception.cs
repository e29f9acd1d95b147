namespace Beamtime.Hdf5;

/// <summary>What kind of failure an <see cref="Hdf5Exception"/> reports.</summary>
public enum Hdf5Error
{
    /// <summary>libhdf5 reported a failure; <see cref="Hdf5Exception.Messages"/> holds its own words.</summary>
    Library,

    /// <summary>The file is not an HDF5 file, or is too damaged to be opened as one.</summary>
    NotHdf5,

    /// <summary>Nothing is at the path, or an attribute of that name does not exist.</summary>
    NotFound,

    /// <summary>A file, link or object of that name exists already.</summary>
    AlreadyExists,

    /// <summary>The stored element type is not the one asked for; nothing is converted silently.</summary>
    WrongType,

    /// <summary>The object is of another kind or shape than the operation needs.</summary>
    WrongKind,
}

/// <summary>One line of libhdf5's error stack.</summary>
/// <param name="Function">The C function that failed.</param>
/// <param name="Description">What it said.</param>
public sealed record Hdf5Message(string Function, string Description);

/// <summary>An HDF5 operation failed, or was refused because of what the file holds.</summary>
public sealed class Hdf5Exception : IOException
{
    /// <summary>An unspecified failure.</summary>
    public Hdf5Exception()
    {
    }

    /// <summary>A failure that only has a text.</summary>
    public Hdf5Exception(string message)
        : base(message)
    {
    }

    /// <summary>A failure caused by another.</summary>
    public Hdf5Exception(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal Hdf5Exception(Hdf5Error error, string message, IReadOnlyList<Hdf5Message>? messages = null)
        : base(message)
    {
        Error = error;
        Messages = messages ?? [];
    }

    /// <summary>The kind of failure.</summary>
    public Hdf5Error Error { get; }

    /// <summary>libhdf5's error stack, innermost function first; empty when the library was not asked.</summary>
    public IReadOnlyList<Hdf5Message> Messages { get; } = [];
}
