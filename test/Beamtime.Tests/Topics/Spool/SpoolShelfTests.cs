using System.Globalization;
using System.Text;
using Beamtime.Core.Topics.Spool;
using Beamtime.Tests.Support;
using Beamtime.Tests.Topics.Conformance;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Topics.Spool;

/// <summary>Spools of processes that are started with other roles than before.</summary>
public sealed class SpoolShelfTests : IDisposable
{
    private const long Capacity = 4 * 1024 * 1024;
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("shelf");
    private readonly SpoolShelf _shelf;

    public SpoolShelfTests() => _shelf = new SpoolShelf(_folder.Path, TimeProvider.System, NullLogger.Instance);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_of_the_later_processes_takes_over_what_its_own_streams_have_left_and_the_empty_spool_goes()
    {
        await using (var both = _shelf.Open("bundler+scan-server", Capacity))
        {
            await FillAsync(both, "points", tag: 7, 10, 15);
            await FillAsync(both, "scans", tag: 8, 0, 5);
            both.Drop("points", 12);
            both.Drop("scans", 3);
            await both.SyncedAsync(Cancel);
        }

        await using var bundler = _shelf.Open("bundler", Capacity);
        await bundler.TakeOverAsync("points", Cancel);
        Assert.Equal([12, 13, 14], (await SequencesAsync(bundler, "points")).Where(s => s >= 12));
        Assert.Equal((15, 7L), bundler.End("points"));
        Assert.Null(bundler.End("scans"));
        await using var scans = _shelf.Open("scan-server", Capacity);
        await scans.TakeOverAsync("scans", Cancel);
        Assert.Equal((5, 8L), scans.End("scans"));
        Assert.False(Directory.Exists(_folder["bundler+scan-server"]));
        Assert.DoesNotContain(SpoolSurvey.Of(_folder.Path), s => !s.IsHeld);
    }

    [Fact]
    public async Task A_stream_of_which_nothing_is_left_goes_on_at_its_number()
    {
        await using (var both = _shelf.Open("a+b", Capacity))
        {
            await FillAsync(both, "a", tag: 7, 0, 40);
            both.Drop("a", 40);
        }

        await using (var own = _shelf.Open("a", Capacity))
        {
            await own.TakeOverAsync("a", Cancel);
            Assert.Equal((40, 7L), own.End("a"));
        }

        await using var again = _shelf.Open("a", Capacity);
        Assert.Equal((40, 7L), again.End("a"));
    }

    [Fact]
    public async Task What_another_process_has_is_left_to_it()
    {
        await using var other = _shelf.Open("a+b", Capacity);
        await FillAsync(other, "a", tag: 7, 0, 3);
        await using var own = _shelf.Open("a", Capacity);
        await own.TakeOverAsync("a", Cancel).Soon();
        Assert.Null(own.End("a"));
        Assert.Equal([0, 1, 2], await SequencesAsync(other, "a"));
    }

    [Fact]
    public async Task There_and_back_again_the_newest_counts_and_nothing_comes_twice()
    {
        for (var (life, next) = (0, 0); life < 6; life++, next += 10)
        {
            await using var spool = _shelf.Open(life % 2 == 0 ? "a+b" : "a", Capacity);
            await spool.TakeOverAsync("a", Cancel);
            Assert.Equal(Enumerable.Range(0, next).Select(n => (long)n), await SequencesAsync(spool, "a"));
            Assert.Equal(next, spool.End("a")?.Next ?? 0);
            await FillAsync(spool, "a", tag: 7, next, next + 10);
        }
    }

    [Fact]
    public async Task What_is_in_both_places_after_a_crash_is_taken_over_once()
    {
        await using (var both = _shelf.Open("a+b", Capacity))
        {
            await FillAsync(both, "a", tag: 7, 0, 10);
        }

        // The copy stands for what lies there when the program is killed before the former spool has forgotten the stream.
        Directory.CreateDirectory(_folder["copy"]);
        foreach (var file in Directory.GetFiles(_folder["a+b"]))
        {
            File.Copy(file, Path.Combine(_folder["copy"], Path.GetFileName(file)));
        }

        await using (var own = _shelf.Open("a", Capacity))
        {
            await own.TakeOverAsync("a", Cancel);
            Assert.Equal(10, (await SequencesAsync(own, "a")).Count);
            await FillAsync(own, "a", tag: 7, 10, 12);
            own.Drop("a", 11);
        }

        Assert.False(Directory.Exists(_folder["copy"]));
        await using var again = _shelf.Open("a", Capacity);
        await again.TakeOverAsync("a", Cancel);
        Assert.Equal((12, 7L), again.End("a"));
        Assert.Equal(again.End("a")!.Value.Next, (await SequencesAsync(again, "a"))[^1] + 1);
    }

