using System.Collections.Concurrent;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Recording;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Recording;

/// <summary>A file writer that runs, with its topics, in a folder of its own.</summary>
internal sealed class RecordingBench : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder _root = TemporaryFolder.Create("recording");
    private readonly CancellationTokenSource _stop = new();
    private readonly TopicSignal _noticed = new();
    private readonly Subscription<RecordingNotice> _notices;
    private readonly Queue<RecordingNotice> _read = new();
    private readonly FileWriter _writer;
    private readonly Task _running;

    public RecordingBench(
        IReadOnlyList<FileSection>? sections = null,
        Func<RecordingClosed, CancellationToken, Task>? register = null,
        int capacity = 8192,
        long reserve = 1 << 20,
        long copiedUpTo = 16 << 20,
        IReadOnlyList<FileFormat>? formats = null)
    {
        Options = new RecordingOptions
        {
            SourceName = "Advanced Photon Source", MinimumFree = reserve, AsynchronousCopiedUpTo = copiedUpTo,
        };
        Documents = new LocalTopic<ScanDocument>("2-bm.points", capacity, ["file-writer"], Clock);
        States = new LocalTopic<BeamlineStateList>("2-bm.scan-states", 16, [], Clock);
        Topics = new RecordingTopics(new LocalTopics(Clock, isEncoding: false), "2-bm");
        _notices = Topics.Notices.Subscribe("scan-server", _noticed);
        Finisher = new RecordingFinisher(
            Options, () => sections ?? [], formats ?? [], register ?? Keep, NullLogger<RecordingFinisher>.Instance);
        var recovery = new RecordingRecovery(null!, null!, null!, Finisher, "2-bm", NullLogger<RecordingRecovery>.Instance);
        _writer = new FileWriter(Documents, States, Topics, Finisher, recovery, Options, Clock, NullLogger<FileWriter>.Instance);
        _running = _writer.RunAsync(_stop.Token);
    }

    public FakeClock Clock { get; } = new();

    public RecordingOptions Options { get; }

    public LocalTopic<ScanDocument> Documents { get; }

    public LocalTopic<BeamlineStateList> States { get; }

    public RecordingTopics Topics { get; }

    public RecordingFinisher Finisher { get; }

    public ConcurrentQueue<RecordingClosed> Registered { get; } = new();

    public string Folder => _root.Path;

    public string this[string name] => _root[name];

    public RecordedLine Line(int number = 12, int planned = 10) => new() { Folder = Folder, Number = number, Planned = planned };

    public async Task PublishAsync(params ScanDocument[] documents)
    {
        foreach (var document in documents)
        {
            await Documents.PublishAsync(document, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Goes forward by a flush interval and waits until everything published is acknowledged.</summary>
    public async Task FlushAsync()
    {
        // The clock's timer only sets a flag; a document that a live file holds shows when the writer has come round.
        using var deadline = new CancellationTokenSource(Deadline);
        while (_writer.Acknowledged < Documents.NextOffset)
        {
            Clock.Advance(Options.FlushInterval);
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, deadline.Token);
        }
    }

    /// <summary>The next notice of a kind; others of this bench are passed over.</summary>
    public async Task<T> NextAsync<T>()
        where T : RecordingNotice
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Deadline);
        var batch = new RecordingNotice[16];
        while (true)
        {
            for (int n; (n = _notices.Read(batch)) > 0;)
            {
                foreach (var notice in batch.AsSpan(0, n))
                {
                    _read.Enqueue(notice);
                }

                _notices.AcknowledgeRead();
            }

            while (_read.TryDequeue(out var notice))
            {
                if (notice is T wanted)
                {
                    return wanted;
                }
            }

            await _noticed.WaitAsync(deadline.Token);
        }
    }

    public async Task<RecordingClosed> RecordAsync(RecordedLine line, int points)
    {
        await PublishAsync(line.Opened());
        for (var i = 0; i < points; i++)
        {
            await PublishAsync(line.Point(i));
        }

        await PublishAsync(line.Closed(points));
        return (await NextAsync<RecordingDone>()).Closed;
    }

    public static Task<string> PythonAsync(string script, params string[] arguments) =>
        Python.RunAsync(script, arguments, TestContext.Current.CancellationToken);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        while (await Task.WhenAny(_running, Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, CancellationToken.None)) != _running)
        {
            Clock.Advance(Options.ShutdownDeadline);
        }

        await _running;
    }

    /// <summary>Begins to stop, as a program that ends does while its scans are being aborted.</summary>
    public Task BeginStopAsync() => _stop.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _writer.Dispose();
        _notices.Dispose();
        _stop.Dispose();
        _root.Dispose();
    }

    private Task Keep(RecordingClosed closed, CancellationToken cancel)
    {
        Registered.Enqueue(closed);
        return Task.CompletedTask;
    }
}
