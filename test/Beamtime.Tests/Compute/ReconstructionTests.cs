using System.Globalization;
using Beamtime.Data.Compute;
using Beamtime.Hdf5;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Compute;

public sealed class ReconstructionTests : IDisposable
{
    private const int Size = 128;
    private const double Centre = 70.3;
    private static readonly PhantomScan Scan = PhantomScan.Of(20, Size, Centre, [.. PhantomScan.HalfTurn(121), 180]);

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("reconstruct");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_scan_becomes_a_volume_and_a_picture()
    {
        var steps = new List<ReconstructionProgress>();
        var result = Run(new() { File = ScanFile.WriteVirtual(Scan, _folder["S1_master.h5"]), PixelSizeMm = 0.00345 }, steps).OrThrow();
        Assert.Equal(_folder["S1_master_rec/volume.h5"], result.VolumeFile);
        Assert.Equal((20, Size, 122, CentreOrigin.OppositePair), (result.Slices, result.Size, result.Projections, result.CentreOrigin));
        Assert.InRange(result.Centre, Centre - 0.25, Centre + 0.25);
        Assert.Equal(new ReconstructionProgress(20, 20), steps[^1]);
        Assert.Equal(["middle_slice.png", "volume.h5"], Names(_folder["S1_master_rec"]));
        Assert.True(new FileInfo(result.PictureFile).Length > 1000);

        using var file = H5File.Open(result.VolumeFile, options: ScanFile.NoLock);
        using var data = file.OpenDataset("/exchange/data");
        Assert.Equal([20, Size, Size], data.Shape);
        Assert.Equal([1, Size, Size], data.Chunk.ToArray());
        Assert.Equal("1/mm", data.Attributes.ReadString("units"));
        var volume = data.Read<float>();
        Assert.True(PhantomScan.Correlation(PhantomScan.Slice(volume, 10, Size), Scan.Truth(10)) > 0.95);
    }

    [Fact]
    public async Task Another_program_finds_the_plot_and_how_it_was_made()
    {
        const string script = """
            import h5py, sys
            with h5py.File(sys.argv[1], 'r', locking=False) as f:
                plot = f[f.attrs['default']]; plot = plot[plot.attrs['default']]
                signal = plot[plot.attrs['signal']]
                print(plot.attrs['NX_class'], signal.shape, signal.dtype, *plot.attrs['axes'], signal.attrs['units'])
                print([plot[a].shape[0] for a in plot.attrs['axes']], plot['x'][0], plot['x'].attrs['units'])
                made = f['entry/reconstruction']
                print(made['source_file'].asstr()[()], made['centre'][()], made['centre'].attrs['units'], made['projections_used'][()])
            """;
        var result = Run(new() { File = ScanFile.Write(Scan, _folder["s.h5"]), Centre = 71 }).OrThrow();
        var answer = await Python.RunAsync(script, [result.VolumeFile], TestContext.Current.CancellationToken);
        Assert.Equal(
            $"""
            NXdata (20, {Size}, {Size}) float32 row y x 1/pixel
            [20, {Size}, {Size}] -63.5 pixel
            s.h5 71.0 pixel 122
            """,
            answer);
    }

    [Fact]
    public void Without_a_pair_the_centre_of_mass_tells_the_axis()
    {
        var scan = PhantomScan.Of(8, Size, Centre, PhantomScan.HalfTurn(90));
        var result = Run(new() { File = ScanFile.Write(scan, _folder["s.h5"]) }).OrThrow();
        Assert.Equal(CentreOrigin.CentreOfMass, result.CentreOrigin);
        Assert.InRange(result.Centre, Centre - 0.25, Centre + 0.25);
    }

    [Fact]
    public void Frames_that_did_not_come_are_left_out()
    {
        byte[] present = [.. Enumerable.Range(0, 122).Select(i => (byte)(i % 10 == 3 ? 0 : 1))];
        var result = Run(new() { File = ScanFile.Write(Scan, _folder["s.h5"], present) }).OrThrow();
        Assert.Equal(122 - 12, result.Projections);
    }

