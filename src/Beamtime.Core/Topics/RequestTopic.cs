namespace Beamtime.Core.Topics;

/// <summary>
/// Questions to another role and its answers. A question has an id and a deadline; no answer in time is
/// <c>role.unreachable</c>. The one who answers makes effects idempotent by the id, since a caller may ask again.
/// </summary>
/// <typeparam name="TRequest">The question.</typeparam>
/// <typeparam name="TReply">The answer.</typeparam>
internal abstract class RequestTopic<TRequest, TReply>
{
    /// <summary>The topic's name.</summary>
    public abstract string Name { get; }

    /// <summary>Asks and waits for the answer.</summary>
    /// <param name="request">The question.</param>
    /// <param name="deadline">How long to wait.</param>
    /// <param name="cancel">Ends the wait; the question may still be answered.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>role.unreachable</c>, or the answerer's own fault.</exception>
    /// <exception cref="Beamtime.Sdk.Errors.RefusedException">The answerer's refusal.</exception>
    public abstract ValueTask<TReply> AskAsync(TRequest request, TimeSpan deadline, CancellationToken cancel);

    /// <summary>Answers questions until cancelled, each on its own; they begin in the order asked.</summary>
    /// <param name="answer">Gives the answer, or throws what the caller shall see; cancelled when the caller gives up.</param>
    /// <param name="cancel">Ends answering.</param>
    public abstract Task ServeAsync(
        Func<TRequest, CancellationToken, ValueTask<TReply>> answer, CancellationToken cancel);
}
