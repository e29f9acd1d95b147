using Beamtime.Control.Recording;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Plugins;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Recording;

/// <summary>Further formats beside the master file, and what else of devices' files is linked in it.</summary>
public sealed class FileFormatTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_recording_has_a_file_in_each_format_that_is_turned_on()
    {
        await using var bench = new RecordingBench(formats: [new SpecFormat(), new Copied()]);
        var closed = await bench.RecordAsync(bench.Line(), 10);

        Assert.Equal(["S00012_master.h5", "S00012_spec.dat", "S00012_copied.nxs"], closed.Files.Select(f => f.Name));
        Assert.All(closed.Files, f => Assert.NotNull(f.Sha256));
        Assert.Empty(Directory.EnumerateFiles(bench.Folder, "*.tmp"));
        using var copied = H5File.Open(bench["S00012_copied.nxs"]);
        Assert.Equal(10, copied.OpenDataset("/points").ReadScalar<long>());
        Assert.Equal(
            "10 True",
            await Python.RunAsync(
                """
                import sys, silx.io, numpy
                with silx.io.open(sys.argv[1]) as spec, silx.io.open(sys.argv[2]) as master:
                    scan = spec[list(spec)[0]]["measurement"]
                    x = scan["samx"][()]
                    print(len(x), numpy.array_equal(x, master["/entry/collection/devices/samx/samx/value"][()]))
                """,
                [bench["S00012_spec.dat"], bench["S00012_master.h5"]],
                Cancel));
    }

    [Fact]
    public async Task A_format_that_fails_costs_only_itself_and_leaves_nothing()
    {
        await using var bench = new RecordingBench(formats: [new Broken(), new Copied()]);
        var closed = await bench.RecordAsync(bench.Line(), 10);

        Assert.Equal(["S00012_master.h5", "S00012_copied.nxs"], closed.Files.Select(f => f.Name));
        Assert.Equal(
            ["S00012_copied.nxs", "S00012_master.h5"],
            Directory.EnumerateFiles(bench.Folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal));
        using var file = H5File.Open(bench["S00012_master.h5"]);
        Assert.Contains(
            "recording.section.failed: broken", Assert.Single(file.OpenGroup("/entry").Attributes.ReadStrings("reasons")), StringComparison.Ordinal);
    }

    [Fact]
    public void Formats_that_nobody_has_are_refused_with_the_nearest()
    {
        var plugins = new PluginRegistry();
        plugins.AddFormat(new Copied());
        plugins.AddFormat(new Misnamed());
        var refused = Assert.Throws<RefusedException>(() => RecordingFormats.Of(
            new RecordingOptions { Formats = ["spek", "copied", "a/b"] }, plugins));
        Assert.Equal(["recording.format.unknown", "recording.format.unknown"], refused.Reasons.Select(r => r.Code));
        Assert.Contains("'spec'", refused.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Equal(
            ["copied", "spec"], RecordingFormats.Of(new RecordingOptions { Formats = ["copied", "spec"] }, plugins).Select(f => f.Name));
    }

    [Fact]
    public async Task What_a_device_names_in_its_file_is_linked_and_a_scan_of_frames_shows_them()
    {
        await using var bench = new RecordingBench();
        using (var frames = H5File.Create(bench["S00012_eiger.h5"], H5FileOptions.Swmr))
        {
            frames.CreateArray<ushort>("/entry/data", [1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]).Dispose();
            frames.CreateArray<double>("/entry/times", [1, 2]).Dispose();
        }

        var line = new RecordedLine
        {
            Folder = bench.Folder,
            Frames = new Dictionary<string, FrameFile>
            {
                ["eiger"] = new("S00012_eiger.h5", "/entry/data", null, [2, 2], "uint16")
                {
                    Entries = new Dictionary<string, string> { ["timestamp"] = "/entry/times", ["gone"] = "/entry/gone", ["a/b"] = "/entry/times" },
                },
            },
        };
        await bench.RecordAsync(line, 10);

        using var file = H5File.Open(bench["S00012_master.h5"]);
        const string references = "/entry/collection/file_references/eiger";
        Assert.Equal([1.0, 2.0], file.OpenDataset($"{references}/timestamp").Read<double>());
        Assert.False(file.HasLink($"{references}/gone"));
        Assert.Equal(["data", "timestamp"], file.OpenGroup(references).ReadChildren().Select(c => c.Name).Order(StringComparer.Ordinal));
    }

    private sealed class Copied : FileFormat
    {
        public override string Name => "copied";

        public override string Extension => "nxs";

        public override bool AppliesTo(RecordedScan scan) => true;

        public override void Write(string path, string master, RecordedScan scan)
        {
            using var read = H5File.Open(master);
            using var ids = read.OpenDataset("/entry/collection/points/id");
            using var file = H5File.Create(path, H5FileOptions.Swmr);
            file.CreateScalar("/points", ids.RowCount).Dispose();
        }
    }

    private sealed class Broken : FileFormat
    {
        public override string Name => "broken";

        public override bool AppliesTo(RecordedScan scan) => true;

        public override void Write(string path, string master, RecordedScan scan)
        {
            File.WriteAllText(path, "half");
            throw new InvalidOperationException("no such layout");
        }
    }

    private sealed class Misnamed : FileFormat
    {
        public override string Name => "a/b";

        public override bool AppliesTo(RecordedScan scan) => true;

        public override void Write(string path, string master, RecordedScan scan) => throw new InvalidOperationException();
    }
}
