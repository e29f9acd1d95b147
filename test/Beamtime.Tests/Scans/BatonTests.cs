using Beamtime.Control.Beamline;
using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Batons;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;

namespace Beamtime.Tests.Scans;

/// <summary>Who may submit: control of the beamline, and the rights of roles.</summary>
public sealed class BatonTests
{
    private const string Devices =
        """
        samx: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
        mono: {deviceClass: test.watched, enabled: true, readoutPriority: baseline}
        """;

    private static readonly PersonId Other = new(Guid.Parse("00000000-0000-7000-8000-00000000000b"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task While_somebody_has_control_others_submit_only_if_they_may_override_it_and_are_told()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var keeper = Keeper(bench);
        bench.Get<ScanGuard>().RequireOfAsker((asker, _) => keeper.Against(asker));
        await keeper.LoadAsync(Cancel);
        Accept(await bench.SubmitAsync(Line("samx")));
        (await keeper.DoAsync(Command(ControlBench.Who, isTaking: true, reason: "alignment"), Cancel)).OrThrow();
        Accept(await bench.SubmitAsync(Line("samx")));
        var refused = Refused(await bench.Queues.SubmitAsync(Line("samx") with { Queue = "B" }, new ScanAsker(Other), Cancel));
        Assert.Equal(["scan.queue.name", "scan.baton.held"], refused.Select(r => r.Code));
        Assert.Contains("alignment", refused[1].Message, StringComparison.Ordinal);
        var overriding = new ScanAsker(Other) { MayOverride = true };
        Accept(await bench.Queues.SubmitAsync(Line("samx"), overriding, Cancel));
        Assert.Contains("alignment", keeper.NoticeFor(overriding), StringComparison.Ordinal);
        Assert.Null(keeper.NoticeFor(new ScanAsker(ControlBench.Who)));
    }

    [Fact]
    public async Task Control_outlives_the_program_and_is_taken_from_somebody_only_by_override()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        (await Keeper(bench).DoAsync(Command(ControlBench.Who, isTaking: true), Cancel)).OrThrow();
        var keeper = Keeper(bench);
        Assert.Equal("scan.baton.held", CodeOf(await keeper.DoAsync(Command(Other, isTaking: true), Cancel)));
        Assert.Equal("scan.baton.held", CodeOf(await keeper.DoAsync(Command(Other, isTaking: false), Cancel)));
        var taken = (await keeper.DoAsync(Command(Other, isTaking: true) with { IsOverride = true }, Cancel)).OrThrow();
        Assert.Equal(Other.Value, taken.Holder);
        Assert.Null((await keeper.DoAsync(Command(Other, isTaking: false), Cancel)).OrThrow().Holder);
        Assert.Equal("scan.baton.free", CodeOf(await keeper.DoAsync(Command(Other, isTaking: false), Cancel)));
    }

    [Theory]
    [InlineData("samx", "scientist", true)]
    [InlineData("mono", "scientist", false)]
    [InlineData("mono", "operator", true)]
    [InlineData("mono", "administrator", true)]
    [InlineData("mono", "", false)]
    public async Task A_role_may_use_the_devices_that_the_site_gives_it(string device, string role, bool isAllowed)
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        var rights = new DeviceRights(new BeamlineDescription
        {
            Rights = new Dictionary<string, IReadOnlyList<string>> { ["scientist"] = ["sam*"] },
        });
        bench.Get<ScanGuard>().RequireOfAsker((asker, scan) => scan is null ? [] : rights.Against(asker, scan));
        var outcome = await bench.Queues.SubmitAsync(
            Line(device), new ScanAsker(Other) { Roles = role.Length == 0 ? [] : [role] }, Cancel);
        if (isAllowed)
        {
            Accept(outcome);
        }
        else
        {
            Assert.Equal("device.forbidden", Assert.Single(Refused(outcome)).Code);
        }
    }

    private static BatonKeeper Keeper(ControlBench bench) => new(
        bench.Get<LedgerStore>(), bench.Make<PeopleStore>(), bench.Get<BatonTopics>(), bench.ScanOptions);

    private static BatonCommand Command(PersonId who, bool isTaking, string reason = "") =>
        new() { IsTaking = isTaking, Who = who.Value, Reason = reason };

    private static void Accept(Outcome<StreamState<ScanRecord>> outcome) => outcome.OrThrow();

    private static IReadOnlyList<Reason> Refused(Outcome<StreamState<ScanRecord>> outcome) =>
        Assert.IsType<Refused<StreamState<ScanRecord>>>(outcome).Reasons;

    private static string CodeOf(Outcome<BatonRecord> outcome) => Assert.IsType<Refused<BatonRecord>>(outcome).Reasons[0].Code;

    private static ScanRequest Line(string motor) => new()
    {
        Scan = "line", Args = [motor, "0", "1"], Parameters = new Dictionary<string, string> { ["steps"] = "2" },
    };
}
