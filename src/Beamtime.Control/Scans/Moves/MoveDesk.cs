using Beamtime.Core.Ledger;
using Beamtime.Core.Topics;
using Beamtime.Sdk.Errors;

namespace Beamtime.Control.Scans.Moves;

/// <summary>Where people ask for moves, in any process: what they ask goes to the scan server.</summary>
internal sealed class MoveDesk(MoveTopics topics)
{
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Begins a move, or refuses it with every reason.</summary>
    /// <param name="request">The move.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="key">The id that it is to have, so that asking again finds it; null for a new one.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<MoveAnswer> BeginAsync(MoveRequest request, PersonId who, Guid? key, CancellationToken cancel) =>
        (await AskAsync(new MoveCommand { Who = who.Value, Request = request, Id = key }, cancel)).Moves[0];

    /// <summary>Stops a move.</summary>
    /// <param name="id">The move.</param>
    /// <param name="who">Who asks.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<MoveAnswer> StopAsync(Guid id, PersonId who, CancellationToken cancel) =>
        (await AskAsync(new MoveCommand { Who = who.Value, Id = id, Stops = true }, cancel)).Moves[0];

    /// <summary>One move, its axes read just now.</summary>
    /// <param name="id">The move.</param>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<MoveAnswer> ShowAsync(Guid id, CancellationToken cancel) =>
        (await AskAsync(new MoveCommand { Id = id }, cancel)).Moves[0];

    /// <summary>The last moves, newest first.</summary>
    /// <param name="cancel">Gives up waiting.</param>
    public async Task<IReadOnlyList<MoveAnswer>> ListAsync(CancellationToken cancel) =>
        (await AskAsync(new MoveCommand(), cancel)).Moves;

    private async Task<MoveList> AskAsync(MoveCommand command, CancellationToken cancel)
    {
        try
        {
            return await topics.Commands.AskAsync(command, AnswerDeadline, cancel);
        }
        catch (FaultException fault) when (fault.Reason.Code == TopicErrors.RoleUnreachable.Code)
        {
            throw TopicErrors.RoleUnreachable.Fault(
                "The scan server, which moves devices, does not answer; whether they move shows with 'beamtime device get'.", fault);
        }
    }
}
