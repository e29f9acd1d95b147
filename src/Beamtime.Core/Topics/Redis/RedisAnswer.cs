using System.Text.Json;
using System.Text.Json.Serialization;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>An answer as it travels.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Body">The reply, or why there is none.</param>
internal readonly record struct RedisAnswer(char Kind, ReadOnlyMemory<byte> Body)
{
    /// <summary>The reply.</summary>
    public const char Reply = 'r';

    /// <summary>A fault: one reason.</summary>
    public const char Fault = 'f';

    /// <summary>A refusal: its reasons.</summary>
    public const char Refusal = 'n';

    /// <summary>The answerer cancelled.</summary>
    public const char Cancelled = 'c';

    /// <summary>The answer that an error is.</summary>
    /// <param name="topic">Whose it is.</param>
    /// <param name="error">What the answerer threw.</param>
    public static RedisAnswer Of(string topic, Exception error) => error switch
    {
        FaultException fault => new(Fault, JsonSerializer.SerializeToUtf8Bytes(fault.Reason, AnswerJson.Default.Reason)),
        RefusedException refused =>
            new(Refusal, JsonSerializer.SerializeToUtf8Bytes([.. refused.Reasons], AnswerJson.Default.ReasonArray)),
        OperationCanceledException => new(Cancelled, default),
        _ => Of(topic, TopicErrors.AnswerFailed.Fault($"{topic}: {error.GetType().Name}: {error.Message}", error)),
    };

    /// <summary>The reply's bytes, or the exception that the answer is.</summary>
    public ReadOnlyMemory<byte> OrThrow(string topic) => Kind switch
    {
        Reply => Body,
        Fault => throw new FaultException(Read(topic, AnswerJson.Default.Reason)),
        Refusal => throw new RefusedException(Read(topic, AnswerJson.Default.ReasonArray)),
        Cancelled => throw new OperationCanceledException($"{topic}: the answerer cancelled."),
        _ => throw TopicErrors.MessageUnreadable.Fault($"{topic}: an answer of the kind '{Kind}'."),
    };

    private T Read<T>(string topic, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> codec)
    {
        try
        {
            return JsonSerializer.Deserialize(Body.Span, codec) ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw TopicErrors.MessageUnreadable.Fault($"{topic}: {error.Message}", error);
        }
    }
}

/// <summary>Writes and reads reasons.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Reason))]
[JsonSerializable(typeof(Reason[]))]
internal sealed partial class AnswerJson : JsonSerializerContext;
