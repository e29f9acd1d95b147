using Beamtime.Data.Storage;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Storage;

public sealed class StorageSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("storage");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Missing_folders_are_made()
    {
        var storages = StorageSet.Open(new StorageOptions(), _folder.Path);

        Assert.Equal("detector", storages.Recordings.Name);
        Assert.True(Directory.Exists(_folder["analysis"]));
        Assert.Equal(["analysis", "detector"], storages.All.Select(p => p.Name));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Every_unusable_storage_is_named_at_once()
    {
        File.WriteAllText(_folder["file"], "");
        var options = Options(("detector", "file/below"), ("analysis", "analysis"), ("greedy", "greedy"));
        options.Places["greedy"].ReserveBytes = long.MaxValue;

        var refused = Assert.Throws<RefusedException>(() => StorageSet.Open(options, _folder.Path));

        Assert.Equal(
            ["storage.folder.full", "storage.folder.unusable"], refused.Reasons.Select(r => r.Code).Order());
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "a/b")]
    public void Storages_that_share_a_folder_are_refused(string first, string second)
    {
        var refused = Assert.Throws<RefusedException>(
            () => StorageSet.Open(Options(("detector", first), ("analysis", second)), _folder.Path));

        Assert.Equal("storage.folder.overlap", Assert.Single(refused.Reasons).Code);
    }

    [Fact]
    public void A_link_does_not_hide_that_two_storages_are_one()
    {
        Directory.CreateDirectory(_folder["real"]);
        Directory.CreateSymbolicLink(_folder["link"], _folder["real"]);

        Assert.Throws<RefusedException>(
            () => StorageSet.Open(Options(("detector", "real"), ("analysis", "link")), _folder.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/../../x")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a\0b")]
    [InlineData("out/file")]
    [InlineData("dangling")]
    [InlineData("loop/x")]
    public void A_path_that_leaves_its_storage_is_refused(string path)
    {
        var place = Place();
        Directory.CreateSymbolicLink(Path.Combine(place.Folder, "out"), "/tmp");
        Directory.CreateSymbolicLink(Path.Combine(place.Folder, "dangling"), "/nowhere/at/all");
        Directory.CreateSymbolicLink(Path.Combine(place.Folder, "loop"), "loop");

        var refused = Assert.Throws<RefusedException>(() => place.Resolve(path));

        Assert.Equal("storage.path.escape", refused.Reasons[0].Code);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("2026-11/S00001_line/S00001_master.h5")]
    [InlineData("..hidden/x")]
    [InlineData("within/file")]
    public void A_path_that_stays_inside_is_found(string path)
    {
        var place = Place();
        Directory.CreateDirectory(Path.Combine(place.Folder, "a"));
        Directory.CreateSymbolicLink(Path.Combine(place.Folder, "within"), "a");

        Assert.Equal(Path.Combine(place.Folder, path), place.Resolve(path));
    }

    [Fact]
    public void A_file_of_another_storage_does_not_lie_within()
    {
        var storages = StorageSet.Open(new StorageOptions(), _folder.Path);
        var path = Path.Combine(storages.Recordings.Folder, "x");
        File.WriteAllText(path, "");

        Assert.Equal("x", storages.Recordings.Within(path));
        Assert.Equal(
            "storage.path.outside",
            Assert.Throws<RefusedException>(() => storages.Analysis.Within(path)).Reasons[0].Code);
    }

    [Fact]
    public void An_unknown_storage_is_refused_with_the_nearest_name()
    {
        var storages = StorageSet.Open(new StorageOptions(), _folder.Path);

        var refused = Assert.Throws<RefusedException>(() => storages["analisis"]);

        Assert.Equal("storage.unknown", refused.Reasons[0].Code);
        Assert.Contains("analysis", refused.Message, StringComparison.Ordinal);
    }

    private static StorageOptions Options(params (string Name, string Path)[] places) => new()
    {
        Places = places.ToDictionary(
            p => p.Name, p => new StorageEntry { Path = p.Path, Tier = StorageTier.Analysis, ReserveBytes = 0 }),
    };

    private StoragePlace Place() => StorageSet.Open(Options(("detector", "d"), ("analysis", "a")), _folder.Path).Recordings;
}
