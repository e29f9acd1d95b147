using Beamtime.Sdk.Scans;

namespace Beamtime.Control.Scans;

/// <summary>A scan with the changes of modifiers at its hooks; each hook has at most one of each kind.</summary>
/// <param name="scan">The scan itself.</param>
/// <param name="changes">The changes.</param>
internal sealed class ModifiedScan(Scan scan, IReadOnlyList<HookChange> changes) : Scan
{
    /// <summary>What is done at each point instead of taking it at once; null for nothing.</summary>
    public Func<ScanContext, Func<ValueTask>, CancellationToken, ValueTask>? EachPoint =>
        changes.Any(c => c.Hook == ScanHook.EachPoint)
            ? async (context, take, cancel) => await RunAsync(
                ScanHook.EachPoint, context, async (_, _) => await take(), cancel)
            : null;

    /// <inheritdoc/>
    public override ScanPlan Plan(Func<string, double> position) => scan.Plan(position);

    /// <inheritdoc/>
    public override Task PrepareAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.Prepare, context, scan.PrepareAsync, cancel);

    /// <inheritdoc/>
    public override Task StageAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.Stage, context, scan.StageAsync, cancel);

    /// <inheritdoc/>
    public override Task OpenAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.Open, context, scan.OpenAsync, cancel);

    /// <inheritdoc/>
    public override Task PreScanAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.PreScan, context, scan.PreScanAsync, cancel);

    /// <inheritdoc/>
    public override Task CoreAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.Core, context, scan.CoreAsync, cancel);

    /// <inheritdoc/>
    public override Task PostScanAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.PostScan, context, scan.PostScanAsync, cancel);

    /// <inheritdoc/>
    public override Task UnstageAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.Unstage, context, scan.UnstageAsync, cancel);

    /// <inheritdoc/>
    public override Task CloseAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.Close, context, scan.CloseAsync, cancel);

    /// <inheritdoc/>
    public override Task OnExceptionAsync(ScanContext context, CancellationToken cancel) =>
        RunAsync(ScanHook.OnException, context, scan.OnExceptionAsync, cancel);

    private async Task RunAsync(
        ScanHook hook, ScanContext context, Func<ScanContext, CancellationToken, Task> original, CancellationToken cancel)
    {
        if (Find(hook, HookChangeKind.Before) is { } before)
        {
            await before.Do(context, () => Task.CompletedTask, cancel);
        }

        await (Find(hook, HookChangeKind.Replace) is { } instead
            ? instead.Do(context, () => original(context, cancel), cancel)
            : original(context, cancel));
        if (Find(hook, HookChangeKind.After) is { } after)
        {
            await after.Do(context, () => Task.CompletedTask, cancel);
        }
    }

    private HookChange? Find(ScanHook hook, HookChangeKind kind) =>
        changes.FirstOrDefault(c => c.Hook == hook && c.Kind == kind);
}
