using Beamtime.Control.Scans;
using Beamtime.Control.Scans.Alarms;
using Beamtime.Core.Topics;

namespace Beamtime.Control.Recording;

/// <summary>Ends a scan whose file cannot be written: measuring what is not kept helps nobody.</summary>
internal sealed class RecordingWatch
{
    private readonly TopicSignal _signal = new();
    private readonly Subscription<RecordingNotice> _notices;
    private readonly ScanQueues _queues;
    private readonly ScanEndings _endings;
    private readonly ScanOptions _options;

    /// <summary>A watch that misses nothing published from now on.</summary>
    /// <param name="topics">What the file writer says.</param>
    /// <param name="queues">Where scans are aborted.</param>
    /// <param name="endings">Keeps alarms.</param>
    /// <param name="options">The beamline.</param>
    public RecordingWatch(RecordingTopics topics, ScanQueues queues, ScanEndings endings, ScanOptions options)
    {
        (_queues, _endings, _options) = (queues, endings, options);
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
                foreach (var notice in batch.Take(count))
                {
                    if (notice is RecordingFault { EndsScan: true } end)
                    {
                        _queues.AbortRunning(end.Scan.ToString(), end.Reason);
                    }
                    else if (notice is RecordingFault fault)
                    {
                        var raised = new AlarmRaised(_options.Beamline, AlarmSeverity.Minor, "recording", fault.Reason) { Scan = fault.Scan };
                        await _endings.RaiseAsync(raised, cancel);
                    }
                }

                _notices.AcknowledgeRead();
            }
        }
    }
}
