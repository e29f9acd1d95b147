using Beamtime.Control.Devices.Asynchronous;
using Beamtime.Hdf5;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Devices.Asynchronous;

/// <summary>What devices give at their own pace, in the file beside the scan's.</summary>
public sealed class AsynchronousWriterTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Each_kind_of_update_ends_in_its_shape()
    {
        using var bench = new AsynchronousBench();
        var writer = bench.Begin();
        await AsynchronousBench.FillAsync(writer);
        Assert.Null(await writer.EndAsync());

        using var file = H5File.Open(bench["S00012_wave_async.h5"]);
        Assert.Equal(AsynchronousLayout.Complete, file.OpenDataset(AsynchronousLayout.State).ReadScalar<int>());
        Assert.Equal([1.0, 2.0, 3.0], Read<double>("wave"));
        Assert.Equal(2, file.OpenDataset(AsynchronousLayout.Timestamps("wave")).RowCount);
        ushort none = ushort.MaxValue;
        Assert.Equal([1, 2, 3, 4, none, none, 5, 6, 7, 9, 9, 9, 8, 8, 8], Read<ushort>("wave_rows"));
        Assert.Equal(1L, Cut("wave_rows"));
        Assert.Equal([1, 2, 3, 4], Read<int>("wave_open"));
        Assert.Equal([3L, 0, 1], Lengths("wave_open"));
        Assert.Equal([1, 2, 3, none, 5, 6, 7, 8, 7, none, none, none], Read<ushort>("wave_slices"));
        Assert.Equal(1L, Cut("wave_slices"));
        Assert.Equal([3L, 4, 1], Lengths("wave_slices"));
        Assert.Equal([1f, 2, 3, 4], Read<float>("wave_open_slices"));
        Assert.Equal([3L, 1], Lengths("wave_open_slices"));
        Assert.Equal([1, 2, 3, 4], Read<byte>("wave_image"));
        Assert.Equal([2L, 2], file.OpenDataset(AsynchronousLayout.Shape("wave_mask")).Read<long>());
        Assert.Equal([77.5], Read<double>("wave_temperature"));

        T[] Read<T>(string signal)
            where T : unmanaged => file.OpenDataset(AsynchronousLayout.Values(signal)).Read<T>();

        long Cut(string signal) => file.OpenDataset(AsynchronousLayout.Cut(signal)).ReadScalar<long>();

        long[] Lengths(string signal) => file.OpenDataset(AsynchronousLayout.Lengths(signal)).Read<long>();
    }

    [Fact]
    public async Task Readers_follow_while_the_device_gives()
    {
        using var bench = new AsynchronousBench();
        var writer = bench.Begin([AsynchronousBench.Values]);
        await writer.AddAsync<double>(
            AsynchronousBench.Values, new[] { 1.0, 2.0 }, AsynchronousBench.At, TestContext.Current.CancellationToken);
        while (!bench.Told.Any(i => i.Shape is [2]))
        {
            bench.Clock.Advance(TimeSpan.FromMilliseconds(200));
            await Task.Yield();
        }

        using (var reader = H5File.Open(bench["S00012_wave_async.h5"], H5FileAccess.SwmrRead))
        {
            Assert.Equal([1.0, 2.0], reader.OpenDataset(AsynchronousLayout.Values("wave")).Read<double>());
        }

        await writer.EndAsync();
    }

    [Fact]
    public async Task What_comes_after_the_end_is_refused()
    {
        using var bench = new AsynchronousBench();
        var writer = bench.Begin();
        Assert.Equal(0, await Add(writer));
        Assert.Equal(1, await Add(writer));
        await writer.EndAsync();

        Assert.False(writer.IsOpen);
        Assert.Equal("device.async.over", (await Assert.ThrowsAsync<FaultException>(async () => await Add(writer))).Reason.Code);

        static ValueTask<long> Add(AsynchronousWriter writer) => writer.AddAsync<double>(
            AsynchronousBench.Values, new[] { 1.0 }, AsynchronousBench.At, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task What_does_not_fit_its_signal_is_refused_and_ends_nothing()
    {
        using var bench = new AsynchronousBench();
        var writer = bench.Begin();
        var cancel = TestContext.Current.CancellationToken;
        Func<ValueTask<long>>[] wrong =
        [
            () => writer.AddAsync<float>(AsynchronousBench.Values, new[] { 1f }, AsynchronousBench.At, cancel),
            () => writer.AddSliceAsync<double>(AsynchronousBench.Values, 0, new[] { 1.0 }, AsynchronousBench.At, cancel),
            () => writer.AddRowsAsync<ushort>(AsynchronousBench.Rows, 2, new ushort[5], AsynchronousBench.At, cancel),
            () => writer.AddSliceAsync<ushort>(AsynchronousBench.Slices, -2, new ushort[1], AsynchronousBench.At, cancel),
            () => writer.ReplaceAsync<byte>(AsynchronousBench.Mask, [2, 3], new byte[6], AsynchronousBench.At, cancel),
            () => writer.AddAsync<double>(new AsynchronousSignal { Name = "other" }, new[] { 1.0 }, AsynchronousBench.At, cancel),
        ];
        foreach (var call in wrong)
        {
            Assert.Equal("device.async.unfit", (await Assert.ThrowsAsync<FaultException>(async () => await call())).Reason.Code);
        }

        await AsynchronousBench.FillAsync(writer);
        Assert.Null(await writer.EndAsync());
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("")]
    public void A_signal_that_cannot_be_kept_is_refused_when_its_device_is_staged(string name)
    {
        using var bench = new AsynchronousBench();
        AsynchronousSignal[] wrong =
        [
            new() { Name = name },
            new() { Name = "x", MaxShape = [null, 0] },
            new() { Name = "x", MaxShape = [] },
            new() { Name = "x", MaxShape = [null, null, 3] },
            new() { Name = "x", Update = AsynchronousUpdate.AddSlice, MaxShape = [null] },
        ];
        foreach (var signal in wrong)
        {
            Assert.Equal("device.async.unfit", Assert.Throws<FaultException>(() => bench.Begin([signal])).Reason.Code);
        }
    }

    [Fact]
    public async Task A_device_that_is_faster_than_the_disk_waits_for_room()
    {
        var room = new AsynchronousRoom(bytes: 100, reserve: 0);
        await room.TakeAsync(500, TestContext.Current.CancellationToken);
        var second = room.TakeAsync(60, TestContext.Current.CancellationToken).AsTask();
        using var giveUp = new CancellationTokenSource();
        var third = room.TakeAsync(30, giveUp.Token).AsTask();
        var fourth = room.TakeAsync(60, TestContext.Current.CancellationToken).AsTask();
        Assert.False(second.IsCompleted || third.IsCompleted || fourth.IsCompleted);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        room.Give(500);
        await second.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.False(fourth.IsCompleted);
        room.Give(60);
        await fourth.WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal(60, room.Used);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("blosc-lz4")]
    public async Task Large_rows_are_whole_chunks_compressed_or_not(string? compression)
    {
        using var bench = new AsynchronousBench();
        var frames = new AsynchronousSignal
        {
            Name = "frames", Element = AsynchronousElement.UInt16, MaxShape = [null, 400, 500], Compression = compression,
        };
        var writer = bench.Begin([frames], room: 1 << 24);
        for (var i = 0; i < 4; i++)
        {
            ushort[] frame = [.. Enumerable.Range(0, 400 * 500).Select(n => (ushort)(n % 100 + i))];
            await writer.AddAsync<ushort>(frames, frame, AsynchronousBench.At, TestContext.Current.CancellationToken);
        }

        Assert.Null(await writer.EndAsync());
        var path = bench["S00012_wave_async.h5"];
        Assert.InRange(new FileInfo(path).Length, 1, compression is null ? 1 << 22 : 1 << 20);
        Assert.Equal(
            "(4, 400, 500) 40800000",
            (await Python.RunAsync(
                """
                import sys, h5py
                d = h5py.File(sys.argv[1], 'r')['/entry/signals/frames/value']
                print(d.shape, int(d[()].astype('u8').sum()))
                """,
                [path],
                TestContext.Current.CancellationToken)).Trim());
    }

    [Fact]
    public async Task A_full_disk_ends_this_file_alone_and_says_so()
    {
        using var bench = new AsynchronousBench();
        var other = bench.Begin(device: "other");
        Assert.Equal(
            "device.async.failed",
            Assert.Throws<FaultException>(() => bench.Begin(reserve: long.MaxValue / 2)).Reason.Code);
        await AsynchronousBench.FillAsync(other);
        Assert.Null(await other.EndAsync());
    }
}
