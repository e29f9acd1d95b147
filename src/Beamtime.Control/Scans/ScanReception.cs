using System.Diagnostics;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans.Batons;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Beamtime.Sdk.Recording;
using Npgsql;

namespace Beamtime.Control.Scans;

/// <summary>Answers what is asked of the scan server, and tells what it does.</summary>
internal sealed class ScanReception(
    ScanQueues queues, ScanControl control, QueueControl queueControl, BatonKeeper baton, DeviceLocks locks, ScanTopics topics,
    DeviceTopics devices, TimeProvider time)
{
    private const int MostProgress = 256;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>Answers and tells until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel) =>
        await (await Task.WhenAny(
            topics.Commands.ServeAsync(AnswerAsync, cancel),
            topics.QueueCommands.ServeAsync(AnswerAsync, cancel),
            TellAsync(cancel)));

    private async Task TellAsync(CancellationToken cancel)
    {
        await using var timer = time.CreateTimer(
            static changed => ((TopicSignal)changed!).Set(), queues.Changed, TimeSpan.Zero, Tick);
        using var progress = devices.Progress.SubscribeLossy(queues.Changed);
        var news = new DeviceProgressed[MostProgress];
        var advances = new ScanAdvances();
        ScanServerStatus? told = null;
        while (true)
        {
            await queues.Changed.WaitAsync(cancel);
            advances.Take(news.AsSpan(0, progress.Read(news)), queues.AllRunning);
            var status = advances.In(ScanServerStatus.Of(queues, locks));
            if (!status.Says(told))
            {
                told = status;
                await topics.Status.PublishAsync(status, cancel);
                await Task.Delay(Pause, time, cancel);
            }
        }
    }

    private ValueTask<ScanAnswer> AnswerAsync(ScanCommand command, CancellationToken cancel) => ThroughOutageAsync(async () =>
    {
        var who = new PersonId(command.Who);
        var asker = new ScanAsker(who, command.RepeatOf is { } repeated ? $"scan {repeated}" : null, command.Key)
        {
            MayOverride = command.MayOverride, Roles = command.Roles, IsVerbatim = command.RepeatOf is not null,
        };
        var scan = (command.Kind switch
        {
            ScanCommandKind.Submit => await queues.SubmitAsync(command.Request!, asker, cancel),
            ScanCommandKind.Abort => await EndAsync(ScanEnd.Aborted),
            ScanCommandKind.Halt => await EndAsync(ScanEnd.Halted),
            ScanCommandKind.Complete => await EndAsync(ScanEnd.UserCompleted),
            ScanCommandKind.Pause => await control.PauseAsync(command.Scan, who, command.Reason, cancel),
            ScanCommandKind.Resume => await control.ResumeAsync(command.Scan, who, command.Reason, cancel),
            ScanCommandKind.Restart => await control.RestartAsync(command.Scan, asker, command.Reason, cancel),
            ScanCommandKind.Move => await control.MoveAsync(command.Scan, command.Move!, who, command.Reason, cancel),
            _ => throw new UnreachableException(),
        }).OrThrow();
        return ScanAnswer.Of(scan, ScanServerStatus.Of(queues, locks)) with
        {
            Notice = command.Kind == ScanCommandKind.Submit ? baton.NoticeFor(asker) : null,
        };

        Task<Outcome<StreamState<ScanRecord>>> EndAsync(ScanEnd how) =>
            control.EndAsync(command.Scan, how, who, command.Reason, holdsOthers: true, cancel);
    });

    private ValueTask<ScanQueueRecord> AnswerAsync(QueueCommand command, CancellationToken cancel) =>
        ThroughOutageAsync(async () => (await queueControl.DoAsync(command, cancel)).OrThrow());

    private static async ValueTask<T> ThroughOutageAsync<T>(Func<Task<T>> answer)
    {
        try
        {
            return await answer();
        }
        catch (NpgsqlException outage) when (outage.IsOutage())
        {
            throw DatabaseErrors.Unreachable.Fault("The scan server does not reach the database; nothing is admitted until it does.", outage);
        }
    }
}
