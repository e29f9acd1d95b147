using System.Globalization;
using System.Threading.Channels;
using Beamtime.Control.Points;
using Beamtime.Control.Scans;
using Spectre.Console;

namespace Beamtime.Cli;

/// <summary>
/// Asks for a scan and shows its points until its file is closed: a live table on a terminal, plain lines elsewhere.
/// Ctrl-C ends the scan.
/// </summary>
internal static class ScanWatch
{
    private const int TableRows = 15;
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);
    // A file that cannot be written is tried again by the server for as long as it takes; who watches does not wait.
    private static readonly TimeSpan FilePatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CloseInterval = TimeSpan.FromMilliseconds(20);

    /// <summary>Submits and watches.</summary>
    /// <param name="run">The command's run.</param>
    /// <param name="client">The server.</param>
    /// <param name="request">The scan.</param>
    /// <param name="cancel">Ends the scan.</param>
    public static async Task<ExitCode> RunAsync(
        CommandRun run, BeamtimeClient client, ScanRequest request, CancellationToken cancel)
    {
        var view = new PointView();
        using var following = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var events = Channel.CreateUnbounded<LiveEvent>();
        var followed = client.FollowAsync<LiveEvent>(
            "points/live",
            connected.SetResult,
            told => events.Writer.TryWrite(told),
            following.Token);
        await await Task.WhenAny(connected.Task, followed);
        var scan = await client.PostAsync<ScanAnswer>("scans", request, cancel);
        await TellContextsAsync(request, scan);
        if (scan.Notice is { } notice)
        {
            await Console.Error.WriteLineAsync(notice);
        }

        try
        {
            var shown = ShowAsync(run, view, events.Reader, scan.Number, following.Token);
            scan = await OverAsync(client, scan.Number, shown, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            scan = await client.PostAsync<ScanAnswer>(
                $"scans/{scan.Number}/abort", new ScanAbortRequest { Reason = "Ctrl-C at the command line" }, CancellationToken.None);
            await Console.Error.WriteLineAsync($"S{scan.Number:D5} is being ended");
            return ExitCode.Interrupted;
        }
        finally
        {
            await following.CancelAsync();
            await followed.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        run.Print(scan, console =>
        {
            console.WriteLine($"S{scan.Number:D5} {scan.State.ToString().ToLowerInvariant()}, {scan.Points} points: {scan.File}");
        });
        foreach (var reason in scan.Reasons)
        {
            await Console.Error.WriteLineAsync($"{reason.Code}: {reason.Message}");
            await Console.Error.WriteLineAsync($"  {reason.Remedy}");
        }

        return scan.State == ScanState.Completed ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Says what goes with a scan that its request did not name: a context that was forgotten shows.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="scan">What was accepted.</param>
    public static async Task TellContextsAsync(ScanRequest request, ScanAnswer scan)
    {
        string[] added =
        [
            .. scan.Request.Metadata.Where(m => request.Metadata.GetValueOrDefault(m.Key) != m.Value).Select(m => $"{m.Key}={m.Value}"),
            .. scan.Group is { } group ? [$"group {group.Name}"] : (string[])[],
        ];
        if (added.Length > 0)
        {
            await Console.Error.WriteLineAsync($"S{scan.Number:D5} has from contexts: {string.Join(", ", added)}");
        }
    }

    private static async Task ShowAsync(
        CommandRun run, PointView view, ChannelReader<LiveEvent> events, int number, CancellationToken cancel)
    {
        if (!run.IsTerminal)
        {
            await EachAsync(events, number, told => view.Take(told, run.IsJson ? null : run.Console), cancel);
            return;
        }

        await run.Console.Live(view.Table(TableRows)).StartAsync(live => EachAsync(
            events,
            number,
            told =>
            {
                view.Take(told, null);
                live.UpdateTarget(view.Table(TableRows));
            },
            cancel));
    }

    private static async Task EachAsync(
        ChannelReader<LiveEvent> events, int number, Action<LiveEvent> show, CancellationToken cancel)
    {
        await foreach (var told in events.ReadAllAsync(cancel))
        {
            if (told.Scan == number)
            {
                show(told);
                if (told.End is not null)
                {
                    return;
                }
            }
        }
    }

    // A scan that is refused when the queue reaches it has no events: the record is asked, rarely while points come.
    private static async Task<ScanAnswer> OverAsync(
        BeamtimeClient client, int number, Task shown, CancellationToken cancel)
    {
        while (true)
        {
            await Task.WhenAny(shown, Task.Delay(AskInterval, TimeProvider.System, cancel));
            cancel.ThrowIfCancellationRequested();
            var scan = await client.GetAsync<ScanAnswer>($"scans/{number}", cancel);
            if (scan.State.IsOver && (scan.IsRecorded == true || TimeProvider.System.GetUtcNow() - scan.EndedAt > FilePatience))
            {
                return scan;
            }

            if (shown.IsCompleted)
            {
                await Task.Delay(CloseInterval, TimeProvider.System, cancel);
            }
        }
    }

    /// <summary>The last points of a scan as rows.</summary>
    private sealed class PointView
    {
        private readonly List<string[]> _rows = [];
        private string[] _heads = ["point"];
        private int _planned;
        private readonly SortedDictionary<string, LiveProgress> _devices = new(StringComparer.Ordinal);
        private int _last = -1;

        public void Take(LiveEvent told, IAnsiConsole? console)
        {
            if (told.Columns is { } columns)
            {
                _heads = ["point", .. columns.Select(c => c.Unit is null ? c.Signal : $"{c.Signal} [{c.Unit}]")];
                _planned = told.PlannedPoints ?? 0;
                console?.WriteLine(string.Join('\t', _heads));
            }

            if (told.Progress is { } progress)
            {
                _devices[progress.Device] = progress;
            }

            if (told.Values is { } values)
            {
                _last = told.Point ?? _last;
                string[] row = [$"{told.Point}", .. values.Select(v => v is { } n ? n.ToString("G7", CultureInfo.InvariantCulture) : "-")];
                _rows.Add(row);
                console?.WriteLine(string.Join('\t', row));
                if (_rows.Count > TableRows)
                {
                    _rows.RemoveAt(0);
                }
            }
        }

        private string Bar()
        {
            const int width = 40;
            var done = _planned == 0 ? 0 : Math.Clamp((_last + 1) * width / _planned, 0, width);
            var further = string.Concat(_devices.Values.Where(d => !d.IsDone).Select(
                d => string.Create(CultureInfo.InvariantCulture, $", {d.Device} {d.Value:G6} of {d.Most:G6}")));
            return $"{new string('━', done)}{new string('╌', width - done)} {_last + 1} of {_planned} points{further}";
        }

        public Table Table(int height)
        {
            var table = new Table().SimpleBorder();
            foreach (var head in _heads)
            {
                table.AddColumn(new TableColumn(Markup.Escape(head)).RightAligned());
            }

            foreach (var row in _rows.TakeLast(height))
            {
                table.AddRow(row);
            }

            return table.Caption(Markup.Escape(Bar()));
        }
    }
}
