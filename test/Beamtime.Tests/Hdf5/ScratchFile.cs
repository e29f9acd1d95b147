namespace Beamtime.Tests.Hdf5;

/// <summary>A folder of its own for a test's files, gone at its end.</summary>
internal sealed class ScratchFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hdf5-").FullName;

    /// <summary>A path at which there is no file yet.</summary>
    public string Path => At("file.h5");

    public string At(string name) => System.IO.Path.Combine(_folder, name);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
