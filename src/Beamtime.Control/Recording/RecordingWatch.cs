using Beamtime.Control.Scans;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Recording;

/// <summary>Ends a scan whose file cannot be written: measuring what is not kept helps nobody.</summary>
internal sealed class RecordingWatch
{
    private readonly TopicSignal _signal = new();
    private readonly Subscription<RecordingNotice> _notices;
    private readonly ScanQueue _queue;

    /// <summary>A watch that misses nothing published from now on.</summary>
    /// <param name="topics">What the file writer says.</param>
    /// <param name="queue">Where scans are aborted.</param>
    public RecordingWatch(RecordingTopics topics, ScanQueue queue)
    {
        _queue = queue;
        _notices = topics.Notices.Subscribe("scan-server", _signal);
    }

    /// <summary>Watches until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel)
    {
        var batch = new RecordingNotice[16];
        while (true)
        {
            await _signal.WaitAsync(cancel);
            int count;
            while ((count = _notices.Read(batch)) > 0)
            {
                foreach (var notice in batch.AsSpan(0, count))
                {
                    if (notice is RecordingFault { EndsScan: true } fault)
                    {
                        _queue.AbortRunning(fault.Scan.ToString(), fault.Reason);
                    }
                }

                _notices.AcknowledgeRead();
            }
        }
    }
}
