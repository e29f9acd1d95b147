using Beamtime.Control;
using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Scans;
using Beamtime.Tests.Support;

namespace Beamtime.Tests.Scans;

/// <summary>Methods of devices that the code of a scan calls.</summary>
public sealed class ScanCallTests
{
    private const string Devices =
        """
        plain: {deviceClass: test.plain, enabled: true, readoutPriority: monitored}
        other: {deviceClass: test.plain, enabled: true, readoutPriority: on_request}
        fixed: {deviceClass: test.plain, enabled: true, readOnly: true, readoutPriority: on_request}
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scan_calls_methods_and_its_record_tells_what_they_gave()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        List<Value> given = [];
        new ScriptedScan
        {
            Core = async (scan, cancel) =>
            {
                await scan.SetAsync([("plain", Value.Of(2.0))], cancel);
                given.Add(await scan.CallAsync("plain", "add", [Value.Of(1.5), Value.Of(2)], cancel));
                given.Add(await scan.CallAsync("other", "add", [Value.Of(1.0)], cancel));
                given.Add(await scan.CallAsync("plain", "home", [], cancel));
                await scan.TakePointAsync(default, default, cancel);
            },
        }.AddTo(bench);
        bench.Start();
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        Assert.Equal(ScanState.Completed, (await bench.EndOfAsync(number)).State);
        Assert.Equal((5.0, 1.0, true), (given[0].AsDouble(), given[1].AsDouble(), given[2].IsMissing));
        Assert.Equal(0, bench.Plain("plain").Value);
        var called = await CallsOfAsync(bench, number);
        Assert.Equal(
            ["plain.add(1.5,2)=5", "other.add(1,1)=1", "plain.home()="],
            called.Select(c => $"{c.Device}.{c.Method}({string.Join(',', c.Arguments)})={c.Result}"));
    }

    [Fact]
    public async Task What_a_scan_may_not_call_ends_it_with_the_reason()
    {
        (string Device, string Method, Value[] Arguments, string Code)[] wrong =
        [
            ("nobody", "home", [], "device.unknown"),
            ("plain", "hoem", [], "device.unable"),
            ("fixed", "home", [], "device.read_only"),
            ("other", "home", [], "scan.device.undeclared"),
            ("plain", "add", [], "device.argument.invalid"),
            ("plain", "add", [Value.Of(-1.0)], "device.argument.invalid"),
        ];
        foreach (var (device, method, arguments, code) in wrong)
        {
            await using var bench = await ControlBench.CreateAsync(Devices);
            new ScriptedScan { Core = async (scan, cancel) => await scan.CallAsync(device, method, arguments, cancel) }.AddTo(bench);
            bench.Start();
            var end = await bench.EndOfAsync(await bench.AcceptAsync(ScriptedScan.Request));
            Assert.Equal((ScanState.Aborted, code), (end.State, end.Reasons[0].Code));
        }
    }

    [Fact]
    public async Task A_scan_that_calls_at_many_points_does_not_fill_its_record_and_says_so()
    {
        await using var bench = await ControlBench.CreateAsync(Devices);
        new ScriptedScan
        {
            Core = async (scan, cancel) =>
            {
                for (var i = 0; i < 103; i++)
                {
                    await scan.CallAsync("plain", "add", [Value.Of(1.0)], cancel);
                }

                await scan.TakePointAsync(default, default, cancel);
            },
        }.AddTo(bench);
        bench.Start();
        var number = await bench.AcceptAsync(ScriptedScan.Request);
        var end = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Completed, "scan.calls.unrecorded"), (end.State, Assert.Single(end.Reasons).Code));
        Assert.Equal(100, (await CallsOfAsync(bench, number)).Count);
    }

    [Fact]
    public async Task A_call_that_changes_a_device_is_uncertain_and_not_repeated_when_the_device_server_is_lost()
    {
        Counting device = new();
        ScriptedScan scan = new()
        {
            Core = async (scan, cancel) =>
            {
                await scan.CallAsync("counting", "step", [], cancel);
                await scan.TakePointAsync(default, default, cancel);
            },
        };
        await using var bench = await RoadBench.StartAsync(
            "counting: {deviceClass: test.counting, enabled: true, readoutPriority: monitored}",
            plugins =>
            {
                plugins.AddDevice(_ => device, "test.counting");
                plugins.AddScan(new ScanDeclaration { Name = "scripted", Description = "As a test says.", Create = _ => scan });
            });
        var number = await bench.SubmitAsync(ScriptedScan.Request);
        await device.Called.Soon();
        await bench.EndAsync(ControlParts.DeviceServer);
        await bench.BeginAsync(ControlParts.DeviceServer);
        var end = await bench.EndOfAsync(number);
        Assert.Equal((ScanState.Aborted, "device.call.uncertain"), (end.State, end.Reasons[0].Code));
        Assert.Equal(1, device.Calls);
    }

    private static async Task<List<ScanCalled>> CallsOfAsync(ControlBench bench, int number)
    {
        var scan = (await bench.Store.FindAsync("2-bm", $"{number}", Cancel))!;
        List<ScanCalled> called = [];
        await foreach (var entry in bench.Service<LedgerStore>().ReadStreamAsync(ScanRecord.Kind, scan.Id, Cancel))
        {
            if (entry.Data is ScanCalled one)
            {
                called.Add(one);
            }
        }

        return called;
    }

    // Counts how often it was called; a call lasts until it is given up.
    private sealed class Counting : IDevice, ICallable
    {
        private readonly TaskCompletionSource _called = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _calls;

        public Task Called => _called.Task;

        public int Calls => Volatile.Read(ref _calls);

        public IReadOnlyList<Signal> Signals { get; } = [new Signal { Name = "counting", Kind = SignalKind.Hinted }];

        public IReadOnlyList<DeviceMethod> Methods { get; } =
            [new DeviceMethod { Name = "step", Description = "Counts.", IsMutating = true }];

        public ValueTask ConnectAsync(CancellationToken cancel) => ValueTask.CompletedTask;

        public ValueTask ReadAsync(bool configuration, Memory<Reading> row, CancellationToken cancel)
        {
            if (!configuration)
            {
                row.Span[0] = new Reading(Value.Of((double)Calls), default);
            }

            return ValueTask.CompletedTask;
        }

        public async ValueTask<Value> CallAsync(DeviceMethod method, IReadOnlyList<Value> arguments, CancellationToken cancel)
        {
            Interlocked.Increment(ref _calls);
            _called.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
            return Value.Missing;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
