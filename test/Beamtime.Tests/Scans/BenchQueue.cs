using Beamtime.Control.Scans;
using Beamtime.Core.Ledger;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;

namespace Beamtime.Tests.Scans;

/// <summary>The primary queue as most tests use it.</summary>
internal sealed class BenchQueue(ScanQueues queues, ScanControl control)
{
    public RunningScan? Running => queues.Running;

    public Task<Outcome<StreamState<ScanRecord>>> SubmitAsync(ScanRequest request, PersonId who, CancellationToken cancel) =>
        queues.SubmitAsync(request, who, cancel);

    public Task<Outcome<StreamState<ScanRecord>>> SubmitAsync(ScanRequest request, ScanAsker asker, CancellationToken cancel) =>
        queues.SubmitAsync(request, asker, cancel);

    public Task<Outcome<StreamState<ScanRecord>>> AbortAsync(string scan, PersonId who, string reason, CancellationToken cancel) =>
        control.EndAsync(scan, ScanEnd.Aborted, who, reason, holdsOthers: true, cancel);

    public Task<Outcome<StreamState<ScanRecord>>> PauseAsync(string scan, PersonId who, CancellationToken cancel) =>
        control.PauseAsync(scan, who, "", cancel);

    public Task<Outcome<StreamState<ScanRecord>>> ResumeAsync(string scan, PersonId who, CancellationToken cancel) =>
        control.ResumeAsync(scan, who, "", cancel);

    public bool AbortRunning(string id, Reason why) => queues.AbortRunning(id, why);

    public async Task<StreamState<ScanRecord>> NextAsync(CancellationToken cancel)
    {
        await queues.LoadAsync(cancel);
        return (await queues.NextAsync(queues.Find(ScanQueue.Primary)!, cancel))!;
    }
}
