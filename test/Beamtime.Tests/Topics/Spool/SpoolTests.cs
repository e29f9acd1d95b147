using System.Text;
using Beamtime.Core.Topics.Spool;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace Beamtime.Tests.Topics.Spool;

public sealed class SpoolTests : IDisposable
{
    private const long Capacity = 4 * 1024 * 1024;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("spool");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_synced_is_there_after_a_crash_in_order_by_stream()
    {
        var spool = Open();
        for (var i = 0; i < 1000; i++)
        {
            await spool.AppendAsync(Record("a", i, 500), Cancel);
            await spool.AppendAsync(Record("b", i * 2, 500), Cancel);
        }

        await spool.SyncedAsync(Cancel).Soon();
        // The first is not disposed: its process has died.
        await using var again = Open();
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (long)i), await SequencesAsync(again, "a"));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i * 2L), await SequencesAsync(again, "b"));
        Assert.Equal((1999, 7L), again.End("b"));
        Assert.Null(again.End("c"));
        await spool.DisposeAsync();
    }

    [Fact]
    public async Task A_torn_end_is_cut_wherever_it_tore()
    {
        await using (var spool = Open())
        {
            for (var i = 0; i < 5; i++)
            {
                await spool.AppendAsync(Record("a", i), Cancel);
            }
        }

        var file = Assert.Single(Directory.GetFiles(_folder.Path, "*.spool"));
        var whole = await File.ReadAllBytesAsync(file, Cancel);
        var record = SpoolFormat.SizeOf(1, Record("a", 0).Body.Length);
        var mark = SpoolFormat.SizeOf(1, sizeof(long));
        Assert.Equal(mark + (5 * record), whole.Length);
        for (var length = mark + (4 * record); length < whole.Length; length += 97)
        {
            await File.WriteAllBytesAsync(file, whole[..length], Cancel);
            await using (var spool = Open())
            {
                Assert.Equal([0, 1, 2, 3], await SequencesAsync(spool, "a"));
                Assert.True(spool.TryAppend(Record("a", 4)));
                Assert.Equal([0, 1, 2, 3, 4], await SequencesAsync(spool, "a"));
            }

            foreach (var other in Directory.GetFiles(_folder.Path, "*.spool").Where(f => f != file))
            {
                File.Delete(other);
            }
        }
    }

    [Fact]
    public async Task Damage_before_the_end_is_told_and_not_passed_over()
    {
        await FillAsync(300);
        var first = Directory.GetFiles(_folder.Path, "*.spool").Order().First();
        var bytes = await File.ReadAllBytesAsync(first, Cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(first, bytes, Cancel);
        Assert.Equal("spool.damaged", Assert.Throws<FaultException>(Open).Reason.Code);
    }

    [Fact]
    public async Task Dropped_records_give_their_room_back_and_the_end_is_remembered()
    {
        var count = await FillAsync(300);
        await using (var spool = Open())
        {
            var before = spool.Bytes;
            spool.Drop("a", count);
            Assert.True(spool.Bytes < before / 2, $"{spool.Bytes} of {before}");
            Assert.True(spool.TryAppend(Record("a", count)));
            spool.Drop("a", count + 1);
        }

        await using var again = Open();
        Assert.Equal(count + 1, again.End("a")?.Next);
        Assert.True(again.TryAppend(Record("b", 0)));
        await again.SyncedAsync(Cancel).Soon();
        Assert.True(Directory.GetFiles(_folder.Path, "*.spool").Length <= 3);
    }

    [Fact]
    public async Task A_full_spool_makes_its_writer_wait_until_something_is_dropped()
    {
        await using var spool = Open();
        var next = 0;
        while (spool.TryAppend(Record("a", next, 32 * 1024)))
        {
            next++;
            if (next % 16 == 0)
            {
                await spool.SyncedAsync(Cancel).Soon();
            }
        }

        Assert.True(spool.IsNearlyFull);
        Assert.InRange(spool.Bytes, Capacity, Capacity + (64 * 1024));
        await spool.SyncedAsync(Cancel).Soon();
        var waiting = spool.AppendAsync(Record("a", next), Cancel).AsTask();
        Assert.False(waiting.IsCompleted);
        spool.Drop("a", next / 2);
        await waiting.Soon();
        Assert.False(spool.IsNearlyFull);
    }

    [Fact]
    public async Task A_record_that_the_stream_has_already_is_accepted_and_not_added()
    {
        await using var spool = Open();
        Assert.True(spool.TryAppend(Record("a", 3)));
        Assert.True(spool.TryAppend(Record("a", 3)));
        Assert.True(spool.TryAppend(Record("a", 1)));
        Assert.Equal([3], await SequencesAsync(spool, "a"));
    }

    [Theory]
    [InlineData("open")]
    [InlineData("write")]
    [InlineData("sync")]
    [InlineData("names")]
    public async Task A_disk_that_takes_nothing_for_a_while_loses_nothing(string failing)
    {
        var disk = new FailingDisk();
        await using var spool = RoleSpool.Open(_folder.Path, Capacity, NullLogger.Instance, disk);
        await spool.AppendAsync(Record("a", 0), Cancel);
        await spool.SyncedAsync(Cancel).Soon();
        disk.Fail(failing);
        await spool.AppendAsync(Record("a", 1, 200 * 1024), Cancel);
        await spool.AppendAsync(Record("a", 2), Cancel);
        var synced = spool.SyncedAsync(Cancel);
        await disk.Failed.Task.Soon();
        Assert.False(synced.IsCompleted);
        disk.Fail("");
        await synced.Soon();
        Assert.Null(spool.Trouble);
        await using var again = Open();
        Assert.Equal([0, 1, 2], await SequencesAsync(again, "a"));
    }

    [Fact]
    public async Task Whatever_a_crash_left_of_the_files_what_was_synced_is_there()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var trial = 0; trial < 20; trial++)
        {
            using var folder = TemporaryFolder.Create("spool-crash");
            var (next, dropped, expectedFrom) = (0L, 0L, 0L);
            for (var life = 0; life < 4; life++)
            {
                var spool = RoleSpool.Open(folder.Path, Capacity, NullLogger.Instance);
                var there = await SequencesAsync(spool, "a");
                Assert.Equal(next, spool.End("a")?.Next ?? 0);
                Assert.True(there.Count == 0 ? dropped >= next : there[0] <= dropped);
                Assert.Equal(there, Enumerable.Range(0, there.Count).Select(i => there[0] + i));
                for (var i = random.Next(200); i > 0; i--)
                {
                    await spool.AppendAsync(Record("a", next++, random.Next(20_000)), Cancel);
                    if (random.Next(10) == 0)
                    {
                        dropped = random.NextInt64(dropped, next + 1);
                        spool.Drop("a", dropped);
                    }
                }

                await spool.SyncedAsync(Cancel).Soon();
                await spool.DisposeAsync();
                if (Directory.GetFiles(folder.Path, "*.spool").Order().LastOrDefault() is { } last)
                {
                    // A record that was being written when the process died.
                    await File.AppendAllBytesAsync(last, Encoding.UTF8.GetBytes(new string('x', random.Next(100))), Cancel);
                }

                expectedFrom = dropped;
            }

            Assert.True(expectedFrom <= next);
        }
    }

    private static SpoolRecord Record(string stream, long sequence, int size = 5000)
    {
        var body = new byte[size];
        body.AsSpan().Fill((byte)sequence);
        return new SpoolRecord(stream, sequence, Guid.Empty, 7, body);
    }

    private static async Task<List<long>> SequencesAsync(RoleSpool spool, string stream) =>
        [.. (await spool.ReadAsync(stream, int.MaxValue, Cancel).Soon()).Select(r => r.Sequence)];

    private RoleSpool Open() => RoleSpool.Open(_folder.Path, Capacity, NullLogger.Instance);

    private async Task<int> FillAsync(int count)
    {
        await using var spool = Open();
        for (var i = 0; i < count; i++)
        {
            await spool.AppendAsync(Record("a", i), Cancel);
        }

        return count;
    }

    /// <summary>A disk that fails where it is told to; a write that fails has written half.</summary>
    private sealed class FailingDisk : SpoolDisk
    {
        private volatile string _failing = "";

        public TaskCompletionSource Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Fail(string what) => _failing = what;

        public override SafeFileHandle Open(string path)
        {
            Check("open");
            return base.Open(path);
        }

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long at)
        {
            if (_failing == "write")
            {
                base.Write(file, bytes[..(bytes.Length / 2)], at);
            }

            Check("write");
            base.Write(file, bytes, at);
        }

        public override void Sync(SafeFileHandle file)
        {
            Check("sync");
            base.Sync(file);
        }

        public override void SyncNames(string folder)
        {
            Check("names");
            base.SyncNames(folder);
        }

        private void Check(string what)
        {
            if (_failing == what)
            {
                Failed.TrySetResult();
                throw new IOException("No space left on device");
            }
        }
    }
}
