using Beamtime.Control.Beamline;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Devices;
using Beamtime.Tests.Scans;
using Beamtime.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Beamtime.Tests.Beamline;

/// <summary>Beam that is lost and comes back, with scans that run and wait.</summary>
public sealed class InterlockTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline, deviceConfig: {limits: [-10, 10]}}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Beam_loss_holds_the_scan_at_its_checkpoint_and_it_goes_on_when_the_beam_is_back()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await using var ring = new Ring(bench, LossAction.Pause);
        var number = await BeginAsync(bench, ring);
        ring.Current = 3;
        await UntilAsync(() => ring.Answer.Held == 1);
        Assert.Equal(ScanQueueState.Locked, bench.Queues.StateOf(ScanQueue.Primary));
        Assert.Equal("current is invalid", ring.Answer.Reason);
        Assert.Equal(ScanState.Paused, (await bench.FindAsync(number)).State);
        bench.Watched("eye").Release("trigger");
        await UntilAsync(() => bench.Queue.Running!.PointsTaken == 1);
        Assert.True(bench.Queue.Running!.IsPaused);
        var waiting = await bench.AcceptAsync(Line());
        ring.Current = 150;
        Assert.Equal((ScanState.Completed, 3), ((await bench.EndOfAsync(number)).State, (await bench.FindAsync(number)).Points));
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(waiting)).State);
        await UntilAsync(() => !ring.Answer.IsTripped);
        Assert.Empty(bench.Queues.LocksOn(ScanQueue.Primary));
        var alarm = Assert.Single((await bench.Make<AlarmStore>().ListAsync(new RecordQuery { Limit = 10 }, Cancel)).Items).State!;
        Assert.Equal((AlarmSeverity.Warning, "beamline.interlock.tripped"), (alarm.Raised.Severity, alarm.Raised.Reason.Code));
        var state = Assert.Single((await bench.Get<ScanTopics>().BeamlineStates.LastAsync(Cancel))!.Message.States);
        Assert.Equal(("current", "valid"), (state.Name, state.Status));
        var told = await ToldAsync(bench);
        Assert.Equal(["locked the scan queues: current is invalid", "holds S00001", "released the scan queues: all states are as they must be"], told);
    }

    [Fact]
    public async Task Beam_loss_ends_the_scan_and_its_copy_runs_when_the_beam_is_back()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await using var ring = new Ring(bench, LossAction.Restart);
        var number = await BeginAsync(bench, ring);
        ring.Current = 3;
        var record = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Aborted, "scan.restarted"), (record.State, record.Reasons[0].Code));
        bench.Watched("eye").Release("trigger");
        Assert.Equal<IEnumerable<int>>([2], await bench.NumbersAsync());
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(2)).State);
        ring.Current = 150;
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(2)).State);
    }

    [Fact]
    public async Task A_scan_that_others_may_not_restart_is_held_instead()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await using var ring = new Ring(bench, LossAction.Restart);
        var number = await BeginAsync(bench, ring, Line() with { AllowRestart = false });
        ring.Current = 3;
        await UntilAsync(() => ring.Answer.Held == 1);
        bench.Watched("eye").Release("trigger");
        ring.Current = 150;
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task A_lock_alone_lets_what_runs_go_on()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await using var ring = new Ring(bench, LossAction.Lock);
        var number = await BeginAsync(bench, ring);
        ring.Current = 3;
        await UntilAsync(() => ring.Answer.IsTripped);
        bench.Watched("eye").Release("trigger");
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
        var other = await bench.AcceptAsync(Line() with { Queue = "other" });
        Assert.Equal(ScanQueueState.Locked, bench.Queues.StateOf("other"));
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(other)).State);
        await ring.ConfigureAsync(null);
        await UntilAsync(() => ring.Answer.IsTripped);
        await ring.ConfigureAsync(InterlockSettings.None);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(other)).State);
    }

    [Fact]
    public async Task A_scan_that_a_person_holds_stays_held_when_the_beam_is_back()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await using var ring = new Ring(bench, LossAction.Pause);
        var number = await BeginAsync(bench, ring);
        (await bench.Queue.PauseAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        ring.Current = 3;
        await UntilAsync(() => ring.Answer.IsTripped);
        ring.Current = 150;
        await UntilAsync(() => !ring.Answer.IsTripped);
        Assert.True(bench.Queue.Running!.IsPaused);
        bench.Watched("eye").Release("trigger");
        (await bench.Queue.ResumeAsync($"{number}", ControlBench.Who, Cancel)).OrThrow();
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task A_locked_beamline_stays_locked_over_a_restart_until_the_beam_is_back()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await using (var ring = new Ring(bench, LossAction.Pause))
        {
            bench.Start();
            ring.Start();
            ring.Current = 3;
            await UntilAsync(() => ring.Answer.IsTripped);
        }

        await bench.StopAsync();
        await bench.OpenAsync();
        await using var again = new Ring(bench, LossAction.Pause) { Current = 3 };
        bench.Start();
        again.Start();
        var number = await bench.AcceptAsync(Line());
        await UntilAsync(() => again.Answer.IsTripped);
        Assert.Equal(ScanQueueState.Locked, bench.Queues.StateOf(ScanQueue.Primary));
        Assert.Equal(ScanState.Pending, (await bench.FindAsync(number)).State);
        again.Current = 150;
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
    }

    [Fact]
    public async Task A_signal_that_cannot_be_read_is_unknown_and_locks()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        await using var ring = new Ring(bench, LossAction.Lock);
        bench.Start();
        ring.Start();
        await UntilAsync(() => ring.Status == StateStatus.Valid);
        ring.Current = null;
        await UntilAsync(() => ring.Answer.Reason == "current is unknown");
        ring.Current = 100;
        await UntilAsync(() => !ring.Answer.IsTripped);
    }

    private static async Task<int> BeginAsync(ControlBench bench, Ring ring, ScanRequest? request = null)
    {
        bench.Watched("eye").Hold("trigger");
        bench.Start();
        ring.Start();
        await UntilAsync(() => ring.Status == StateStatus.Valid);
        var number = await bench.AcceptAsync(request ?? Line());
        await bench.Watched("eye").BegunAsync("trigger");
        return number;
    }

    private static async Task<List<string>> ToldAsync(ControlBench bench)
    {
        List<string> told = [];
        await foreach (var entry in bench.Make<LedgerStore>().ReadStreamAsync(InterlockRecord.Kind, "2-bm", Cancel))
        {
            told.Add(StateWords.Of(entry.Data).Line);
        }

        return told;
    }

    private static ScanRequest Line() => new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "3" },
    };

    private static async Task UntilAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromSeconds(30), "It does not come to that.");
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, Cancel);
        }
    }

    /// <summary>A storage ring whose current the test sets, the state over it, and the interlock.</summary>
    private sealed class Ring : IAsyncDisposable
    {
        private readonly StateWatch _watch;
        private readonly Interlock _interlock;
        private readonly CancellationTokenSource _stop = new();
        private Task _loops = Task.CompletedTask;
        private double _current = 150;

        public Ring(ControlBench bench, LossAction action)
        {
            var description = new BeamlineDescription
            {
                Poll = TimeSpan.FromMilliseconds(10),
                Staleness = TimeSpan.FromSeconds(5),
                States =
                [
                    new StateDefinition
                    {
                        Name = "current", Kind = StateKind.WithinLimits, Address = "ring.current", Low = 80, High = 200, HoldSeconds = 0.05,
                    },
                ],
                Interlock = new InterlockSettings(
                    IsEnabled: true,
                    action,
                    new Dictionary<string, IReadOnlyList<StateStatus>> { ["current"] = InterlockSettings.UsuallyAccepted }),
            };
            var store = bench.Make<StateStore>();
            var permits = new PermitWatch(description, ReadAsync, TimeProvider.System, NullLogger<PermitWatch>.Instance);
            _watch = new StateWatch(
                description,
                "2-bm",
                permits,
                ReadAsync,
                store,
                bench.Get<ScanTopics>(),
                TimeProvider.System,
                NullLogger<StateWatch>.Instance);
            _interlock = new Interlock(
                description,
                _watch,
                store,
                new InterlockReach(bench.Queues, bench.Control, bench.QueueControl, bench.Get<ScanEndings>()),
                bench.ScanOptions,
                TimeProvider.System,
                NullLogger<Interlock>.Instance);
        }

        public double? Current
        {
            get => Volatile.Read(ref _current);
            set => Volatile.Write(ref _current, value ?? double.MinValue);
        }

        public StateStatus Status => _watch.States[0].Status;

        public InterlockAnswer Answer => _interlock.Answer;

        public void Start() => _loops = Task.WhenAll(_watch.RunAsync(_stop.Token), _interlock.RunAsync(_stop.Token));

        public Task ConfigureAsync(InterlockSettings? settings) =>
            _interlock.ConfigureAsync(settings, new Why(ControlBench.Who, "test", "2-bm"), Cancel);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await ((Task)_loops.Soon()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stop.Dispose();
        }

        private Task<Reading> ReadAsync(string address, CancellationToken cancel) => Current == double.MinValue
            ? throw BeamlineErrors.StateUnknown.Fault("The ring does not answer.")
            : Task.FromResult(new Reading(Value.Of(Current!.Value), TimeProvider.System.GetUtcNow()));
    }
}