    [Fact]
    public void A_flat_that_did_not_come_does_not_brighten_the_mean()
    {
        var path = ScanFile.Write(Scan, _folder["s.h5"]);
        using (var file = ScanFile.Change(path))
        using (var flats = file.OpenDataset("/exchange/data_white"))
        {
            var fill = new ushort[20 * Size];
            fill.AsSpan().Fill(ushort.MaxValue);
            flats.WriteSlice<ushort>([4, 0, 0], [1, 20, Size], fill);
            byte[] present = [.. Enumerable.Range(0, 20).Select(i => (byte)(i == 4 ? 0 : 1))];
            file.CreateArray<byte>("/exchange/frame_present_white", present).Dispose();
        }

        using var scan = DataExchangeScan.Open(path).OrThrow();
        var field = FlatField.Of(scan.Darks, scan.Flats, TestContext.Current.CancellationToken);
        Assert.Equal(19, scan.Flats.Frames);
        Assert.InRange(field.Beam.Average() / Scan.FlatField.Beam.Average(), 0.999, 1.001);
    }

    [Fact]
    public void Repeating_replaces_the_result_and_clears_what_a_killed_one_left()
    {
        var request = new ReconstructionRequest { File = ScanFile.Write(Scan, _folder["s.h5"]), Centre = Centre };
        Directory.CreateDirectory(_folder["s_rec"]);
        File.WriteAllText(_folder["s_rec/.volume.h5.0123.partial"], "half a volume");
        var first = File.ReadAllBytes(Run(request).OrThrow().PictureFile);
        var second = File.ReadAllBytes(Run(request).OrThrow().PictureFile);
        Assert.Equal(first, second);
        Assert.Equal(["middle_slice.png", "volume.h5"], Names(_folder["s_rec"]));
    }

    [Fact]
    public void What_another_one_still_writes_is_left_alone()
    {
        Directory.CreateDirectory(_folder["s_rec"]);
        using var other = H5File.Create(
            _folder["s_rec/.volume.h5.0123.partial"], new H5FileOptions { Locking = H5FileLocking.WhereSupported });
        Run(new() { File = ScanFile.Write(Scan, _folder["s.h5"]), Centre = Centre }).OrThrow();
        Assert.True(File.Exists(_folder["s_rec/.volume.h5.0123.partial"]));
    }

    [Fact]
    public void Cancelling_leaves_nothing_behind()
    {
        using var cancel = new CancellationTokenSource();
        var request = new ReconstructionRequest { File = ScanFile.Write(Scan, _folder["s.h5"]), Threads = 1 };
        var progress = new Steps(_ => cancel.Cancel());
        Assert.ThrowsAny<OperationCanceledException>(() => new Reconstruction(TimeProvider.System).Run(request, progress, cancel.Token));
        Assert.Equal(["s.h5"], Names(_folder.Path));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_demo_scan_takes_seconds_from_file_to_file()
    {
        var scan = PhantomScan.Of(512, 512, 275.5, PhantomScan.HalfTurn(181, isInclusive: true));
        var result = Run(new() { File = ScanFile.WriteVirtual(scan, _folder["s.h5"]) }).OrThrow();
        TestContext.Current.TestOutputHelper?.WriteLine($"{result.Elapsed.TotalSeconds:F2} s, axis at {result.Centre:F2} px");
        Assert.Equal(512, result.Slices);
        Assert.InRange(result.Centre, 275.25, 275.75);
        using var file = H5File.Open(result.VolumeFile, options: ScanFile.NoLock);
        using var data = file.OpenDataset("/exchange/data");
        var slice = new float[512 * 512];
        data.ReadSlice([256, 0, 0], [1, 512, 512], slice.AsSpan());
        var correlation = PhantomScan.Correlation(slice, scan.Truth(256));
        TestContext.Current.TestOutputHelper?.WriteLine($"correlation {correlation:F4}");
        Assert.True(correlation > 0.9);
    }

    [Fact]
    public void A_file_that_is_none_is_refused()
    {
        AssertRefused("reconstruct.file.missing", _folder["nothing.h5"]);
        File.WriteAllText(_folder["text.h5"], "not a scan at all");
        AssertRefused("reconstruct.file.corrupt", _folder["text.h5"]);
        File.WriteAllBytes(_folder["empty.h5"], []);
        AssertRefused("reconstruct.file.corrupt", _folder["empty.h5"]);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.5)]
    [InlineData(0.01)]
    [InlineData(0.0001)]
    public void A_file_cut_short_is_refused(double part)
    {
        var path = ScanFile.Write(Scan, _folder["s.h5"]);
        Cut(path, part);
        AssertRefused("reconstruct.file.corrupt", path);
    }

