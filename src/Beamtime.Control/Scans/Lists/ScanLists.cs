using Beamtime.Control.Scans.Alarms;
using Beamtime.Core.Database;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Beamtime.Control.Scans.Lists;

/// <summary>
/// Lists of requests in the scan server: keeps them, and puts a list into its queues, whole or not at all, when somebody
/// asks or its time has come. Each request becomes one scan, also over a crash: the scan has the request's id.
/// </summary>
internal sealed partial class ScanLists(
    ScanListStore store, ScanQueues queues, ScanGuard guard, ScanEndings alarms, ScanListTopics topics, ScanOptions options,
    TimeProvider time, ILogger<ScanLists> logger)
{
    private const int MostRequests = 1000;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>Answers, and looks for lists whose time has come, until cancelled.</summary>
    /// <param name="cancel">Ends the loop.</param>
    public async Task RunAsync(CancellationToken cancel) => await (await Task.WhenAny(
        topics.Commands.ServeAsync(async (command, stop) => (await DoAsync(command, stop)).OrThrow(), cancel),
        WatchAsync(cancel)));

    /// <summary>Carries out what is asked.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<Outcome<ScanListOutcome>> DoAsync(ScanListCommand command, CancellationToken cancel)
    {
        List<Reason> reasons = [.. ScanQueues.NameAgainst(command.List).Select(_ =>
            ScanErrors.ListName.Because($"'{command.List}' cannot be the name of a list."))];
        var list = await store.ShowAsync(options.Beamline, command.List, cancel);
        reasons.AddRange(Against(command, list));
        if (reasons.Count > 0)
        {
            return new Refused<ScanListOutcome>(reasons);
        }

        var why = new Why(
            new PersonId(command.Who),
            command.Reason.Length > 0 ? ScanEnded.Shortened(command.Reason) : $"{command.Kind.ToString().ToLowerInvariant()} by request",
            ScanListRecord.IdOf(options.Beamline, command.List));
        IReadOnlyList<int> numbers = [];
        switch (command.Kind)
        {
            case ScanListCommandKind.Add:
                await store.AddAsync(
                    options.Beamline, command.List, command.Id ?? Guid.CreateVersion7(time.GetUtcNow()), command.Request!, why, cancel);
                break;
            case ScanListCommandKind.Clear:
                await store.ClearAsync(options.Beamline, command.List, command.Id, why, cancel);
                break;
            case ScanListCommandKind.Submit when command.At is { } at:
                await store.TimeAsync(options.Beamline, command.List, at, why, cancel);
                break;
            default:
                switch (await SubmitAsync(list, AskerOf(command), why, cancel))
                {
                    case Refused<IReadOnlyList<int>> refused:
                        return new Refused<ScanListOutcome>(refused.Reasons);
                    case Accepted<IReadOnlyList<int>> accepted:
                        numbers = accepted.Value;
                        break;
                }

                break;
        }

        return new Accepted<ScanListOutcome>(
            new ScanListOutcome(await store.ShowAsync(options.Beamline, command.List, cancel), numbers));
    }

    private IEnumerable<Reason> Against(ScanListCommand command, ScanListAnswer list)
    {
        switch (command.Kind)
        {
            case ScanListCommandKind.Add:
                if (list.Requests >= MostRequests)
                {
                    yield return ScanErrors.ListFull.Because($"List {list.Name} holds {MostRequests} requests already.");
                }

                foreach (var reason in AgainstRequest(command.Request!, AskerOf(command)))
                {
                    yield return reason;
                }

                break;
            case ScanListCommandKind.Submit when list.Requests == 0:
                yield return ScanErrors.ListUnknown.Because($"List {list.Name} holds no request.");
                break;
            case ScanListCommandKind.Submit when command.At <= time.GetUtcNow():
                yield return ScanErrors.ListTime.Because($"{command.At:u} has passed.");
                break;
            case ScanListCommandKind.Clear when command.Id is { } id && list.Items!.All(i => i.Id != id):
                yield return ScanErrors.ListUnknown.Because($"List {list.Name} holds no request {id}.");
                break;
            case ScanListCommandKind.Clear when list is { Requests: 0, Due: null }:
                yield return ScanErrors.ListUnknown.Because($"List {list.Name} holds no request.");
                break;
        }
    }

    private static ScanAsker AskerOf(ScanListCommand command) =>
        new(new PersonId(command.Who)) { MayOverride = command.MayOverride, Roles = command.Roles };

    private IEnumerable<Reason> AgainstRequest(ScanRequest request, ScanAsker asker) =>
        ScanQueues.NameAgainst(request.Queue ?? ScanQueue.Primary).Concat(guard.Against(request, asker));

    // All are judged before the first is put into a queue.
    private async Task<Outcome<IReadOnlyList<int>>> SubmitAsync(
        ScanListAnswer list, ScanAsker submitter, Why why, CancellationToken cancel)
    {
        var reasons = list.Items!.Index().SelectMany(i => AgainstRequest(i.Item.Request, submitter).Select(
            r => r with { Message = $"request {i.Index + 1}, {i.Item.Request.Scan}: {r.Message}" })).ToList();
        if (reasons.Count > 0)
        {
            return new Refused<IReadOnlyList<int>>(reasons);
        }

        List<Guid> ids = [];
        List<int> numbers = [];
        foreach (var item in list.Items!)
        {
            var asker = submitter with { Cause = $"list {list.Name}", Key = item.Id };
            if (await queues.SubmitAsync(item.Request, asker, cancel) is Accepted<StreamState<ScanRecord>>(var scan))
            {
                ids.Add(item.Id);
                numbers.Add(scan.State!.Number);
            }
            else
            {
                // A queue that became full, or a limit that moved in this moment: the rest stays in the list, in order.
                reasons.Add(ScanErrors.ListRest.Because(
                    $"{numbers.Count} of {list.Items.Count} requests are in their queues; the others stay in list {list.Name}."));
                break;
            }
        }

        if (numbers.Count > 0)
        {
            await store.SubmittedAsync(options.Beamline, list.Name, [.. ids], numbers, why, cancel);
        }

        return reasons.Count > 0 ? new Refused<IReadOnlyList<int>>(reasons) : new Accepted<IReadOnlyList<int>>(numbers);
    }

    private async Task WatchAsync(CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                foreach (var (name, who, reason) in await store.DueAsync(options.Beamline, cancel))
                {
                    await SubmitDueAsync(name, new Why(who, reason, ScanListRecord.IdOf(options.Beamline, name)), cancel);
                }
            }
            catch (NpgsqlException outage) when (outage.IsOutage() && !cancel.IsCancellationRequested)
            {
                LogOutage(logger, outage.Message);
            }

            await Task.Delay(Look, time, cancel);
        }
    }

    // What is refused at its time stays in the list, without a time, and somebody is told.
    private async Task SubmitDueAsync(string name, Why why, CancellationToken cancel)
    {
        var list = await store.ShowAsync(options.Beamline, name, cancel);
        if (await SubmitAsync(list, new ScanAsker(why.Who), why, cancel) is not Refused<IReadOnlyList<int>>(var reasons))
        {
            return;
        }

        await store.TimeAsync(options.Beamline, name, null, Why.BySystem(ScanEnded.Shortened(reasons[0].Message), why.Correlation), cancel);
        await alarms.RaiseAsync(
            new AlarmRaised(
                options.Beamline,
                AlarmSeverity.Minor,
                "list",
                reasons[0] with { Message = ScanEnded.Shortened($"List {name} was not put into its queue: {reasons[0].Message}") })
            {
                Details = new Dictionary<string, string> { ["reasons"] = $"{reasons.Count}" },
            },
            cancel);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lists of scans wait for the database: {Why}")]
    private static partial void LogOutage(ILogger logger, string why);
}

/// <summary>What is asked about lists between processes.</summary>
/// <param name="hub">Where topics come from.</param>
/// <param name="beamline">The beamline.</param>
internal sealed class ScanListTopics(TopicHub hub, string beamline)
{
    /// <summary>What is asked of the scan server.</summary>
    public RequestTopic<ScanListCommand, ScanListOutcome> Commands { get; } =
        hub.Open(new RequestDeclaration<ScanListCommand, ScanListOutcome>(
            $"{beamline}.list-commands",
            64,
            ScanListJson.Default.ScanListCommand,
            ScanListJson.Default.ScanListOutcome,
            "scans.submit"));
}
