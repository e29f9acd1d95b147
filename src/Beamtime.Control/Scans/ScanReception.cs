using Beamtime.Control.Scans.Metadata;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Npgsql;

namespace Beamtime.Control.Scans;

/// <summary>Answers what is asked of the scan server, and tells what it does.</summary>
internal sealed class ScanReception(ScanQueue queue, MetadataIntake metadata, ScanTopics topics, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>Answers and tells until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel) =>
        await (await Task.WhenAny(topics.Commands.ServeAsync(AnswerAsync, cancel), TellAsync(cancel)));

    private async Task TellAsync(CancellationToken cancel)
    {
        await using var timer = time.CreateTimer(
            static changed => ((TopicSignal)changed!).Set(), queue.Changed, TimeSpan.Zero, Tick);
        ScanStatus? told = null;
        while (true)
        {
            await queue.Changed.WaitAsync(cancel);
            var status = ScanStatus.Of(queue.Running);
            if (status != told)
            {
                told = status;
                await topics.Status.PublishAsync(status, cancel);
                await Task.Delay(Pause, time, cancel);
            }
        }
    }

    private async ValueTask<ScanAnswer> AnswerAsync(ScanCommand command, CancellationToken cancel)
    {
        try
        {
            var who = new PersonId(command.Who);
            var scan = (command.Kind switch
            {
                ScanCommandKind.Submit => await queue.SubmitAsync(
                    await metadata.CompleteAsync(command.Request!, who, isVerbatim: command.RepeatOf is not null, cancel),
                    new ScanAsker(who, command.RepeatOf is { } repeated ? $"scan {repeated}" : null, command.Key),
                    cancel),
                ScanCommandKind.Abort => await queue.AbortAsync(command.Scan, who, command.Reason, cancel),
                ScanCommandKind.Pause => await queue.PauseAsync(command.Scan, who, cancel),
                _ => await queue.ResumeAsync(command.Scan, who, cancel),
            }).OrThrow();
            return ScanAnswer.Of(scan, ScanStatus.Of(queue.Running));
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            throw DatabaseErrors.Unreachable.Fault("The scan server does not reach the database; nothing is admitted until it does.", outage);
        }
    }
}