    [Fact]
    public void Every_missing_data_set_is_named()
    {
        using (var file = H5File.Create(_folder["s.h5"], ScanFile.NoLock))
        {
            file.CreateGroup("/exchange").Dispose();
            file.CreateArray<double>("/exchange/theta", [0, 1]).Dispose();
        }

        var reasons = AssertRefused("reconstruct.dataset.missing", _folder["s.h5"]);
        Assert.Equal(3, reasons.Count);
        foreach (var name in (string[])["data'", "data_white'", "data_dark'"])
        {
            Assert.Contains(reasons, r => r.Message.Contains("/exchange/" + name, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_file_without_any_group_is_refused()
    {
        H5File.Create(_folder["s.h5"], ScanFile.NoLock).Dispose();
        Assert.Equal(4, AssertRefused("reconstruct.dataset.missing", _folder["s.h5"]).Count);
    }

    [Fact]
    public void A_master_without_its_source_is_refused_by_the_name_of_the_source()
    {
        var path = ScanFile.WriteVirtual(Scan, _folder["s.h5"]);
        File.Delete(ScanFile.FramesBeside(path));
        Assert.Contains("frames.h5", AssertRefused("reconstruct.source.missing", path)[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_cut_short_or_with_fewer_frames_is_refused()
    {
        var path = ScanFile.WriteVirtual(Scan, _folder["s.h5"]);
        Cut(ScanFile.FramesBeside(path), 0.6);
        AssertRefused("reconstruct.source.missing", path);

        File.Delete(ScanFile.FramesBeside(path));
        using (var frames = H5File.Create(ScanFile.FramesBeside(path), ScanFile.NoLock))
        {
            frames.CreateArray("/data", Scan.Projections.AsSpan(0, 100 * 20 * Size), [100, 20, Size]).Dispose();
            frames.CreateArray<ushort>("/data_white", Scan.Flats, [20, 20, Size]).Dispose();
            frames.CreateArray<ushort>("/data_dark", Scan.Darks, [5, 20, Size]).Dispose();
        }

        Assert.Contains("100", Assert.Single(AssertRefused("reconstruct.source.missing", path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_external_link_that_leads_nowhere_names_its_file()
    {
        var path = ScanFile.Write(Scan, _folder["s.h5"]);
        using (var file = ScanFile.Change(path))
        {
            file.Delete("/exchange/data");
            file.LinkExternal("/exchange/data", "frames_0001.h5", "/data");
        }

        Assert.Contains("frames_0001.h5", AssertRefused("reconstruct.source.missing", path)[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_that_does_not_fit_is_said_at_once()
    {
        using (var file = H5File.Create(_folder["s.h5"], ScanFile.NoLock))
        {
            file.CreateGroup("/exchange").Dispose();
            file.CreateArray<ushort>("/exchange/data", new ushort[3 * 4 * 8], [3, 4, 8]).Dispose();
            file.CreateArray<ushort>("/exchange/data_white", new ushort[2 * 4 * 9], [2, 4, 9]).Dispose();
            file.CreateArray<ushort>("/exchange/data_dark", new ushort[2 * 5 * 8], [2, 5, 8]).Dispose();
            file.CreateArray<double>("/exchange/theta", [0, double.NaN]).Dispose();
        }

        var codes = Refusal(new() { File = _folder["s.h5"] }).Select(r => r.Code);
        Assert.Equal(3, codes.Count(c => c == "reconstruct.shape.mismatch"));
        Assert.Contains("reconstruct.angle.invalid", codes);
    }

    [Fact]
    public void Frames_of_another_type_are_refused()
    {
        var path = ScanFile.Write(Scan, _folder["s.h5"]);
        using (var file = ScanFile.Change(path))
        {
            file.Delete("/exchange/data");
            file.CreateArray<float>("/exchange/data", new float[122 * 20 * Size], [122, 20, Size]).Dispose();
        }

        AssertRefused("reconstruct.type.unsupported", path);
    }

    [Fact]
    public void One_projection_is_too_few()
    {
        byte[] present = [.. Enumerable.Range(0, 122).Select(i => (byte)(i == 7 ? 1 : 0))];
        AssertRefused("reconstruct.projections.few", ScanFile.Write(Scan, _folder["s.h5"], present));
    }

    [Fact]
    public void Flats_with_the_shutter_closed_are_refused()
    {
        var path = ScanFile.Write(Scan, _folder["s.h5"]);
        using (var file = ScanFile.Change(path))
        using (var flats = file.OpenDataset("/exchange/data_white"))
        {
            flats.Write<ushort>(new ushort[20 * 20 * Size]);
        }

        AssertRefused("reconstruct.flats.dark", path);
    }

    [Fact]
    public void An_axis_that_nothing_tells_is_asked_for()
    {
        var scan = PhantomScan.Of(8, Size, Centre, [0, 10, 20, 30]);
        var reason = Assert.Single(AssertRefused("reconstruct.centre.unknown", ScanFile.Write(scan, _folder["s.h5"])));
        Assert.Contains("--center", reason.Remedy, StringComparison.Ordinal);
        Assert.Equal(40, Run(new() { File = _folder["s.h5"], Centre = 40 }).OrThrow().Centre);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(128)]
    [InlineData(double.NaN)]
    public void An_axis_beside_the_detector_is_refused(double centre) => Assert.Equal(
        "reconstruct.centre.outside",
        Assert.Single(Refusal(new() { File = ScanFile.Write(Scan, _folder["s.h5"]), Centre = centre })).Code);

    [Fact]
    public void A_folder_that_cannot_be_written_is_a_fault_with_its_code()
    {
        File.WriteAllText(_folder["taken"], "a file where the folder should be");
        var request = new ReconstructionRequest
        {
            File = ScanFile.Write(Scan, _folder["s.h5"]), Folder = _folder["taken/rec"], Centre = Centre,
        };
        Assert.Equal("reconstruct.write.failed", Assert.Throws<FaultException>(() => Run(request)).Reason.Code);
    }

    private static Outcome<ReconstructionResult> Run(ReconstructionRequest request, List<ReconstructionProgress>? steps = null) =>
        new Reconstruction(TimeProvider.System).Run(
            request, new Steps(step => steps?.Add(step)), TestContext.Current.CancellationToken);

    private static string[] Names(string folder) =>
        [.. Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    private static void Cut(string path, double part)
    {
        using var stream = new FileStream(path, FileMode.Open);
        stream.SetLength((long)(stream.Length * part));
    }

    private static IReadOnlyList<Reason> Refusal(ReconstructionRequest request) =>
        Assert.IsType<Refused<ReconstructionResult>>(Run(request)).Reasons;

    private IReadOnlyList<Reason> AssertRefused(string code, string file)
    {
        var reasons = Refusal(new() { File = file });
        Assert.All(reasons, r => Assert.Equal(code, r.Code));
        Assert.False(Directory.Exists(Path.ChangeExtension(file, null) + "_rec"), string.Create(CultureInfo.InvariantCulture, $"{file}"));
        Assert.True(Directory.Exists(_folder.Path));
        return reasons;
    }

    private sealed class Steps(Action<ReconstructionProgress> report) : IProgress<ReconstructionProgress>
    {
        public void Report(ReconstructionProgress value) => report(value);
    }
}
