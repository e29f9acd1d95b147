using System.Globalization;
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
    private const int WaitsForFile = 500;

    /// <summary>Submits and watches.</summary>
    /// <param name="run">The command's run.</param>
    /// <param name="client">The server.</param>
    /// <param name="request">The scan.</param>
    /// <param name="cancel">Ends the scan.</param>
    public static async Task<ExitCode> RunAsync(
        CommandRun run, BeamtimeClient client, ScanRequest request, CancellationToken cancel)
    {
        using var following = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var events = client.FollowAsync<LiveEvent>("points/live", connected.SetResult, following.Token);
        await using var stream = events.GetAsyncEnumerator(following.Token);
        var next = stream.MoveNextAsync().AsTask();
        await Task.WhenAny(connected.Task, next);
        var scan = await client.PostAsync<ScanAnswer>("scans", request, cancel);
        try
        {
            await ShowAsync(run, stream, next, scan.Number, () => IsOverAsync(client, scan.Number, cancel), cancel);
            scan = await OverAsync(client, scan.Number, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            scan = await client.PostAsync<ScanAnswer>(
                $"scans/{scan.Number}/abort", new ScanAbortRequest { Reason = "Ctrl-C at the command line" }, CancellationToken.None);
            Console.Error.WriteLine($"S{scan.Number:D5} is being ended");
            return ExitCode.Interrupted;
        }

        run.Print(scan, console =>
        {
            console.WriteLine($"S{scan.Number:D5} {scan.State.ToString().ToLowerInvariant()}, {scan.Points} points: {scan.File}");
        });
        foreach (var reason in scan.Reasons)
        {
            Console.Error.WriteLine($"{reason.Code}: {reason.Message}");
            Console.Error.WriteLine($"  {reason.Remedy}");
        }

        return scan.State == ScanState.Completed ? ExitCode.Done : ExitCode.Failed;
    }

    private static async Task ShowAsync(
        CommandRun run,
        IAsyncEnumerator<LiveEvent> stream,
        Task<bool> next,
        int number,
        Func<Task<bool>> isOver,
        CancellationToken cancel)
    {
        var view = new PointView();
        if (!run.IsTerminal)
        {
            await FollowAsync(stream, next, number, isOver, e => view.Line(e, run.IsJson ? null : run.Console), cancel);
            return;
        }

        await run.Console.Live(view.Table(TableRows)).StartAsync(async live =>
        {
            await FollowAsync(
                stream,
                next,
                number,
                isOver,
                e =>
                {
                    view.Line(e, null);
                    live.UpdateTarget(view.Table(TableRows));
                },
                cancel);
        });
    }

    // A scan that is refused when the queue reaches it has no events: now and then the record is asked instead.
    private static async Task FollowAsync(
        IAsyncEnumerator<LiveEvent> stream,
        Task<bool> next,
        int number,
        Func<Task<bool>> isOver,
        Action<LiveEvent> show,
        CancellationToken cancel)
    {
        while (true)
        {
            if (await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel)) != next)
            {
                cancel.ThrowIfCancellationRequested();
                if (await isOver())
                {
                    return;
                }

                continue;
            }

            if (!await next)
            {
                return;
            }

            if (stream.Current.Scan == number)
            {
                show(stream.Current);
                if (stream.Current.End is not null)
                {
                    return;
                }
            }

            next = stream.MoveNextAsync().AsTask();
        }
    }

    private static async Task<bool> IsOverAsync(BeamtimeClient client, int number, CancellationToken cancel) =>
        (await client.GetAsync<ScanAnswer>($"scans/{number}", cancel)).State.IsOver;

    private static async Task<ScanAnswer> OverAsync(BeamtimeClient client, int number, CancellationToken cancel)
    {
        var asked = 0;
        while (true)
        {
            var scan = await client.GetAsync<ScanAnswer>($"scans/{number}", cancel);
            // What never began has no file to wait for.
            if (scan.State.IsOver && (scan.IsRecorded == true || scan.StartedAt is null || ++asked > WaitsForFile))
            {
                return scan;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel);
        }
    }

    /// <summary>The last points of a scan as rows.</summary>
    private sealed class PointView
    {
        private readonly List<string[]> _rows = [];
        private string[] _heads = ["point"];
        private int _planned;
        private int _last = -1;

        public void Line(LiveEvent told, IAnsiConsole? console)
        {
            if (told.Columns is { } columns)
            {
                _heads = ["point", .. columns.Select(c => c.Unit is null ? c.Signal : $"{c.Signal} [{c.Unit}]")];
                _planned = told.PlannedPoints ?? 0;
                console?.WriteLine(string.Join('\t', _heads));
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

            return table.Caption($"{_last + 1} of {_planned} points");
        }
    }
}
