using System.Threading.Channels;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Topics;

/// <summary>Questions and answers in this process: a bounded channel of questions that wait for their answer.</summary>
/// <typeparam name="TRequest">The question.</typeparam>
/// <typeparam name="TReply">The answer.</typeparam>
internal sealed class LocalRequestTopic<TRequest, TReply> : RequestTopic<TRequest, TReply>
{
    private readonly Channel<Question> _questions;
    private readonly DeadlineWatch _deadlines;
    private readonly RequestCodec<TRequest, TReply>? _codec;

    /// <summary>A request topic nobody answers yet.</summary>
    /// <param name="name">Its name, dotted, with the beamline.</param>
    /// <param name="capacity">Unanswered questions kept; asking waits when it is full.</param>
    /// <param name="time">The clock.</param>
    /// <param name="codec">Writes and reads both, as if they left the process; null to keep the references.</param>
    public LocalRequestTopic(
        string name, int capacity, TimeProvider time, RequestCodec<TRequest, TReply>? codec = null)
    {
        Name = name;
        _codec = codec;
        _questions = Channel.CreateBounded<Question>(
            new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        _deadlines = new DeadlineWatch(time);
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>Whether asking and answering are spans.</summary>
    public bool IsTraced { get; init; } = true;

    /// <inheritdoc/>
    public override async ValueTask<TReply> AskAsync(TRequest request, TimeSpan deadline, CancellationToken cancel)
    {
        using var span = IsTraced ? Tracing.Ask(Name) : null;
        var question = new Question(this, _codec is null ? request : _codec.PassRequest(request), cancel);
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

    /// <inheritdoc/>
    public override async Task ServeAsync(
        Func<TRequest, CancellationToken, ValueTask<TReply>> answer, CancellationToken cancel)
    {
        while (await _questions.Reader.WaitToReadAsync(cancel))
        {
            while (_questions.Reader.TryRead(out var question))
            {
                if (question.Task.IsCompleted)
                {
                    continue;
                }

                if (question.Trace is null)
                {
                    Answer(question, answer);
                }
                else
                {
                    _ = AnswerTracedAsync(question, answer);
                }
            }
        }
    }

    private static void Answer(Question question, Func<TRequest, CancellationToken, ValueTask<TReply>> answer)
    {
        ValueTask<TReply> begun;
        try
        {
            using var correlation = Correlation.BeginOrKeep(question.Correlation);
            begun = answer(question.Request, question.Abandoned);
            if (begun.IsCompletedSuccessfully)
            {
                question.Answer(begun.GetAwaiter().GetResult());
                return;
            }
        }
        catch (Exception error)
        {
            question.TrySetException(error);
            return;
        }

        _ = AnswerLaterAsync(question, begun);
    }

    // Never throws: whatever happens becomes the answer. What it puts in force ends with it.
    private async Task AnswerTracedAsync(Question question, Func<TRequest, CancellationToken, ValueTask<TReply>> answer)
    {
        using var correlation = Correlation.BeginOrKeep(question.Correlation);
        using var span = Tracing.Answer(Name, question.Trace);
        try
        {
            question.Answer(await answer(question.Request, question.Abandoned));
        }
        catch (OperationCanceledException cancelled)
        {
            question.TrySetCanceled(cancelled.CancellationToken);
        }
        catch (Exception error)
        {
            span.Fail(error);
            question.TrySetException(error);
        }
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
            question.Answer(await answer);
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
        LocalRequestTopic<TRequest, TReply> topic, TRequest request, CancellationToken abandoned)
        : TaskCompletionSource<TReply>(TaskCreationOptions.RunContinuationsAsynchronously), IExpiring
    {
        public TRequest Request => request;

        public CancellationToken Abandoned => abandoned;

        public string? Correlation { get; } = Telemetry.Correlation.Current;

        public string? Trace { get; } = topic.IsTraced && Tracing.IsOn ? Tracing.Parent : null;

        public DeadlineEntry Deadline { get; } = new();

        public void Answer(TReply reply) => TrySetResult(topic._codec is { } codec ? codec.PassReply(reply) : reply);

        public void Expire(TimeSpan deadline) => TrySetException(TopicErrors.RoleUnreachable.Fault(
            $"No answer on {topic.Name} within {deadline.TotalSeconds:0.###} s."));
    }
}
