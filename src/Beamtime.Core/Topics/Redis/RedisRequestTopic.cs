using System.Text.Json;
using Beamtime.Core.Telemetry;

namespace Beamtime.Core.Topics.Redis;

/// <summary>Questions and answers over Redis: a stream of questions, and a stream of answers for each asking process.</summary>
/// <typeparam name="TRequest">The question.</typeparam>
/// <typeparam name="TReply">The answer.</typeparam>
/// <param name="hub">The hub.</param>
/// <param name="declaration">What it is.</param>
internal sealed class RedisRequestTopic<TRequest, TReply>(RedisTopics hub, RequestDeclaration<TRequest, TReply> declaration)
    : RequestTopic<TRequest, TReply>
{
    private readonly Lazy<RedisAsker> _asker = new(() => new RedisAsker(hub, declaration.Name, declaration.Capacity, declaration.IsTraced));
    private readonly Lazy<RedisAnswerer> _answerer = new(() => new RedisAnswerer(hub, declaration.Name));

    /// <inheritdoc/>
    public override string Name => declaration.Name;

    /// <inheritdoc/>
    public override async ValueTask<TReply> AskAsync(TRequest request, TimeSpan deadline, CancellationToken cancel)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(request, declaration.Request);
        if (body.Length > hub.Options.LargestMessage)
        {
            throw TopicErrors.MessageLarge.Fault(
                $"{Name}: a question of {body.Length} bytes; {hub.Options.LargestMessage} bytes are the limit.");
        }

        var answer = await _asker.Value.AskAsync(body, deadline, cancel);
        return Read(answer.OrThrow(Name), declaration.Reply);
    }

    /// <inheritdoc/>
    public override Task ServeAsync(Func<TRequest, CancellationToken, ValueTask<TReply>> answer, CancellationToken cancel) =>
        _answerer.Value.ServeAsync((question, abandoned) => AnswerAsync(question, answer, abandoned), cancel);

    // Whatever happens becomes the answer.
    private async ValueTask<RedisAnswer> AnswerAsync(
        RedisQuestion question, Func<TRequest, CancellationToken, ValueTask<TReply>> answer, CancellationToken abandoned)
    {
        using var span = Tracing.Answer(Name, question.Trace);
        try
        {
            var reply = JsonSerializer.SerializeToUtf8Bytes(await answer(Read(question.Body, declaration.Request), abandoned), declaration.Reply);
            return reply.Length <= hub.Options.LargestMessage
                ? new RedisAnswer(RedisAnswer.Reply, reply)
                : throw TopicErrors.MessageLarge.Fault(
                    $"{Name}: an answer of {reply.Length} bytes; {hub.Options.LargestMessage} bytes are the limit.");
        }
        catch (Exception error)
        {
            span.Fail(error);
            return RedisAnswer.Of(Name, error);
        }
    }

    private TMessage Read<TMessage>(ReadOnlyMemory<byte> body, System.Text.Json.Serialization.Metadata.JsonTypeInfo<TMessage> codec)
    {
        try
        {
            return JsonSerializer.Deserialize(body.Span, codec)!;
        }
        catch (JsonException error)
        {
            throw TopicErrors.MessageUnreadable.Fault($"{Name}: {error.Message}", error);
        }
    }
}
