using Beamtime.Control.Scans;
using Beamtime.Sdk.Scans;

namespace Beamtime.Tests.Scans;

/// <summary>A scan whose hooks are what a test says; the others are the usual ones.</summary>
internal sealed class ScriptedScan : Scan
{
    public ScanPlan Planned { get; init; } = new() { Points = 1 };

    public Func<ScanContext, CancellationToken, Task> Core { get; init; } = (_, _) => Task.CompletedTask;

    public IReadOnlyDictionary<string, Func<ScanContext, CancellationToken, Task>> Hooks { get; init; } =
        new Dictionary<string, Func<ScanContext, CancellationToken, Task>>();

    /// <summary>Registers it as <c>scripted</c>.</summary>
    public void AddTo(ControlBench bench, params IReadOnlyList<Sdk.Devices.Signal> own) => bench.Plugins.AddScan(
        new ScanDeclaration { Name = "scripted", Description = "As a test says.", Signals = own, Create = _ => this });

    public static ScanRequest Request => new() { Scan = "scripted" };

    public override ScanPlan Plan(Func<string, double> position) => Planned;

    public override Task PrepareAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("prepare", scan, base.PrepareAsync, cancel);

    public override Task StageAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("stage", scan, base.StageAsync, cancel);

    public override Task OpenAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("open", scan, base.OpenAsync, cancel);

    public override Task PreScanAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("pre-scan", scan, base.PreScanAsync, cancel);

    public override Task CoreAsync(ScanContext scan, CancellationToken cancel) => HookAsync("core", scan, Core, cancel);

    public override Task PostScanAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("post", scan, base.PostScanAsync, cancel);

    public override Task UnstageAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("unstage", scan, base.UnstageAsync, cancel);

    public override Task CloseAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("close", scan, base.CloseAsync, cancel);

    public override Task OnExceptionAsync(ScanContext scan, CancellationToken cancel) =>
        HookAsync("exception", scan, base.OnExceptionAsync, cancel);

    private Task HookAsync(
        string name, ScanContext scan, Func<ScanContext, CancellationToken, Task> usual, CancellationToken cancel) =>
        Hooks.GetValueOrDefault(name, usual)(scan, cancel);
}
