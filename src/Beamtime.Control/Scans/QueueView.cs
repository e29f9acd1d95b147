namespace Beamtime.Control.Scans;

/// <summary>The queues as people see them, from any process: what is recorded, and what the scan server does now.</summary>
internal sealed class QueueView(ScanStore store, ScanDesk desk, ScanOptions options)
{
    /// <summary>Primary, and every queue that holds scans or is locked.</summary>
    /// <param name="scansShown">At most so many scans of each.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<IReadOnlyList<QueueAnswer>> ListAsync(int scansShown, CancellationToken cancel)
    {
        var (records, used) = await store.QueuesAsync(options.Beamline, cancel);
        IEnumerable<string> names = [ScanQueue.Primary, .. used, .. records.Where(r => r.Locks.Count > 0).Select(r => r.Name)];
        var status = await desk.StatusAsync(cancel);
        List<QueueAnswer> queues = [];
        foreach (var name in names.Distinct().Where(n => n != ScanQueue.Every))
        {
            queues.Add(await SeeAsync(name, records, status, scansShown, cancel));
        }

        return queues;
    }

    /// <summary>Asks for a change and tells how the queue then stands.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<QueueAnswer> ChangeAsync(QueueCommand command, CancellationToken cancel)
    {
        await desk.AskAsync(command, cancel);
        var (records, _) = await store.QueuesAsync(options.Beamline, cancel);
        return await SeeAsync(command.Queue, records, await desk.StatusAsync(cancel), 100, cancel);
    }

    private async Task<QueueAnswer> SeeAsync(
        string name, IReadOnlyList<ScanQueueRecord> records, ScanServerStatus? status, int scansShown, CancellationToken cancel)
    {
        var isEvery = name == ScanQueue.Every;
        var scans = isEvery ? [] : await store.QueuedAsync(options.Beamline, name, scansShown, cancel);
        return QueueAnswer.Of(
            RecordOf(name),
            isEvery ? new ScanQueueRecord { Beamline = options.Beamline, Name = name } : RecordOf(ScanQueue.Every),
            [.. scans.Select(scan => ScanAnswer.Of(scan, status))],
            isEvery
                ? await store.CountQueuedAsync(options.Beamline, cancel)
                : await store.CountQueuedAsync(options.Beamline, name, cancel));

        ScanQueueRecord RecordOf(string queue) => records.FirstOrDefault(r => r.Name == queue)
            ?? new ScanQueueRecord { Beamline = options.Beamline, Name = queue };
    }
}
