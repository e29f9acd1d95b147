using System.Globalization;
using System.Text.RegularExpressions;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Roles;

/// <summary>The main job as a user runs it: one command from a ready beam to a registered volume.</summary>
[Trait("Category", "Slow")]
public sealed partial class DemoTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("demo");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [GeneratedRegex(@"^demo: ok, correlation (?<correlation>[01]\.\d\d), \d+ s, (?<volume>/.*/volume\.h5)$")]
    private static partial Regex LastLine { get; }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_demo_ends_with_a_volume_that_shows_the_phantom()
    {
        var (exit, output, error) = await RunningProgram.RunAsync(Cancel, "demo", "--data", Path.Combine(_folder.Path, "data"));
        Assert.True(exit == 0, output + error);
        var lines = output.TrimEnd().Split('\n');
        var last = LastLine.Match(lines[^1]);
        Assert.True(last.Success, lines[^1]);
        Assert.True(double.Parse(last.Groups["correlation"].Value, CultureInfo.InvariantCulture) > 0.9);
        foreach (var step in new[] { "permits", "open shutters", "set energy", "home", "rotation centre", "tomography scan", "copy and verify", "reconstruct" })
        {
            Assert.Contains(lines, l => l.Contains($" s  {step}", StringComparison.Ordinal));
        }

        var master = lines.Select(l => l.Trim()).First(l => l.EndsWith("S00002_master.h5", StringComparison.Ordinal));
        Assert.Equal(
            "(181, 512, 512) (10, 512, 512) (10, 512, 512) 181 0.0 180.0 181",
            await Python.RunAsync(
                """
                import h5py, sys
                f = h5py.File(sys.argv[1], 'r')['/exchange']
                t = f['theta']
                print(f['data'].shape, f['data_white'].shape, f['data_dark'].shape, len(t), t[0], t[-1], f['frame_present'][:].sum(), end='')
                """,
                [master],
                Cancel));
    }

    [Fact]
    public async Task The_demo_leaves_a_folder_alone_that_is_not_empty()
    {
        var file = Path.Combine(_folder.Path, "mine.txt");
        await File.WriteAllTextAsync(file, "mine", Cancel);
        var (exit, _, error) = await RunningProgram.RunAsync(Cancel, "demo", "--data", _folder.Path);
        Assert.Equal(3, exit);
        Assert.Contains("cli.folder.not_empty", error, StringComparison.Ordinal);
        Assert.Equal([file], Directory.EnumerateFileSystemEntries(_folder.Path));
    }
}
