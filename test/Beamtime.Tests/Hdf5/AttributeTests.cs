using Beamtime.Hdf5;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Hdf5;

public sealed class AttributeTests : IDisposable
{
    private readonly ScratchFile _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Attributes_of_every_type_are_read_by_h5py_and_by_us()
    {
        using (H5File file = H5File.Create(_scratch.Path))
        {
            H5Attributes root = file.Attributes;
            root.Write("default", "entry");
            root.Write("default", "replaced");
            root.Write("fixed", "µm", H5TextStorage.Fixed);
            root.Write("axes", ["y", "x"]);
            root.Write("flag", true);
            root.Write("flags", new[] { true, false });
            root.Write("count", 3u);
            root.Write("tiny", (sbyte)-3);
            root.Write<double>("vector", [0, 0.5, 1]);
            root.Write<ushort>("none", []);
            using H5Dataset scalar = file.CreateScalar("position", 1.5);
            scalar.Attributes.Write("units", "mm");
            using H5Group group = file.CreateGroup("entry");
            group.Attributes.Write("größe", 1L);
        }

        string seen = await Python.RunAsync(
            """
            import sys, h5py
            f = h5py.File(sys.argv[1], "r")
            for n in sorted(f.attrs): v = f.attrs[n]; print(n, getattr(v, "dtype", "str"), v.tolist() if hasattr(v, "tolist") else v)
            print(f["position"].attrs["units"], f["entry"].attrs["größe"])
            """,
            [_scratch.Path],
            TestContext.Current.CancellationToken);

        Assert.Equal(
            """
            axes object ['y', 'x']
            count uint32 3
            default str replaced
            fixed |S3 b'\xc2\xb5m'
            flag bool True
            flags bool [True, False]
            none uint16 []
            tiny int8 -3
            vector float64 [0.0, 0.5, 1.0]
            mm 1
            """,
            seen);
        using H5File read = H5File.Open(_scratch.Path);
        H5Attributes found = read.Attributes;
        Assert.Equal("replaced", found.ReadString("default"));
        Assert.Equal("µm", found.ReadString("fixed"));
        Assert.Equal(["y", "x"], found.ReadStrings("axes"));
        Assert.True(found.Read<bool>("flag"));
        Assert.Equal([true, false], found.ReadArray<bool>("flags"));
        Assert.Equal(3u, found.Read<uint>("count"));
        Assert.Equal([0, 0.5, 1], found.ReadArray<double>("vector"));
        Assert.Equal([], found.ReadArray<ushort>("none"));
        Assert.Equal(
            ["axes", "count", "default", "fixed", "flag", "flags", "none", "tiny", "vector"], found.ReadNames());
        Assert.Equal(H5ElementKind.String, found.TypeOf("axes").Kind);
    }

    [Fact]
    public void What_is_not_there_or_of_another_type_is_refused()
    {
        using H5File file = H5File.Create(_scratch.Path);
        H5Attributes attributes = file.Attributes;
        attributes.Write<int>("pair", [1, 2]);

        Assert.Equal(
            Hdf5Error.NotFound, Assert.Throws<Hdf5Exception>(() => attributes.Read<int>("absent")).Error);
        Assert.Equal(
            Hdf5Error.WrongType, Assert.Throws<Hdf5Exception>(() => attributes.ReadArray<long>("pair")).Error);
        Assert.Equal(Hdf5Error.WrongType, Assert.Throws<Hdf5Exception>(() => attributes.ReadString("pair")).Error);
        Assert.Equal(Hdf5Error.WrongKind, Assert.Throws<Hdf5Exception>(() => attributes.Read<int>("pair")).Error);
        Assert.Throws<ArgumentException>(() => attributes.Write("text", "a\0b"));
        Assert.Throws<ArgumentException>(() => attributes.Write("na\0me", 1));
        attributes.Delete("pair");
        Assert.False(attributes.Contains("pair"));
        Assert.Equal(Hdf5Error.NotFound, Assert.Throws<Hdf5Exception>(() => attributes.Delete("pair")).Error);
    }
}
