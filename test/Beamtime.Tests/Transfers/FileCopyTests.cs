using System.Security.Cryptography;
using Beamtime.Data.Transfers;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Transfers;

public sealed class FileCopyTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("copy");
    private readonly FileCopy _copy = new(TimeProvider.System);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData((1 << 20) - 1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData((8 << 20) + 13)]
    [InlineData(100 << 20)]
    public async Task A_copy_has_the_bytes_the_checksum_and_the_time_of_its_source(int bytes)
    {
        var order = Order(Write("source", bytes));

        var copy = await _copy.RunAsync(order, progress: null, Cancel);

        Assert.Equal(bytes, copy.Bytes);
        Assert.False(copy.WasThere);
        Assert.Equal(await HashOfAsync(order.Source), copy.Sha256);
        Assert.Equal(copy.Sha256, await HashOfAsync(order.Target));
        Assert.Equal(File.GetLastWriteTimeUtc(order.Source), File.GetLastWriteTimeUtc(order.Target));
        Assert.Equal([order.Target], Directory.GetFiles(Path.GetDirectoryName(order.Target)!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_with_the_same_content_is_done_already(bool isHashKnown)
    {
        var source = Write("source", 5_000_000);
        var order = Order(source) with { Sha256 = isHashKnown ? await HashOfAsync(source) : null };
        Directory.CreateDirectory(Path.GetDirectoryName(order.Target)!);
        File.Copy(source, order.Target);

        var copy = await _copy.RunAsync(order, progress: null, Cancel);

        Assert.True(copy.WasThere);
        Assert.Equal(await HashOfAsync(source), copy.Sha256);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_with_other_content_is_refused_and_left_as_it_is(bool hasSameSize)
    {
        var order = Order(Write("source", 10_000));
        Directory.CreateDirectory(Path.GetDirectoryName(order.Target)!);
        byte[] other = new byte[hasSameSize ? 10_000 : 9_999];
        await File.WriteAllBytesAsync(order.Target, other, Cancel);

        Assert.Equal("transfer.target.differs", await RefusalAsync(order));
        Assert.Equal(other, await File.ReadAllBytesAsync(order.Target, Cancel));
    }

    [Fact]
    public async Task A_target_that_appears_during_the_copy_is_not_replaced()
    {
        var order = Order(Write("source", 10_000));

        Assert.Equal("transfer.target.differs", await RefusalAsync(order, AtTheEnd(() => File.WriteAllText(order.Target, "mine"))));
        Assert.Equal("mine", await File.ReadAllTextAsync(order.Target, Cancel));
        Assert.False(File.Exists(order.Unfinished));
    }

    [Fact]
    public async Task A_missing_source_is_refused() =>
        Assert.Equal("transfer.source.missing", await RefusalAsync(Order(_folder["nowhere"])));

    [Fact]
    public async Task A_source_of_another_size_than_recorded_is_refused()
    {
        var order = Order(Write("source", 100)) with { Bytes = 101 };

        Assert.Equal("transfer.source.changed", await RefusalAsync(order));
    }

    [Fact]
    public async Task A_source_with_another_checksum_than_recorded_is_refused()
    {
        var order = Order(Write("source", 100)) with { Sha256 = new string('0', 64) };

        Assert.Equal("transfer.source.corrupt", await RefusalAsync(order));
        AssertNothingLeft(order);
    }

    [Fact]
    public async Task A_source_that_grows_while_it_is_copied_is_refused()
    {
        var order = Order(Write("source", 3_000_000));

        Assert.Equal("transfer.source.changed", await RefusalAsync(order, AtTheEnd(() => File.AppendAllText(order.Source, "more"))));
        AssertNothingLeft(order);
    }

    [Fact]
    public async Task A_source_that_vanishes_while_it_is_copied_is_refused()
    {
        var order = Order(Write("source", 3_000_000));

        Assert.Equal("transfer.source.changed", await RefusalAsync(order, AtTheEnd(() => File.Delete(order.Source))));
        AssertNothingLeft(order);
    }

    [Fact]
    public async Task A_cancelled_copy_leaves_nothing()
    {
        var order = Order(Write("source", 20_000_000));
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => _copy.RunAsync(order, AtTheEnd(stop.Cancel), stop.Token));
        AssertNothingLeft(order);
    }

    [Fact]
    public async Task What_a_killed_copy_left_is_replaced()
    {
        var order = Order(Write("source", 1_000_000));
        Directory.CreateDirectory(Path.GetDirectoryName(order.Target)!);
        await File.WriteAllBytesAsync(order.Unfinished, new byte[2_000_000], Cancel);

        var copy = await _copy.RunAsync(order, progress: null, Cancel);

        Assert.Equal(copy.Sha256, await HashOfAsync(order.Target));
        Assert.Equal(1_000_000, new FileInfo(order.Target).Length);
        Assert.False(File.Exists(order.Unfinished));
    }

    [Fact]
    public async Task Two_copiers_of_one_order_do_not_disturb_each_other()
    {
        var order = Order(Write("source", 1_000_000));
        Directory.CreateDirectory(Path.GetDirectoryName(order.Target)!);
        using (File.OpenHandle(order.Unfinished, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            var fault = await Assert.ThrowsAsync<FaultException>(() => _copy.RunAsync(order, progress: null, Cancel));
            Assert.Equal("transfer.disk.failed", fault.Reason.Code);
            Assert.True(File.Exists(order.Unfinished));
        }
    }

    [Fact]
    public async Task No_copy_begins_that_would_use_up_the_reserve()
    {
        var order = Order(Write("source", 1_000_000)) with { ReserveBytes = long.MaxValue / 2 };

        Assert.Equal("transfer.target.full", await RefusalAsync(order));
        AssertNothingLeft(order);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_reported()
    {
        await File.WriteAllTextAsync(_folder["file"], "in the way", Cancel);
        var order = Order(Write("source", 10)) with { Target = Path.Combine(_folder["file"], "target") };

        var fault = await Assert.ThrowsAsync<FaultException>(() => _copy.RunAsync(order, progress: null, Cancel));

        Assert.Equal("transfer.target.unwritable", fault.Reason.Code);
    }

    [Fact]
    public async Task Progress_ends_with_all_bytes()
    {
        var order = Order(Write("source", 3_000_000));
        TransferProgress last = default;

        await _copy.RunAsync(order, new Listener(p => last = p), Cancel);

        Assert.Equal((3_000_000L, 3_000_000L), (last.Bytes, last.Of));
        Assert.True(last.BytesPerSecond > 0);
    }

    [Fact]
    public async Task A_file_that_does_not_fit_is_refused_before_a_byte_is_written()
    {
        using var disk = SmallDisk.Mount(_folder["disk"], "size=8m");
        var order = Order(Write("source", 12 << 20)) with { Target = Path.Combine(disk.Path, "copy") };

        Assert.Equal("transfer.target.full", await RefusalAsync(order));
        AssertNothingLeft(order);
    }

    [Fact]
    public async Task A_disk_that_fills_up_on_the_way_is_reported_and_nothing_is_left()
    {
        using var disk = SmallDisk.Mount(_folder["disk"], "size=8m");
        var order = Order(Write("source", 12 << 20)) with { Target = Path.Combine(disk.Path, "copy") };
        // The room that this seems to give back is not there, as if another writer took it.
        using (var left = File.OpenHandle(order.Unfinished, FileMode.Create, FileAccess.Write))
        {
            RandomAccess.SetLength(left, 64 << 20);
        }

        var fault = await Assert.ThrowsAsync<FaultException>(() => _copy.RunAsync(order, progress: null, Cancel));

        Assert.Equal("transfer.target.full", fault.Reason.Code);
        AssertNothingLeft(order);
    }

    [Theory]
    [InlineData("copy")]
    [InlineData("folder/copy")]
    public async Task A_read_only_disk_is_reported(string target)
    {
        using var disk = SmallDisk.Mount(_folder["disk"], "size=1m,ro");
        var order = Order(Write("source", 100)) with { Target = Path.Combine(disk.Path, target) };

        var fault = await Assert.ThrowsAsync<FaultException>(() => _copy.RunAsync(order, progress: null, Cancel));

        Assert.Equal("transfer.target.unwritable", fault.Reason.Code);
    }

    [Fact]
    public async Task Verification_accepts_what_was_copied_and_catches_a_flipped_bit()
    {
        var order = Order(Write("source", 3_000_000));
        var copy = await _copy.RunAsync(order, progress: null, Cancel);
        var verification = new CopyVerification(TimeProvider.System);
        await verification.RunAsync(order.Target, copy.Bytes, copy.Sha256, progress: null, Cancel);

        var content = await File.ReadAllBytesAsync(order.Target, Cancel);
        content[1_500_000] ^= 1;
        await File.WriteAllBytesAsync(order.Target, content, Cancel);

        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => verification.RunAsync(order.Target, copy.Bytes, copy.Sha256, progress: null, Cancel));
        Assert.Equal("transfer.copy.corrupt", refused.Reasons[0].Code);
    }

    [Fact]
    public async Task Verification_catches_a_missing_and_a_short_copy()
    {
        var verification = new CopyVerification(TimeProvider.System);
        var path = Write("copy", 10);

        var missing = await Assert.ThrowsAsync<RefusedException>(
            () => verification.RunAsync(_folder["nowhere"], 10, "", progress: null, Cancel));
        var shorter = await Assert.ThrowsAsync<RefusedException>(
            () => verification.RunAsync(path, 11, "", progress: null, Cancel));

        Assert.Equal("transfer.copy.missing", missing.Reasons[0].Code);
        Assert.Equal("transfer.copy.corrupt", shorter.Reasons[0].Code);
    }

    private static async Task<string> HashOfAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file, Cancel));
    }

    // The last report comes when all is written and nothing has been renamed.
    private static Listener AtTheEnd(Action action) => new(p =>
    {
        if (p.Bytes == p.Of)
        {
            action();
        }
    });

    private static void AssertNothingLeft(CopyOrder order)
    {
        var folder = Path.GetDirectoryName(order.Target)!;
        Assert.Empty(Directory.Exists(folder) ? Directory.GetFiles(folder) : []);
    }

    private string Write(string name, int bytes)
    {
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        File.WriteAllBytes(_folder[name], content);
        return _folder[name];
    }

    private CopyOrder Order(string source) => new()
    {
        Source = source,
        Target = Path.Combine(_folder["target"], "scan", "copy.h5"),
        Transfer = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()),
    };

    private async Task<string> RefusalAsync(CopyOrder order, IProgress<TransferProgress>? progress = null) =>
        (await Assert.ThrowsAsync<RefusedException>(() => _copy.RunAsync(order, progress, Cancel))).Reasons[0].Code;

    private sealed class Listener(Action<TransferProgress> hear) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => hear(value);
    }
}
