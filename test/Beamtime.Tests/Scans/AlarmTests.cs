using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Scans;

/// <summary>Alarms: kept, acknowledged once, and what a major one does.</summary>
public sealed class AlarmTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
        eye: {deviceClass: test.watched, enabled: true, readoutPriority: monitored, softwareTrigger: true}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(AlarmState.Open, AlarmState.Open, false)]
    [InlineData(AlarmState.Open, AlarmState.Acknowledged, true)]
    [InlineData(AlarmState.Acknowledged, AlarmState.Open, false)]
    [InlineData(AlarmState.Acknowledged, AlarmState.Acknowledged, false)]
    internal void Every_pair_of_states_is_allowed_or_not(AlarmState from, AlarmState to, bool isAllowed) =>
        Assert.Equal(isAllowed, from.CanBecome(to));

    [Fact]
    public async Task A_scan_that_fails_raises_a_major_alarm_that_names_it_and_the_next_scan_runs()
    {
        await using var bench = await ControlBench.CreateAsync(
            """
            samx: {deviceClass: test.watched, enabled: true, readoutPriority: monitored}
            bad: {deviceClass: simulated.faulty, enabled: true, readoutPriority: monitored, softwareTrigger: true, deviceConfig: {at: trigger, mode: raise, times: 1}}
            """);
        bench.Start();
        var first = await bench.AcceptAsync(Line());
        var second = await bench.AcceptAsync(Line());
        Assert.Equal(ScanState.Aborted, (await bench.EndOfAsync(first)).State);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(second)).State);
        var alarm = Assert.Single(await AlarmsAsync(bench)).State!;
        Assert.Equal(
            (AlarmSeverity.Major, "simulated.faulty", first, AlarmState.Open),
            (alarm.Raised.Severity, alarm.Raised.Reason.Code, alarm.Raised.ScanNumber, alarm.State));
    }

    [Fact]
    public async Task A_scan_that_its_program_left_raises_an_alarm_and_one_that_a_person_ends_none()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line());
        await eye.BegunAsync("trigger");
        (await bench.Queue.AbortAsync($"{number}", ControlBench.Who, "", Cancel)).OrThrow();
        await bench.EndOfAsync(number);
        Assert.Empty(await AlarmsAsync(bench));
    }

    [Fact]
    public async Task A_major_alarm_ends_the_scan_that_it_names_and_others_go_on()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var eye = bench.Watched("eye");
        eye.Hold("trigger");
        bench.Start();
        var number = await bench.AcceptAsync(Line());
        await eye.BegunAsync("trigger");
        var next = await bench.AcceptAsync(Line());
        var scan = (await bench.Store.FindAsync("2-bm", $"{number}", Cancel))!;
        await bench.Make<AlarmBell>().RaiseAsync(
            new AlarmRaised("2-bm", AlarmSeverity.Major, "cooling", AlarmErrors.Raised.Because("The water is warm."))
            {
                Scan = Guid.Parse(scan.Id), ScanNumber = number,
            },
            Cancel);
        eye.Release("trigger");
        var record = await bench.EndOfAsync(number);
        Assert.Equal(ScanState.Aborted, record.State);
        Assert.Contains("The water is warm.", record.Reasons[0].Message, StringComparison.Ordinal);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(next)).State);
    }

    [Fact]
    public async Task An_alarm_is_acknowledged_once_by_a_person_who_says_why()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var store = bench.Make<AlarmStore>();
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var raised = new AlarmRaised("2-bm", AlarmSeverity.Warning, "test", AlarmErrors.Raised.Because("The hutch is warm."));
        await store.RaiseAsync(id, raised, PersonId.System, Cancel);
        await store.RaiseAsync(id, raised, PersonId.System, Cancel);
        Assert.Single(await AlarmsAsync(bench));
        var done = (await store.AcknowledgeAsync($"{id}", ControlBench.Who, "window open", Cancel)).OrThrow().State!;
        Assert.Equal((AlarmState.Acknowledged, ControlBench.Who.Value, "window open"), (done.State, done.AcknowledgedBy, done.Comment));
        Assert.Equal("alarm.acknowledged", CodeOf(await store.AcknowledgeAsync($"{id}", ControlBench.Who, "", Cancel)));
        Assert.Equal("alarm.unknown", CodeOf(await store.AcknowledgeAsync($"{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}", ControlBench.Who, "", Cancel)));
        Assert.Empty((await store.ListAsync(new RecordQuery { Status = "Open", Limit = 10 }, Cancel)).Items);
    }

    private static string CodeOf(Outcome<StreamState<AlarmRecord>> outcome) =>
        Assert.IsType<Refused<StreamState<AlarmRecord>>>(outcome).Reasons[0].Code;

    private static async Task<IReadOnlyList<StreamState<AlarmRecord>>> AlarmsAsync(ControlBench bench) =>
        (await bench.Make<AlarmStore>().ListAsync(new RecordQuery { Beamline = "2-bm", Limit = 100 }, Cancel)).Items;

    private static ScanRequest Line() => new()
    {
        Scan = "line", Args = ["samx", "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" },
    };
}
