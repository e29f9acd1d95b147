using Beamtime.Hdf5;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Hdf5;

public sealed class LinkTests : IDisposable
{
    private readonly ScratchFile _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Links_of_every_kind_lead_to_their_object()
    {
        using (H5File other = H5File.Create(_scratch.At("other.h5")))
        {
            other.CreateArray<int>("entry/frames", [1, 2, 3]);
        }

        using (H5File file = H5File.Create(_scratch.Path))
        {
            file.CreateScalar("entry/value", 7);
            file.LinkHard("entry/hard", "/entry/value");
            file.LinkSoft("links/soft", "/entry/value");
            file.LinkSoft("links/nowhere", "/entry/absent");
            file.LinkExternal("links/frames", "other.h5", "/entry/frames");
            file.LinkExternal("links/lost", "absent.h5", "/entry/frames");
        }

        Assert.Equal(
            "7 7 [1, 2, 3] other.h5",
            await Python.RunAsync(
                """
                import sys, h5py
                f = h5py.File(sys.argv[1], "r")
                l = f["links"]
                print(f["entry/hard"][()], l["soft"][()], l["frames"][()].tolist(), l.get("frames", getlink=True).filename)
                """,
                [_scratch.Path],
                TestContext.Current.CancellationToken));
        using H5File read = H5File.Open(_scratch.Path);
        Assert.Equal(
            [
                new H5Child("frames", H5ObjectKind.Dataset, H5LinkKind.External, "/entry/frames", "other.h5"),
                new H5Child("lost", H5ObjectKind.Missing, H5LinkKind.External, "/entry/frames", "absent.h5"),
                new H5Child("nowhere", H5ObjectKind.Missing, H5LinkKind.Soft, "/entry/absent", null),
                new H5Child("soft", H5ObjectKind.Dataset, H5LinkKind.Soft, "/entry/value", null),
            ],
            read.OpenGroup("links").ReadChildren());
        Assert.Equal("other.h5", read.ReadLink("links/frames").TargetFile);
        Assert.Equal("frames", read.ReadLink("/links/frames").Name);
        Assert.Equal(Hdf5Error.NotFound, Assert.Throws<Hdf5Exception>(() => read.ReadLink("links/none")).Error);
        Assert.Equal(
            [
                new H5Child("entry", H5ObjectKind.Group, H5LinkKind.Hard, null, null),
                new H5Child("links", H5ObjectKind.Group, H5LinkKind.Hard, null, null),
            ],
            read.ReadChildren());
    }

    [Fact]
    public void A_link_leads_into_a_file_that_is_open_too()
    {
        using H5File other = H5File.Create(_scratch.At("other.h5"));
        other.CreateArray<int>("n", [4]);
        other.Flush();
        using H5File file = H5File.Create(_scratch.Path);
        file.LinkExternal("n", "other.h5", "/n");

        Assert.Equal([4], file.OpenDataset("n").Read<int>());
    }

    [Fact]
    public void Existence_looks_at_every_name_of_the_path()
    {
        using H5File file = H5File.Create(_scratch.Path);
        file.CreateScalar("entry/value", 7);
        file.LinkSoft("entry/nowhere", "/absent");
        file.LinkSoft("alias", "/entry");

        Assert.True(file.Exists("/"));
        Assert.True(file.Exists("/entry/value"));
        Assert.True(file.Exists("alias/value"));
        Assert.True(file.OpenGroup("entry").Exists("./value"));
        Assert.True(file.HasLink("entry/nowhere"));
        Assert.False(file.Exists("entry/nowhere"));
        Assert.False(file.Exists("entry/nowhere/more"));
        Assert.False(file.Exists("absent/deep/down"));
        Assert.False(file.Exists("entry/value/inside"));
        Assert.Equal(H5ObjectKind.Group, file.KindOf("alias"));
        Assert.Equal("/entry/value", file.OpenGroup("entry").OpenDataset("value").Path);
    }

    [Fact]
    public void What_exists_is_not_made_again_and_what_is_missing_is_named()
    {
        using H5File file = H5File.Create(_scratch.Path);
        file.CreateScalar("value", 7);
        file.CreateGroup("group");

        Assert.Equal(Hdf5Error.AlreadyExists, Assert.Throws<Hdf5Exception>(() => file.CreateGroup("value")).Error);
        Assert.Equal(Hdf5Error.AlreadyExists, Assert.Throws<Hdf5Exception>(() => file.LinkSoft("value", "/x")).Error);
        Assert.Equal(Hdf5Error.NotFound, Assert.Throws<Hdf5Exception>(() => file.OpenDataset("absent")).Error);
        Assert.Equal(Hdf5Error.WrongKind, Assert.Throws<Hdf5Exception>(() => file.OpenDataset("group")).Error);
        Assert.Equal(Hdf5Error.WrongKind, Assert.Throws<Hdf5Exception>(() => file.OpenGroup("value")).Error);
        Assert.Equal(Hdf5Error.NotFound, Assert.Throws<Hdf5Exception>(() => file.Delete("absent")).Error);
        file.Delete("value");
        Assert.False(file.Exists("value"));
    }

    [Fact]
    public void Objects_are_copied_into_another_file()
    {
        using H5File file = H5File.Create(_scratch.Path);
        file.CreateArray<int>("entry/data", [1, 2]).Attributes.Write("units", "mm");
        using H5File target = H5File.Create(_scratch.At("copy.h5"));

        file.Copy("entry", target, "copied/entry");

        Assert.Equal([1, 2], target.OpenDataset("copied/entry/data").Read<int>());
        Assert.Equal("mm", target.OpenDataset("copied/entry/data").Attributes.ReadString("units"));
    }
}
