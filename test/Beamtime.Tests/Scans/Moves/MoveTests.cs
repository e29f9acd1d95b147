using Beamtime.Cli;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Moves;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans.Moves;

/// <summary>Moves of several positioners, outside of scans.</summary>
public sealed class MoveTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        samy: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
        fixed: {deviceClass: test.watched, enabled: true, readOnly: true, readoutPriority: baseline}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Positioners_move_together_and_each_is_free_when_it_is_there()
    {
        await using var rig = await Rig.StartAsync();
        rig.Bench.Watched("samy").Hold("set");
        var move = await rig.BeginAsync(isRelative: false, ("samx", 3), ("samy", 4));
        await rig.Bench.Watched("samy").BegunAsync("set").Soon();
        await Rig.UntilAsync(async () => (await rig.Desk.ShowAsync(move.Id, Cancel)).Axes[0].IsOver);
        move = await rig.Desk.ShowAsync(move.Id, Cancel);
        Assert.Equal((MoveState.Moving, 3.0, 0.0), (move.State, move.Axes[0].Position!.Value, move.Axes[1].Position!.Value));
        Assert.Equal(MoveState.Done, (await rig.EndOfAsync(await rig.BeginAsync(isRelative: false, ("samx", 5)))).State);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => rig.BeginAsync(isRelative: false, ("samx", 1), ("samy", 1)));
        Assert.Equal("device.busy", Assert.Single(refused.Reasons).Code);
        Assert.Equal(5, rig.Bench.Watched("samx").Value);
        rig.Bench.Watched("samy").Release("set");
        Assert.Equal(MoveState.Done, (await rig.EndOfAsync(move)).State);
        Assert.Equal(4, rig.Bench.Watched("samy").Value);
        Assert.Equal(2, (await rig.Desk.ListAsync(Cancel)).Count);
    }

    [Fact]
    public async Task A_relative_move_counts_from_where_it_is_and_once_under_its_key()
    {
        await using var rig = await Rig.StartAsync();
        await rig.EndOfAsync(await rig.BeginAsync(isRelative: false, ("samx", 2)));
        var key = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        MoveRequest request = new() { Targets = new Dictionary<string, double> { ["samx"] = 1.5 }, Relative = true };
        var first = await rig.EndOfAsync(await rig.Desk.BeginAsync(request, ControlBench.Who, key, Cancel));
        var second = await rig.Desk.BeginAsync(request, ControlBench.Who, key, Cancel);
        Assert.Equal((2.0, 3.5), (first.Axes[0].Start, first.Axes[0].Target));
        Assert.Equal(first.Id, second.Id);
        Assert.Equal(3.5, rig.Bench.Watched("samx").Value);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => rig.BeginAsync(isRelative: true, ("samx", 9)));
        Assert.Equal("device.limit.exceeded", Assert.Single(refused.Reasons).Code);
        Assert.True(rig.Bench.Locks.TryTakeForSet("samx", out _));
    }

    [Fact]
    public async Task Everything_wrong_with_a_move_is_told_and_nothing_moves()
    {
        await using var rig = await Rig.StartAsync();
        var refused = await Assert.ThrowsAsync<RefusedException>(
            () => rig.BeginAsync(isRelative: false, ("samx", 3), ("samy", 11), ("nobody", 1), ("fixed", 1)));
        Assert.Equal(["device.limit.exceeded", "device.unknown", "device.read_only"], refused.Reasons.Select(r => r.Code));
        Assert.DoesNotContain("set 3", rig.Bench.Watched("samx").Calls);
        Assert.Equal("move.empty", (await Assert.ThrowsAsync<RefusedException>(() => rig.BeginAsync(isRelative: false))).Reasons[0].Code);
        Assert.Equal("move.unknown", (await Assert.ThrowsAsync<RefusedException>(() => rig.Desk.ShowAsync(Guid.Empty, Cancel))).Reasons[0].Code);
    }

    [Fact]
    public async Task A_stopped_move_says_so_and_frees_its_devices()
    {
        await using var rig = await Rig.StartAsync();
        rig.Bench.Watched("samx").Hold("set");
        var move = await rig.BeginAsync(isRelative: false, ("samx", 3), ("samy", 4));
        await rig.Bench.Watched("samx").BegunAsync("set").Soon();
        await rig.Desk.StopAsync(move.Id, ControlBench.Who, Cancel);
        move = await rig.EndOfAsync(move);
        Assert.Equal((MoveState.Stopped, "device.stopped"), (move.State, move.Axes[0].Reason!.Code));
        Assert.Contains("stop", rig.Bench.Watched("samx").Calls);
        rig.Bench.Watched("samx").Release("set");
        Assert.Equal(MoveState.Done, (await rig.EndOfAsync(await rig.BeginAsync(isRelative: false, ("samx", 1)))).State);
    }

    [Fact]
    public async Task A_move_does_not_take_the_devices_of_a_scan()
    {
        await using var rig = await Rig.StartAsync();
        rig.Bench.Watched("samx").Hold("set 1");
        var number = await rig.Bench.AcceptAsync(new ScanRequest
        {
            Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" },
        });
        await Rig.UntilAsync(() => Task.FromResult(rig.Bench.Watched("samx").Calls.Contains("set 1")));
        var refused = await Assert.ThrowsAsync<RefusedException>(() => rig.BeginAsync(isRelative: false, ("samx", 3)));
        Assert.Contains($"used by scan {number}", refused.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Equal(MoveState.Done, (await rig.EndOfAsync(await rig.BeginAsync(isRelative: false, ("samy", 3)))).State);
        rig.Bench.Watched("samx").Release("set 1");
        Assert.Equal(ScanState.Completed, (await rig.Bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task Who_moved_what_where_is_recorded_before_it_moves_and_what_became_of_it()
    {
        await using var rig = await Rig.StartAsync();
        rig.Bench.Watched("samx").Hold("set");
        var move = await rig.BeginAsync(isRelative: false, ("samx", 3), ("samy", 4));
        var began = await rig.RecordOfAsync(move.Id);
        Assert.Equal((ControlBench.Who.Value, MoveState.Moving, "2-bm"), (began.Who, began.State, began.Beamline));
        Assert.Equal([("samx", 0.0, 3.0), ("samy", 0.0, 4.0)], began.Ways.Select(w => (w.Device, w.Start, w.Target)));
        rig.Bench.Watched("samx").Release("set");
        await rig.EndOfAsync(move);
        await Rig.UntilAsync(async () => (await rig.RecordOfAsync(move.Id)).State.IsOver);
        var over = await rig.RecordOfAsync(move.Id);
        Assert.Equal(MoveState.Done, over.State);
        Assert.Equal([("samx", (double?)3.0), ("samy", 4.0)], over.Places.Select(p => (p.Device, p.Position)));
    }

    [Fact]
    public async Task A_move_whose_program_died_is_interrupted_in_the_record()
    {
        await using var rig = await Rig.StartAsync();
        rig.Bench.Watched("samx").Hold("set");
        var move = await rig.BeginAsync(isRelative: false, ("samx", 3));
        using var stop = new CancellationTokenSource();
        var next = rig.Bench.Make<MoveHistory>().RunAsync(stop.Token);
        await Rig.UntilAsync(async () => (await rig.RecordOfAsync(move.Id)).State == MoveState.Interrupted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        rig.Bench.Watched("samx").Release("set");
        await rig.EndOfAsync(move);
        Assert.Equal(MoveState.Interrupted, (await rig.RecordOfAsync(move.Id)).State);
    }

    [Fact]
    public void A_move_ends_once()
    {
        foreach (var from in Enum.GetValues<MoveState>())
        {
            foreach (var to in Enum.GetValues<MoveState>())
            {
                Assert.Equal(from == MoveState.Moving && to.IsOver, from.CanBecome(to));
            }
        }
    }

    [Fact]
    public void A_line_of_devices_and_targets_is_read_whole_or_refused_with_every_word()
    {
        var request = MoveCommands.RequestOf(["samx", "3", "samy", "-4.5"], isRelative: true);
        Assert.Equal((3, -4.5, true), (request.Targets["samx"], request.Targets["samy"], request.Relative));
        var refused = Assert.Throws<RefusedException>(
            () => MoveCommands.RequestOf(["samx", "far", "samy", "1", "samy", "2", "samz"], isRelative: false));
        Assert.Equal(3, refused.Reasons.Count);
    }

    [Fact]
    public async Task A_lock_that_allows_no_moves_holds_devices_of_every_queue_also_after_a_restart()
    {
        await using var rig = await Rig.StartAsync();
        await rig.Bench.OwnerHeardAsync();
        await rig.Bench.LockAsync("alignment", new QueueLocked("survey", "the mirror is out", AllowsMoves: true));
        Assert.Equal(MoveState.Done, (await rig.EndOfAsync(await rig.BeginAsync(isRelative: false, ("samx", 2)))).State);
        await rig.Bench.LockAsync(ScanQueue.Every, new QueueLocked("vent", "people are inside", AllowsMoves: false));

        var move = await Assert.ThrowsAsync<RefusedException>(() => rig.BeginAsync(isRelative: false, ("samx", 11)));
        Assert.Equal(["device.moves.locked", "device.limit.exceeded"], move.Reasons.Select(r => r.Code));
        Assert.Equal("vent has locked all against moves: people are inside.", move.Reasons[0].Message);
        var set = Assert.IsType<Refused<DeviceAnswer>>(await rig.Bench.Desk.SetAsync("samx", null, Value.Of(1.0), Cancel));
        Assert.Equal("device.moves.locked", Assert.Single(set.Reasons).Code);
        Assert.Equal(2, rig.Bench.Watched("samx").Value);

        await rig.Bench.StopAsync();
        await rig.Bench.OpenAsync();
        await rig.Bench.Queues.LoadAsync(Cancel);
        Assert.Single(rig.Bench.Locks.AgainstSets);
        await rig.Bench.AskAsync(QueueCommandKind.Release, ScanQueue.Every, "vent");
        Assert.Empty(rig.Bench.Locks.AgainstSets);
    }

    private sealed class Rig(ControlBench bench) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();

        public ControlBench Bench => bench;

        public MoveDesk Desk { get; } = bench.Make<MoveDesk>();

        public static async Task<Rig> StartAsync()
        {
            var bench = await ControlBench.CreateAsync(Devices);
            bench.Start();
            var rig = new Rig(bench);
            _ = bench.Service<MoveHistory>().RunAsync(rig._stop.Token);
            _ = bench.Make<Mover>().RunAsync(rig._stop.Token);
            return rig;
        }

        public Task<MoveAnswer> BeginAsync(bool isRelative, params (string Device, double Target)[] targets) => Desk.BeginAsync(
            new MoveRequest { Targets = targets.ToDictionary(t => t.Device, t => t.Target), Relative = isRelative },
            ControlBench.Who,
            null,
            Cancel);

        public async Task<MoveRecord> RecordOfAsync(Guid id) =>
            (await bench.Service<LedgerStore>().LoadAsync(MoveRecord.Kind, id.ToString(), Cancel)).State!;

        public async Task<MoveAnswer> EndOfAsync(MoveAnswer move)
        {
            await UntilAsync(async () => (move = await Desk.ShowAsync(move.Id, Cancel)).State.IsOver);
            return move;
        }

        public static async Task UntilAsync(Func<Task<bool>> condition)
        {
            var start = TimeProvider.System.GetTimestamp();
            while (!await condition())
            {
                Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "It does not come to that.");
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _stop.Dispose();
            await bench.DisposeAsync();
        }
    }
}
