using System.IO.Compression;
using Beamtime.Core.Telemetry;
using Beamtime.Core.Telemetry.Logs;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Beamtime.Tests.Telemetry.Logs;

/// <summary>Where log lines go, from which levels, and what becomes of files.</summary>
public sealed class LogSinkTests : IDisposable
{
    private readonly TemporaryFolder _folder = TemporaryFolder.Create("logs");
    private readonly FakeClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_sink_has_its_level_and_takes_another_while_it_runs()
    {
        await using var sinks = Sinks(new TelemetryOptions
        {
            LogFolder = _folder.Path, LogConsoleLevel = LogLevel.None, LogFileLevel = LogLevel.Warning, LogStreamLevel = LogLevel.Debug,
            LogLevels = { ["Quiet"] = LogLevel.Error },
        });
        using var factory = LoggerFactory.Create(sinks.AddTo);
        var log = factory.CreateLogger("Beamtime.Test");
        log.LogTrace("one");
        log.LogDebug("two");
        log.LogWarning("three");
        factory.CreateLogger("Quiet.Below").LogWarning("four");
        factory.CreateLogger("Microsoft.Library").LogInformation("five");
        Assert.Equal(["two", "three"], sinks.Ring.Last().Select(l => l.Message));

        sinks.Levels.Set(new LogLevelRule(LogSink.Stream, "", LogLevel.Trace, _clock.GetUtcNow().AddMinutes(5)));
        sinks.Levels.Set(new LogLevelRule(LogSink.File, "Beamtime.Test", LogLevel.Trace));
        log.LogTrace("six");
        Assert.True(log.IsEnabled(LogLevel.Trace));
        _clock.Advance(TimeSpan.FromMinutes(5));
        log.LogTrace("seven");
        Assert.Equal(["two", "three", "six"], sinks.Ring.Last().Select(l => l.Message));
        sinks.Levels.Reset(LogSink.File);
        log.LogTrace("eight");
        Assert.False(log.IsEnabled(LogLevel.Trace));

        await sinks.DisposeAsync();
        var lines = await File.ReadAllLinesAsync(_folder["beamtime-api+worker.log"], Cancel);
        Assert.Equal(["three", "six", "seven"], lines.Select(l => l.Split(' ')[^1]));
        Assert.All(lines, line => Assert.StartsWith(_clock.GetUtcNow().ToString("yyyy-", null), line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_is_rotated_by_size_and_by_time_and_packed_and_so_many_are_kept()
    {
        var folder = new LogFileFolder(_folder.Path, "beamtime", kept: 2);
        await using (var file = new LogFile(folder, largest: 100, TimeSpan.FromHours(1), _clock))
        {
            for (var i = 0; i < 5; i++)
            {
                // The second of them is too large for the file, the fourth too late.
                file.Add($"{i} {new string('x', 120)}\n");
                await WrittenAsync(file, $"{i} ");
                _clock.Advance(TimeSpan.FromMinutes(1));
            }

            file.Add("short\n");
            await WrittenAsync(file, "short");
            _clock.Advance(TimeSpan.FromHours(1));
            file.Add("late\n");
            await WrittenAsync(file, "late");
        }

        Assert.Equal(["late"], await File.ReadAllLinesAsync(_folder["beamtime.log"], Cancel));
        Assert.Equal(2, folder.Rotated.Count);
        Assert.All(folder.Rotated, path => Assert.EndsWith(".log.gz", path, StringComparison.Ordinal));
        Assert.Equal(3, Directory.GetFiles(_folder.Path).Length);
        using var packed = new StreamReader(new GZipStream(File.OpenRead(folder.Rotated[^1]), CompressionMode.Decompress));
        Assert.Equal("short\n", await packed.ReadToEndAsync(Cancel));
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_costs_lines_which_are_counted_and_told()
    {
        await File.WriteAllTextAsync(_folder["logs"], "no folder", Cancel);
        await using var file = new LogFile(new LogFileFolder(_folder["logs"], "beamtime", 2), 1000, TimeSpan.FromHours(1), _clock);
        file.Add("one\n");
        await UntilAsync(() => file.Dropped == 1);
        Assert.NotNull(file.Problem);
        file.Add("two\n");
        await UntilAsync(() => file.Dropped == 2);
        File.Delete(_folder["logs"]);
        _clock.Advance(TimeSpan.FromSeconds(10));
        file.Add("three\n");
        await UntilAsync(() => file.Problem is null);
        await file.DisposeAsync();

        Assert.Equal(2, file.Dropped);
        var lines = await File.ReadAllLinesAsync(Path.Combine(_folder["logs"], "beamtime.log"), Cancel);
        Assert.Contains("2 lines of the log were dropped", lines[0], StringComparison.Ordinal);
        Assert.Equal("three", lines[1]);
    }

    [Fact]
    public async Task Who_follows_gets_the_lines_from_now_on_and_the_ring_forgets_the_oldest()
    {
        var ring = new LogRing(2);
        ring.Add(Line("one"));
        await using var follower = ring.FollowAsync(Cancel).GetAsyncEnumerator(Cancel);
        var next = follower.MoveNextAsync().AsTask();
        ring.Add(Line("two"));
        ring.Add(Line(new string('x', 20_000)));
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(30), Cancel));
        Assert.Equal((2, "two"), (follower.Current.Number, follower.Current.Message));
        Assert.Equal([2, 3], ring.Last().Select(l => l.Number));
        Assert.Equal(8000, ring.Last()[^1].Message.Length);
    }

    private static LogLine Line(string message) => new()
    {
        Number = 0, At = default, Level = LogLevel.Information, Message = message, Category = "Beamtime.Test",
    };

    private LogSinks Sinks(TelemetryOptions options) => new(options, new LogOrigin("api,worker", "2-bm"), _clock);

    private static Task WrittenAsync(LogFile file, string begin) => UntilAsync(() =>
    {
        using var read = new FileStream(file.Path, FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var text = new StreamReader(read);
        return text.ReadToEnd().Contains(begin, StringComparison.Ordinal);
    });

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (!isSo())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, deadline.Token);
        }
    }
}
