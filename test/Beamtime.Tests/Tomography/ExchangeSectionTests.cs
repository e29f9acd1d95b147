using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;
using Beamtime.Tomography;

namespace Beamtime.Tests.Tomography;

public sealed class ExchangeSectionTests : IDisposable
{
    private const string Devices = "/entry/collection/devices";

    private const string Show =
        """
        import h5py, sys
        f = h5py.File(sys.argv[1], 'r')
        x = f['/exchange']
        for n in ('data', 'data_white', 'data_dark'):
            print(n, x[n].shape, x[n].dtype, x[n].is_virtual, [int(v[0, 0]) for v in x[n]])
        for n in ('frame_present', 'frame_present_white', 'frame_present_dark'):
            print(n, x[n].dtype, list(x[n]))
        print('theta', list(x['theta']), x['theta'].attrs['units'])
        """;

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("exchange");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Frames_are_sorted_by_what_they_show()
    {
        WriteFrames(7);
        WriteMaster(types: [1, 2, 2, 0, 0, 0, 2], thetas: [0, 0, 0, 0, 90, 180, 0], frames: [0, 1, 2, 3, 4, 5, 6]);
        Assert.Equal(
            """
            data (3, 2, 3) uint16 True [103, 104, 105]
            data_white (3, 2, 3) uint16 True [101, 102, 106]
            data_dark (1, 2, 3) uint16 True [100]
            frame_present uint8 [1, 1, 1]
            frame_present_white uint8 [1, 1, 1]
            frame_present_dark uint8 [1]
            theta [0.0, 90.0, 180.0] deg
            """,
            await ShowAsync());
    }

    [Fact]
    public async Task A_frame_that_did_not_come_reads_as_the_maximum_and_is_marked()
    {
        WriteFrames(3);
        WriteMaster(
            types: [1, 0, 0, 0, 0, 0],
            thetas: [0, 0, 45, 90, 135, 180],
            frames: [0, 1, double.NaN, 1, 2, 3],
            present: [1, 1, 1, 1, 1, 1]);
        Assert.Equal(
            """
            data (5, 2, 3) uint16 True [101, 65535, 65535, 102, 65535]
            data_white (0, 2, 3) uint16 False []
            data_dark (1, 2, 3) uint16 True [100]
            frame_present uint8 [1, 0, 0, 1, 0]
            frame_present_white uint8 []
            frame_present_dark uint8 [1]
            theta [0.0, 45.0, 90.0, 135.0, 180.0] deg
            """,
            await ShowAsync());
    }

