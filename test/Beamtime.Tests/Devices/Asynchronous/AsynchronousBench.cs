using System.Collections.Concurrent;
using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Devices.Asynchronous;

/// <summary>A writer of one device's asynchronous data in a folder of its own.</summary>
internal sealed class AsynchronousBench : IDisposable
{
    public static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public static readonly AsynchronousSignal Values = new() { Name = "wave", Unit = "V", Description = "What it gave." };

    public static readonly AsynchronousSignal Rows = new()
    {
        Name = "wave_rows", Element = AsynchronousElement.UInt16, MaxShape = [null, 3],
    };

    public static readonly AsynchronousSignal OpenRows = new()
    {
        Name = "wave_open", Element = AsynchronousElement.Int32, MaxShape = [null, null],
    };

    public static readonly AsynchronousSignal Slices = new()
    {
        Name = "wave_slices", Element = AsynchronousElement.UInt16, Update = AsynchronousUpdate.AddSlice, MaxShape = [null, 4],
    };

    public static readonly AsynchronousSignal OpenSlices = new()
    {
        Name = "wave_open_slices", Element = AsynchronousElement.Float32, Update = AsynchronousUpdate.AddSlice, MaxShape = [null, null],
    };

    public static readonly AsynchronousSignal Image = new()
    {
        Name = "wave_image", Element = AsynchronousElement.UInt8, MaxShape = [null, 2, 2],
    };

    public static readonly AsynchronousSignal Mask = new()
    {
        Name = "wave_mask", Element = AsynchronousElement.UInt8, Update = AsynchronousUpdate.Replace, MaxShape = [null, 2],
    };

    public static readonly AsynchronousSignal Temperature = new()
    {
        Name = "wave_temperature", Update = AsynchronousUpdate.Replace, MaxShape = [], Unit = "K",
    };

    public static readonly IReadOnlyList<AsynchronousSignal> All =
        [Values, Rows, OpenRows, Slices, OpenSlices, Image, Mask, Temperature];

    private readonly TemporaryFolder _folder = TemporaryFolder.Create("async");

    public FakeClock Clock { get; } = new();

    public ConcurrentQueue<AsynchronousIndex> Told { get; } = new();

    public string Folder => _folder.Path;

    public string this[string name] => _folder[name];

    public static ScanSetup Setup(string folder) =>
        new(Guid.CreateVersion7(At), 12, folder, "S00012", 0.1, 1, 10, new Dictionary<string, string>());

    public AsynchronousWriter Begin(
        IReadOnlyList<AsynchronousSignal>? signals = null, long room = 1 << 20, string device = "wave", long reserve = 0) =>
        AsynchronousWriter.Create(
            device, signals ?? All, Setup(Folder), new AsynchronousRoom(room, reserve), Told.Enqueue, H5Compression.None, Clock, NullLogger.Instance);

    /// <summary>Gives something to each signal, with things that do not fit.</summary>
    public static async Task FillAsync(AsynchronousSink sink)
    {
        var cancel = TestContext.Current.CancellationToken;
        await sink.AddAsync<double>(Values, new[] { 1.0, 2.0 }, At, cancel);
        await sink.AddAsync<double>(Values, new[] { 3.0 }, At.AddSeconds(1), cancel);
        await sink.AddAsync<ushort>(Rows, new ushort[] { 1, 2, 3 }, At, cancel);
        await sink.AddAsync<ushort>(Rows, new ushort[] { 4 }, At, cancel);
        await sink.AddAsync<ushort>(Rows, new ushort[] { 5, 6, 7, 8 }, At, cancel);
        await sink.AddRowsAsync<ushort>(Rows, 2, new ushort[] { 9, 9, 9, 8, 8, 8 }, At, cancel);
        await sink.AddAsync<int>(OpenRows, new[] { 1, 2, 3 }, At, cancel);
        await sink.AddAsync<int>(OpenRows, Array.Empty<int>(), At, cancel);
        await sink.AddAsync<int>(OpenRows, new[] { 4 }, At, cancel);
        await sink.AddSliceAsync<ushort>(Slices, 0, new ushort[] { 1, 2 }, At, cancel);
        await sink.AddSliceAsync<ushort>(Slices, 1, new ushort[] { 5, 6, 7, 8, 9 }, At, cancel);
        await sink.AddSliceAsync<ushort>(Slices, 0, new ushort[] { 3 }, At, cancel);
        await sink.AddSliceAsync<ushort>(Slices, -1, new ushort[] { 7 }, At, cancel);
        await sink.AddSliceAsync<float>(OpenSlices, -1, new[] { 1f, 2f }, At, cancel);
        await sink.AddSliceAsync<float>(OpenSlices, 0, new[] { 3f }, At, cancel);
        await sink.AddSliceAsync<float>(OpenSlices, -1, new[] { 4f }, At, cancel);
        await sink.AddAsync<byte>(Image, new byte[] { 1, 2, 3, 4 }, At, cancel);
        await sink.ReplaceAsync<byte>(Mask, [3, 2], new byte[] { 1, 1, 1, 1, 1, 1 }, At, cancel);
        await sink.ReplaceAsync<byte>(Mask, [2, 2], new byte[] { 1, 2, 3, 4 }, At, cancel);
        await sink.ReplaceAsync<double>(Temperature, [], new[] { 77.5 }, At, cancel);
    }

    public void Dispose() => _folder.Dispose();
}
