using System.Threading.Channels;

namespace Beamtime.Core.Topics;

/// <summary>
/// Questions to another role and its answers. A question has an id and a deadline; no answer in time is
/// <c>role.unreachable</c>. The one who answers makes effects idempotent by the id, since a caller may ask again.
/// </summary>
/// <typeparam name="TRequest">The question.</typeparam>
/// <typeparam name="TReply">The answer.</typeparam>
internal sealed class RequestTopic<TRequest, TReply>
{
    private readonly Channel<Question> _questions;
    private readonly DeadlineWatch _deadlines;

    /// <summary>A request topic nobody answers yet.</summary>
    /// <param name="name">Its name, dotted, with the beamline.</param>
    /// <param name="capacity">Unanswered questions kept; asking waits when it is full.</param>
    /// <param name="time">The clock.</param>
    public RequestTopic(string name, int capacity, TimeProvider time)
    {
        Name = name;
        _questions = Channel.CreateBounded<Question>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _deadlines = new DeadlineWatch(time);
    }

    /// <summary>The topic's name.</summary>
    public string Name { get; }

    /// <summary>Asks and waits for the answer.</summary>
    /// <param name="request">The question.</param>
    /// <param name="deadline">How long to wait.</param>
    /// <param name="cancel">Ends the wait; the question may still be answered.</param>
    /// <exception cref="Beamtime.Sdk.Errors.FaultException"><c>role.unreachable</c>, or the answerer's own fault.</exception>
    public async ValueTask<TReply> AskAsync(TRequest request, TimeSpan deadline, CancellationToken cancel)
    {
        var question = new Question(this, request, cancel);
        _deadlines.Add(question, deadline);
        try
        {
            if (!_questions.Writer.TryWrite(question))
            {
                await WaitForPlaceAsync(question, cancel);
            }

            if (!cancel.CanBeCanceled)
            {
                return await question.Task;
            }

            await using var abandoned = cancel.UnsafeRegister(
                static (q, token) => ((Question)q!).TrySetCanceled(token), question);
            return await question.Task;
        }
        finally
        {
            _deadlines.Remove(question);
        }
    }

    /// <summary>Answers questions until cancelled, each on its own; they begin in the order asked.</summary>
    /// <param name="answer">Gives the answer, or throws what the caller shall see.</param>
    /// <param name="cancel">Ends answering.</param>
    public async Task ServeAsync(
        Func<TRequest, CancellationToken, ValueTask<TReply>> answer, CancellationToken cancel)
    {
        while (await _questions.Reader.WaitToReadAsync(cancel))
        {
            while (_questions.Reader.TryRead(out var question))
            {
                if (!question.Task.IsCompleted)
                {
                    Answer(question, answer);
                }
            }
        }
    }

    private static void Answer(Question question, Func<TRequest, CancellationToken, ValueTask<TReply>> answer)
    {
        ValueTask<TReply> begun;
        try
        {
            begun = answer(question.Request, question.Abandoned);
        }
        catch (Exception error)
        {
            question.TrySetException(error);
            return;
        }

        if (begun.IsCompletedSuccessfully)
        {
            question.TrySetResult(begun.GetAwaiter().GetResult());
            return;
        }

        _ = AnswerLaterAsync(question, begun);
    }

    // Ends at the question's deadline as well: a topic that nobody answers fills up and must not hold its callers.
    private async ValueTask WaitForPlaceAsync(Question question, CancellationToken cancel)
    {
        using var expired = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var write = _questions.Writer.WriteAsync(question, expired.Token).AsTask();
        if (await Task.WhenAny(write, question.Task) != write)
        {
            await expired.CancelAsync();
            await write.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }

        await write;
    }

    // Never throws: whatever happens becomes the answer.
    private static async Task AnswerLaterAsync(Question question, ValueTask<TReply> answer)
    {
        try
        {
            question.TrySetResult(await answer);
        }
        catch (OperationCanceledException cancelled)
        {
            question.TrySetCanceled(cancelled.CancellationToken);
        }
        catch (Exception error)
        {
            question.TrySetException(error);
        }
    }

    private sealed class Question(
        RequestTopic<TRequest, TReply> topic, TRequest request, CancellationToken abandoned)
        : TaskCompletionSource<TReply>(TaskCreationOptions.RunContinuationsAsynchronously), IExpiring
    {
        public TRequest Request => request;

        public CancellationToken Abandoned => abandoned;

        public DeadlineEntry Deadline { get; } = new();

        public void Expire(TimeSpan deadline) => TrySetException(TopicErrors.RoleUnreachable.Fault(
            $"No answer on {topic.Name} within {deadline.TotalSeconds:0.###} s."));
    }
}