    [Fact]
    public async Task A_point_without_the_cameras_reading_has_no_frame()
    {
        WriteFrames(3);
        WriteMaster(types: [0, 0, 0], thetas: [0, 90, 180], frames: [0, 1, 2], present: [1, 0, 1]);
        Assert.Contains("data (3, 2, 3) uint16 True [100, 65535, 102]", await ShowAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_cameras_file_no_frame_has_come()
    {
        WriteMaster(types: [1, 0], thetas: [0, 0], frames: [0, 1]);
        Assert.Contains("frame_present uint8 [0]", await ShowAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_its_camera_never_closed_is_counted_all_the_same()
    {
        using var open = StartFrames(2);
        WriteMaster(types: [1, 0], thetas: [0, 0], frames: [0, 1]);
        using var master = H5File.Open(_folder["S00007_master.h5"]);
        Assert.Equal([1], master.OpenDataset("/exchange/frame_present").Read<byte>());
    }

    [Fact]
    public async Task Sources_and_acquisition_stand_in_the_file()
    {
        WriteFrames(3);
        WriteMaster(types: [1, 0, 0], thetas: [0, 10, 12.5], frames: [0, 1, 2]);
        var shown = await Python.RunAsync(
            """
            import h5py, sys
            f = h5py.File(sys.argv[1], 'r')
            d = f['/exchange/data']
            print(list(d.attrs['sources']), d.attrs['units'], [s.file_name for s in d.virtual_sources()])
            a = f['/process/acquisition']
            print(a['rotation/start'][()], a['rotation/step'][()], a['rotation/num_angles'][()])
            print(a['dark_fields/number'][()], a['dark_fields/mode'].asstr()[()], a['flat_fields/sample/out'][()])
            m = f['/measurement/instrument/detector']
            print(m['exposure_time'][()], m['pixel_size'][()], f['implements'].asstr()[()])
            """,
            [_folder["S00007_master.h5"]],
            TestContext.Current.CancellationToken);
        Assert.Equal(
            """
            ['S00007_Camera.h5:/entry/data/data'] counts ['S00007_Camera.h5']
            10.0 2.5 2
            1 start 5.0
            0.1 0.00345 exchange:measurement:process
            """,
            shown.Trim());
    }

    [Fact]
    public async Task The_nxtomo_entry_has_every_frame_in_its_order_with_key_and_angle()
    {
        WriteFrames(5);
        WriteMaster(types: [1, 2, 0, 0, 0], thetas: [0, 0, 0, 45, 90], frames: [0, 1, 2, double.NaN, 3]);
        Assert.Equal(
            """
            NXentry NXtomo (5, 2, 3) uint16 [100, 101, 102, 65535, 103]
            [2, 1, 0, 3, 0] [0.0, 0.0, 0.0, 45.0, 90.0] degree 0.00345 0.1
            NXinstrument NXdetector NXsample NXdata data (5, 2, 3) [2, 1, 0, 3, 0]
            """,
            (await Python.RunAsync(
                """
                import h5py, sys
                f = h5py.File(sys.argv[1], 'r')
                e = f['/entry_tomo']; d = e['instrument/detector']
                print(e.attrs['NX_class'], e['definition'].asstr()[()], d['data'].shape, d['data'].dtype, [int(v[0, 0]) for v in d['data']])
                print(list(d['image_key']), list(e['sample/rotation_angle']), e['sample/rotation_angle'].attrs['units'], d['x_pixel_size'][()], d['count_time'][()])
                print(e['instrument'].attrs['NX_class'], d.attrs['NX_class'], e['sample'].attrs['NX_class'], e['data'].attrs['NX_class'],
                      e['data'].attrs['signal'], e['data/data'].shape, list(e['data/image_key']))
                """,
                [_folder["S00007_master.h5"]],
                TestContext.Current.CancellationToken)).Trim());
    }

    private static FrameFile File() => new("S00007_Camera.h5", "/entry/data/data", "Camera_frame", [2, 3], "uint16");

    private void WriteFrames(int count) => StartFrames(count).Dispose();

    private H5File StartFrames(int count)
    {
        var file = H5File.Create(_folder["S00007_Camera.h5"], H5FileOptions.Swmr);
        var frames = file.CreateExtendable("/entry/data/data", [2, 3], new H5DatasetOptions<ushort> { Chunk = [1, 2, 3] });
        file.StartSwmrWrite();
        for (var i = 0; i < count; i++)
        {
            frames.Append<ushort>([.. Enumerable.Repeat((ushort)(100 + i), 6)]);
        }

        file.Flush();
        return file;
    }

    private void WriteMaster(long[] types, double[] thetas, double[] frames, byte[]? present = null)
    {
        var path = _folder["S00007_master.h5"];
        using (var master = H5File.Create(path))
        {
            master.CreateArray<long>($"{Devices}/tomo_step/frame_type/value", types);
            master.CreateArray<double>($"{Devices}/tomo_step/theta/value", thetas);
            master.CreateArray<double>($"{Devices}/Camera/Camera_frame/value", frames);
            master.CreateScalar("/entry/collection/configuration/Camera/Camera_pixel_size/value", 0.00345);
            if (present is not null)
            {
                byte[] table = [.. present.SelectMany(flag => new byte[] { 1, flag })];
                var dataset = master.CreateArray<byte>("/entry/collection/points/present", table, [present.Length, 2]);
                dataset.Attributes.Write("devices", ["Rotary", "Camera"]);
            }
        }

        var scan = new RecordedScan(
            "tomo_step",
            types.Length,
            new Dictionary<string, FrameFile> { ["Camera"] = File() },
            new Dictionary<string, string>
            {
                ["camera"] = "Camera", ["exposure"] = "0.1", ["dark_mode"] = "start", ["sample_out"] = "5",
            });
        var section = new ExchangeSection();
        Assert.True(section.AppliesTo(scan));
        Assert.False(section.AppliesTo(scan with { Name = "line" }));
        section.Write(path, scan);
        new NexusSection().Write(path, scan);
    }

    private async Task<string> ShowAsync() =>
        (await Python.RunAsync(Show, [_folder["S00007_master.h5"]], TestContext.Current.CancellationToken)).Trim();
}
