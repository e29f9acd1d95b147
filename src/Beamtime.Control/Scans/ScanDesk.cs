using Beamtime.Control.Scans.Batons;
using Beamtime.Core.Access;
using Beamtime.Core.Access.Users;
using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans;

/// <summary>Where people ask for scans, in any process: what they ask goes to the scan server.</summary>
internal sealed class ScanDesk(ScanTopics topics)
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(15);

    /// <summary>Asks for a scan: accepted into the queue, or refused with every reason.</summary>
    /// <param name="request">The request.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="key">The id that the scan is to have, so that asking again finds it; null for a new one.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<ScanAnswer> SubmitAsync(ScanRequest request, PersonId who, Guid? key, CancellationToken cancel) => AskAsync(
        new ScanCommand { Kind = ScanCommandKind.Submit, Who = who.Value, Request = request, Key = key }, cancel);

    /// <summary>The same for a caller, whose roles and permissions count.</summary>
    /// <param name="request">The request.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">The id that the scan is to have; null for a new one.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<ScanAnswer> SubmitAsync(ScanRequest request, Caller caller, Guid? key, CancellationToken cancel) => AskAsync(
        new ScanCommand
        {
            Kind = ScanCommandKind.Submit,
            Who = caller.Who.Value,
            Request = request,
            Key = key,
            MayOverride = caller.Permissions.Include(BatonApi.OverridePermission),
            Roles = RolesOf(caller),
        },
        cancel);

    /// <summary>The roles of a caller that may submit scans.</summary>
    /// <param name="caller">The caller.</param>
    public static IReadOnlyList<string> RolesOf(Caller caller) =>
        [.. caller.Roles.Where(r => PermissionBook.Of([r], null).Include("scans.submit")).Select(r => r.Name)];

    /// <summary>Asks for a scan that is there already once more, as it was.</summary>
    /// <param name="scan">The scan.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">The id that the new one is to have; null for a new one.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<ScanAnswer> RepeatAsync(StreamState<ScanRecord> scan, Caller caller, Guid? key, CancellationToken cancel) => AskAsync(
        new ScanCommand
        {
            Kind = ScanCommandKind.Submit,
            Who = caller.Who.Value,
            Request = scan.State!.Request,
            RepeatOf = scan.Id,
            Key = key,
            MayOverride = caller.Permissions.Include(BatonApi.OverridePermission),
            Roles = RolesOf(caller),
        },
        cancel);

    /// <summary>Asks to end, hold or resume a scan.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="scan">Its number or id.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="reason">Why, in the person's words.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public Task<ScanAnswer> ChangeAsync(
        ScanCommandKind kind, string scan, PersonId who, string reason, CancellationToken cancel) => AskAsync(
        new ScanCommand { Kind = kind, Who = who.Value, Scan = scan, Reason = reason }, cancel);

    /// <summary>Asks for anything else about a scan.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<ScanAnswer> AskAsync(ScanCommand command, CancellationToken cancel) =>
        await AskAsync(topics.Commands, command, cancel);

    /// <summary>Asks for something about a queue as a whole.</summary>
    /// <param name="command">What is asked.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<ScanQueueRecord> AskAsync(QueueCommand command, CancellationToken cancel) =>
        await AskAsync(topics.QueueCommands, command, cancel);

    /// <summary>What the scan server does now, as it told last; null before its first word.</summary>
    /// <param name="cancel">Gives up.</param>
    public async ValueTask<ScanServerStatus?> StatusAsync(CancellationToken cancel) =>
        (await topics.Status.LastAsync(cancel))?.Message;

    private static async Task<TReply> AskAsync<TRequest, TReply>(
        RequestTopic<TRequest, TReply> topic, TRequest command, CancellationToken cancel)
    {
        try
        {
            return await topic.AskAsync(command, AnswerDeadline, cancel);
        }
        catch (FaultException fault) when (fault.Reason.Code == TopicErrors.RoleUnreachable.Code)
        {
            throw TopicErrors.RoleUnreachable.Fault("The scan server does not answer; whether it took the request shows in the queue.", fault);
        }
    }
}
