// line_sweep, monitor, cont_line_fly: points while a motor moves from start to stop, as many as it gives time for.
//
//   prepare    to start
//   core       set in motion to stop;
//              line_sweep      a point at each change of the readback, not sooner than min_update after the last one, and
//                              at the latest after max_update
//              monitor         a reading at each change, without trigger
//              cont_line_fly   one point after the other
//              and one more when it has arrived
//   post       with --relative, back to where it began
//
// A hold stops the motor; it goes on from there.
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans.Library;

/// <summary>A sweep whose points follow the motor; how many there are is known at its end.</summary>
internal sealed class SweepScan(ScanArguments arguments, SweepScan.Pace pace) : Scan
{
    /// <summary>A point at each change of the readback.</summary>
    public static readonly ScanDeclaration LineSweep = new()
    {
        Name = "line_sweep",
        Aliases = ["line_sweep_scan"],
        Description = "Moves a motor from start to stop and takes a point at each update of its readback.",
        Bundle = MotionParameters.Line,
        Bundles = (1, 1),
        Parameters =
        [
            MotionParameters.Relative,
            Update("min_update", "Shortest time between two points."),
            Update("max_update", "Longest time between two points, also without an update; 0 for no limit."),
            .. MotionParameters.Acquisition,
        ],
        Create = arguments => new SweepScan(arguments, Pace.Update),
    };

    /// <summary>A reading at each change of the readback.</summary>
    public static readonly ScanDeclaration Monitor = new()
    {
        Name = "monitor",
        Aliases = ["monitor_scan"],
        Description = "Moves a motor from start to stop and reads, without trigger, at each update of its readback.",
        Bundle = MotionParameters.Line,
        Bundles = (1, 1),
        Parameters = [MotionParameters.Relative, Update("min_update", "Shortest time between two readings.")],
        Create = arguments => new SweepScan(arguments, Pace.Reading),
    };

    /// <summary>One point after the other.</summary>
    public static readonly ScanDeclaration Continuous = new()
    {
        Name = "cont_line_fly",
        Aliases = ["cont_line_fly_scan"],
        Description = "Moves a motor from start to stop and takes one point after the other meanwhile.",
        Bundle = MotionParameters.Line,
        Bundles = (1, 1),
        Parameters = [MotionParameters.Relative, .. MotionParameters.Acquisition],
        Create = arguments => new SweepScan(arguments, Pace.Free),
    };

    private readonly string _motor = arguments.Bundles[0][0];
    private double _origin;
    private double _start;
    private double _stop;

    /// <summary>When points are taken.</summary>
    internal enum Pace
    {
        /// <summary>A point at each update.</summary>
        Update,

        /// <summary>A reading at each update.</summary>
        Reading,

        /// <summary>One after the other.</summary>
        Free,
    }

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position)
    {
        _origin = position(_motor);
        var shift = arguments.Flag("relative") ? _origin : 0;
        (_start, _stop) = (arguments.Number(0, 1) + shift, arguments.Number(0, 2) + shift);
        var plan = new ScanPlan { Motors = [_motor], Positions = [[_start], [_stop]], IsOpenEnded = true };
        return pace == Pace.Reading ? plan : MotionParameters.Applied(arguments, plan);
    }

    /// <inheritdoc/>
    public override async Task PrepareAsync(ScanContext scan, CancellationToken cancel) =>
        await scan.SetAsync([(_motor, Value.Of(_start))], cancel);

    /// <inheritdoc/>
    public override async Task CoreAsync(ScanContext scan, CancellationToken cancel)
    {
        if (pace == Pace.Free)
        {
            await FreelyAsync(scan, cancel);
        }
        else
        {
            await ByUpdatesAsync(scan, cancel);
        }

        // Where it has arrived.
        await TakeAsync(scan, cancel);
    }

    /// <inheritdoc/>
    public override async Task PostScanAsync(ScanContext scan, CancellationToken cancel)
    {
        if (arguments.Flag("relative"))
        {
            await scan.SetAsync([(_motor, Value.Of(_origin))], cancel);
        }
    }

    /// <inheritdoc/>
    public override Task OnExceptionAsync(ScanContext scan, CancellationToken cancel) => PostScanAsync(scan, cancel);

    private static ScanParameter Update(string name, string description) => new()
    {
        Name = name, Type = ParameterType.Number, Unit = "s", Default = "0", Low = 0, High = 3600, Description = description,
    };

    private ValueTask TakeAsync(ScanContext scan, CancellationToken cancel) =>
        pace == Pace.Reading ? scan.ReadPointAsync(default, cancel) : scan.TakePointAsync(default, default, cancel);

    private ValueTask<StartedAction> StartAsync(ScanContext scan, CancellationToken cancel) =>
        scan.StartAsync([(_motor, Value.Of(_stop))], cancel);

    private async Task FreelyAsync(ScanContext scan, CancellationToken cancel)
    {
        var motion = await StartAsync(scan, cancel);
        while (!motion.IsOver)
        {
            motion = await HoldAsync(scan, motion, cancel) ?? motion;
            await TakeAsync(scan, cancel);
        }

        await motion.WaitAsync(cancel);
    }

    private async Task ByUpdatesAsync(ScanContext scan, CancellationToken cancel)
    {
        var shortest = TimeSpan.FromSeconds(arguments.Number("min_update"));
        var longest = pace == Pace.Update && arguments.Number("max_update") is > 0 and var seconds
            ? TimeSpan.FromSeconds(seconds)
            : Timeout.InfiniteTimeSpan;
        using var following = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // Listening before it moves: no update is missed.
        await using var updates = scan.FollowAsync(_motor, following.Token).GetAsyncEnumerator(following.Token);
        var next = updates.MoveNextAsync().AsTask();
        var motion = await StartAsync(scan, cancel);
        var arrived = motion.WaitAsync(cancel);
        try
        {
            while (true)
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
                var first = await Task.WhenAny(next, arrived, Task.Delay(longest, scan.Time, limit.Token));
                await limit.CancelAsync();
                cancel.ThrowIfCancellationRequested();
                if (scan.IsHeld && await HoldAsync(scan, motion, cancel) is { } again)
                {
                    (motion, arrived) = (again, again.WaitAsync(cancel));
                    continue;
                }

                if (first == arrived)
                {
                    await arrived;
                    return;
                }

                await TakeAsync(scan, cancel);
                await scan.WaitAsync(shortest, cancel);
                if (next.IsCompleted)
                {
                    await next;
                    next = updates.MoveNextAsync().AsTask();
                }
            }
        }
        finally
        {
            // The stream ends before it is disposed of.
            await following.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Null when nobody holds the scan, or the motion is over anyway.
    private async Task<StartedAction?> HoldAsync(ScanContext scan, StartedAction motion, CancellationToken cancel)
    {
        if (!scan.IsHeld || motion.IsOver)
        {
            return null;
        }

        await scan.StopAsync([_motor], cancel);
        try
        {
            await motion.WaitAsync(cancel);
        }
        catch (FaultException)
        {
            // Stopped, as it was asked to be.
        }

        await scan.CheckpointAsync(cancel);
        return await StartAsync(scan, cancel);
    }
}