    [Fact]
    public async Task A_later_log_counts_though_its_numbers_begin_anew()
    {
        await using (var before = _shelf.Open("a", Capacity))
        {
            await FillAsync(before, "a", tag: 7, 90, 100);
        }

        await using (var later = _shelf.Open("a+b", Capacity))
        {
            await FillAsync(later, "a", tag: 9, 0, 5);
        }

        await using var own = _shelf.Open("a", Capacity);
        await own.TakeOverAsync("a", Cancel);
        Assert.Equal((5, 9L), own.End("a"));
        Assert.Equal([0, 1, 2, 3, 4], await SequencesAsync(own, "a"));
    }

    [Fact]
    public async Task What_was_said_to_the_database_is_committed_under_other_roles_before_what_is_said_now()
    {
        await using (var both = _shelf.Open("bundler+scan-server", Capacity))
        {
            DatabaseSpool away = new(both, _ => true, TimeProvider.System, NullLogger.Instance);
            await away.SayAsync("test.said", TestJson.Default.String, Guid.Empty, "one", Cancel).AsTask().Soon();
            await away.SayAsync("test.said", TestJson.Default.String, Guid.Empty, "two", Cancel).AsTask().Soon();
        }

        await using var own = _shelf.Open("scan-server", Capacity);
        List<string> committed = [];
        DatabaseSpool database = new(own, _ => true, TimeProvider.System, NullLogger.Instance);
        database.Handle("test.said", TestJson.Default.String, (_, word, _) =>
        {
            committed.Add(word);
            return Task.CompletedTask;
        });
        var last = await database.SayAsync("test.said", TestJson.Default.String, Guid.Empty, "three", Cancel).AsTask().Soon();
        using var stop = new CancellationTokenSource();
        var running = database.RunAsync(stop.Token);
        await database.DrainedAsync(Cancel).Soon();
        await database.CommittedAsync(last, Cancel).Soon();
        Assert.Equal(["one", "two", "three"], committed);
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    [Fact]
    public async Task Messages_that_a_publisher_could_not_send_are_sent_by_the_process_with_other_roles()
    {
        await using var server = await RedisServer.StartAsync();
        var topic = Hubs.Topic(Hubs.Name(), 1024, "reader");
        await using (var spool = _shelf.Open("bundler+scan-server", Capacity))
        await using (var hub = Hubs.Redis(server.SocketUrl, TimeProvider.System, spool: spool))
        {
            await PublishAsync(0, 10);
            await ((Core.Topics.Redis.RedisTopic<string>)hub.Open(topic)).SentAsync(Cancel).Soon();
            await server.KillAsync();
            await PublishAsync(10, 60);

            async Task PublishAsync(int from, int to)
            {
                for (var i = from; i < to; i++)
                {
                    await hub.Open(topic).PublishAsync(i.ToString(CultureInfo.InvariantCulture), Cancel);
                }
            }
        }

        await server.RestartAsync();
        await using var own = _shelf.Open("bundler", Capacity);
        await using var later = Hubs.Redis(server.SocketUrl, TimeProvider.System, spool: own);
        await later.Open(topic).PublishAsync("60", Cancel);
        await using var reading = Hubs.Redis(server.SocketUrl, TimeProvider.System);
        Core.Topics.TopicSignal signal = new();
        using var subscription = reading.Open(topic).Subscribe("reader", signal);
        Assert.Equal(
            Enumerable.Range(0, 61).Select(i => i.ToString(CultureInfo.InvariantCulture)),
            await subscription.ReadAsync(signal, 61, Cancel));
    }

    [Fact]
    public async Task The_survey_tells_what_is_left_and_changes_nothing()
    {
        await using (var left = _shelf.Open("a+b", Capacity))
        {
            await FillAsync(left, "a", tag: 7, 0, 3);
        }

        await using var held = _shelf.Open("c", Capacity);
        await FillAsync(held, "c", tag: 7, 0, 3);
        var before = Directory.GetFiles(_folder["a+b"]).Select(f => (f, new FileInfo(f).LastWriteTimeUtc)).ToList();
        var found = SpoolSurvey.Of(_folder.Path);
        Assert.Equal([("a+b", false), ("c", true)], found.Select(s => (Path.GetFileName(s.Folder), s.IsHeld)));
        Assert.Equal(3, found[0].Streams["a"]);
        Assert.Equal(before, Directory.GetFiles(_folder["a+b"]).Select(f => (f, new FileInfo(f).LastWriteTimeUtc)));
    }

    private static async Task FillAsync(RoleSpool spool, string stream, long tag, int from, int until)
    {
        for (var i = from; i < until; i++)
        {
            await spool.AppendAsync(new SpoolRecord(stream, i, Guid.Empty, tag, Encoding.UTF8.GetBytes($"{stream} {i}")), Cancel);
        }

        await spool.SyncedAsync(Cancel).Soon();
    }

    private static async Task<IReadOnlyList<long>> SequencesAsync(RoleSpool spool, string stream) =>
        [.. (await spool.ReadAsync(stream, int.MaxValue, Cancel)).Select(r => r.Sequence)];
}
